package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"cardlink/event"
)

// What becomes of a record, as the metric's label has it.
type outcome string

const (
	counted    outcome = "counted"
	free       outcome = "free"       // of no interest here: a repeat, a redirect, a refused resolution
	late       outcome = "late"       // older than MaxAge
	unreadable outcome = "unreadable" // no fact, no tenant, from the future, or without what its type needs
)

// MaxAge is how old a fact may be when it comes. What is older is not counted: only for so long is it known which facts have been. It is longer than
// facts wait anywhere (the embedded broker and Kafka by default keep 7 days) and shorter than facts are remembered (Generations).
const MaxAge = 14 * 24 * time.Hour

// aheadLimit is how far a fact's time may lie ahead of ours (billing.md §10).
const aheadLimit = 5 * time.Minute

// wire is the envelope and every member of data that a report looks at, so that one pass reads a fact.
type wire struct {
	ID     string     `json:"id"`
	Source string     `json:"source"`
	Type   event.Type `json:"type"`
	Tenant string     `json:"subject"`
	Time   time.Time  `json:"time"`
	Data   struct {
		TplID           string    `json:"tpl_id"`
		TplName         string    `json:"tpl_name"`
		SubmissionCount int64     `json:"submission_count"`
		Final           string    `json:"final"`
		SendTime        time.Time `json:"send_time"`
		Result          string    `json:"result"`
		Repeat          bool      `json:"repeat"`
		FromSend        bool      `json:"from_send"`
		Vendor          string    `json:"vendor"`
		Target          string    `json:"target"`
		UAClass         string    `json:"ua_class"`
		Page            int       `json:"page"`
		Implied         bool      `json:"implied"`
		VisitorRef      string    `json:"visitor_ref"`
		DeviceRef       string    `json:"device_ref"`
		AimURL          string    `json:"aim_url"`
	} `json:"data"`
}

// linkCreated marks the one fact of the link topic that no report wants, before it is decoded: there are as many as links. A quote inside a value is
// escaped, so these bytes are a member and nothing else.
var linkCreated = []byte(`"type":"` + string(event.TypeLinkCreated) + `"`)

// judge decides what a record means for the reports.
func judge(value []byte, now time.Time) (Mark, outcome) {
	if bytes.Contains(value, linkCreated) {
		return Mark{}, free
	}
	var w wire
	if err := json.Unmarshal(value, &w); err != nil || w.ID == "" || w.Source == "" || w.Type == "" || w.Tenant == "" || w.Time.IsZero() || w.Time.After(now.Add(aheadLimit)) {
		return Mark{}, unreadable
	}
	d := &w.Data
	m := Mark{Key: Key{w.Tenant, w.Source, w.ID}, Day: DayOf(w.Time), TplID: d.TplID, At: w.Time}
	switch w.Type {
	case event.TypeSendAccepted:
		if d.SubmissionCount < 0 || d.SubmissionCount > 1<<31 {
			return Mark{}, unreadable
		}
		m.Submitted, m.Name = d.SubmissionCount, d.TplName
	case event.TypeSendSubmitted:
		m.Sent = 1
	case event.TypeSendReceipt:
		if d.Final != event.FinalSuccess {
			return Mark{}, free
		}
		// Delivered belongs to the day of sending, so that a day's rate is one. A receipt comes within days of it; a send time that is not there, or
		// not before the receipt, is not to be trusted.
		if d.SendTime.IsZero() || d.SendTime.After(w.Time) || d.SendTime.Before(w.Time.Add(-MaxAge)) {
			d.SendTime = w.Time
		}
		m.Delivered, m.Day = 1, DayOf(d.SendTime)
	case event.TypeParseResult:
		if d.Result != event.ResultSuccess || d.Repeat {
			return Mark{}, free
		}
		m.Resolved, m.Exposed, m.Seen, m.Vendor = 1, 1, Exposed, d.Vendor
		if d.FromSend {
			m.SendResolved = 1
		}
	case event.TypeLinkClick:
		if d.UAClass != "human" || d.Target != "h5" && d.Target != "custom_url" {
			return Mark{}, free
		}
		m.Clicked, m.Seen, m.Vendor = 1, Clicked, event.VendorH5 // a tap on the link is a click (api.md D-02)
		if d.Target == "h5" {
			m.Exposed, m.Seen = 1, Exposed|Clicked
		}
	case event.TypeCardExpose:
		if d.Implied || d.Page > 1 { // turning a page of the card that is on the screen shows no further card
			return Mark{}, free
		}
		m.Exposed, m.Seen, m.Vendor = 1, Exposed, d.Vendor
	case event.TypeCardClick:
		m.Clicked, m.Seen, m.Vendor = 1, Clicked, d.Vendor
	default:
		return Mark{}, free
	}
	switch {
	case m.TplID == "" || m.TplID == "0": // a message without a card
		return Mark{}, free
	case !storable(&m) || m.Seen != Nobody && m.Vendor == "":
		return Mark{}, unreadable
	case w.Time.Before(now.Add(-MaxAge)):
		return Mark{}, late
	}
	if m.Seen != Nobody {
		m.Visitor = visitor(d.VisitorRef, d.DeviceRef, d.AimURL)
	}
	return m, counted
}

// visitor is who the fact is about. Facts from before visitor_ref existed tell people apart by device, else by link.
func visitor(ref, device, url string) int64 {
	if n, err := strconv.ParseUint(ref, 16, 64); err == nil && len(ref) == 16 {
		return int64(n)
	}
	from := ref
	if from == "" {
		from = device
	}
	if from == "" {
		from = url
	}
	sum := sha256.Sum256([]byte(from))
	return int64(binary.BigEndian.Uint64(sum[:8]))
}

// storable refuses texts that an engine would refuse for ever or that are none of ours: one such fact must not hold up its partition.
func storable(m *Mark) bool {
	for _, x := range []struct {
		s    string
		most int
	}{{m.Tenant, 64}, {m.TplID, 32}, {m.Vendor, 16}, {m.Name, 1024}, {m.ID, 1024}, {m.Source, 128}} {
		if len(x.s) > x.most || strings.IndexByte(x.s, 0) >= 0 {
			return false
		}
	}
	return true
}
