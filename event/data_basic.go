package event

import "time"

// BasicSubmitted is the fact that a carrier took a video message.
type BasicSubmitted struct {
	TaskID      string    `json:"task_id"`
	CustRef     string    `json:"cust_ref"`
	Carrier     string    `json:"carrier"`
	TplID       string    `json:"tpl_id"`
	Frames      int       `json:"frames"`
	Bytes       int64     `json:"bytes"`
	ExpiresAt   time.Time `json:"expires_at"`
	SubmittedAt time.Time `json:"submitted_at"`
}

// Record addresses the fact; its id is bsn:{task_id}:{cust_ref}.
func (d BasicSubmitted) Record(tenant string) (Record, error) {
	return encode(d, TypeBasicSubmitted, SourceDispatch, tenant, "bsn:"+d.TaskID+":"+d.CustRef, d.TaskID, d.SubmittedAt)
}

// BasicReceipt is the fact that a video message reached its final state. Billable when Final is success.
type BasicReceipt struct {
	TaskID  string    `json:"task_id"`
	CustRef string    `json:"cust_ref"`
	Carrier string    `json:"carrier"`
	TplID   string    `json:"tpl_id,omitempty"`
	Final   string    `json:"final"` // success, fail, timeout
	Code    string    `json:"code"`  // DELIVRD = delivered
	STime   time.Time `json:"stime"` // when it was sent
	RTime   time.Time `json:"rtime"` // when the receipt came
}

// Record addresses the fact; its id is bas:{task_id}:{cust_ref}:final, so a message is final once.
func (d BasicReceipt) Record(tenant string) (Record, error) {
	return encode(d, TypeBasicReceipt, SourceDispatch, tenant, "bas:"+d.TaskID+":"+d.CustRef+":final", d.TaskID, d.RTime)
}
