package api

import (
	"context"

	"cardlink/dispatch"
	"cardlink/fault"
)

func (h sendHandlers) signatureRoutes() []route {
	return []route{
		{"POST", "/v1/sms/signatures/files", "UploadAimMsgSignatureFile", "kooMessage:aimMsgSignature:create", plain, h.uploadFile},
		{"GET", "/v1/sms/signatures/files", "ShowAimMsgSignatureFileInfo", "kooMessage:aimMsgSignature:list", plain, h.showFile},
		{"POST", "/v1/sms/signatures", "AddAimMsgSignature", "kooMessage:aimMsgSignature:create", plain, h.addSignature},
		{"GET", "/v1/sms/signatures", "ListAimMsgSignature", "kooMessage:aimMsgSignature:list", plain, h.listSignatures},
		{"GET", "/v1/sms/signatures/{signature_id}", "ListAimMsgSignatureDetail", "kooMessage:aimMsgSignature:list", plain, h.showSignature},
		{"PUT", "/v1/sms/signatures/{signature_id}", "UpdateAimMsgSignature", "kooMessage:aimMsgSignature:update", plain, h.updateSignature},
		{"DELETE", "/v1/sms/signatures/{signature_id}", "DeleteAimMsgSignature", "kooMessage:aimMsgSignature:delete", plain, h.deleteSignature},
	}
}

// signatureBody reads SignatureRequest (api.md §13).
func signatureBody(r *Request) (dispatch.Signature, error) {
	b, err := fieldsOf(r.PostBody(), fault.Parameter)
	if err != nil {
		return dispatch.Signature{}, err
	}
	n := dispatch.Signature{
		Name: b.text("signature_name"), Kind: b.enum("signature_type"), AppID: b.text("app_id"), ApplyDesc: b.text("apply_desc"), FileID: b.text("file_id"),
		Source: b.integer("signature_source", -1), InvolvedThird: b.enum("is_involved_third"), PowerFileID: b.text("power_attorney_file_id"),
		SourceTitle: b.text("source_title_content"),
	}
	return n, b.complaint()
}

// signatureName is the answer of AddAimMsgSignature and UpdateAimMsgSignature.
type signatureName struct {
	SignatureID   string `json:"signature_id"`
	SignatureName string `json:"signature_name"`
}

// addSignature is AddAimMsgSignature (api.md §13.1).
func (h sendHandlers) addSignature(ctx context.Context, r *Request) (any, error) {
	n, err := signatureBody(r)
	if err != nil {
		return nil, err
	}
	if n, err = h.room.AddSignature(ctx, r.Principal.Tenant, n); err != nil {
		return nil, err
	}
	return signatureName{n.ID, n.Name}, nil
}

// updateSignature is UpdateAimMsgSignature (api.md §13.2).
func (h sendHandlers) updateSignature(ctx context.Context, r *Request) (any, error) {
	n, err := signatureBody(r)
	if err != nil {
		return nil, err
	}
	if n, err = h.room.UpdateSignature(ctx, r.Principal.Tenant, r.Param(0), n); err != nil {
		return nil, err
	}
	return signatureName{n.ID, n.Name}, nil
}

// deleteSignature is DeleteAimMsgSignature (api.md §13.3); its answer has no body.
func (h sendHandlers) deleteSignature(ctx context.Context, r *Request) (any, error) {
	return nil, h.room.DeleteSignature(ctx, r.Principal.Tenant, r.Param(0))
}

// signatureRow is SmsSignatureInfo (api.md §13); what is not set is null.
type signatureRow struct {
	SignatureID         string  `json:"signature_id"`
	SignatureName       string  `json:"signature_name"`
	SignatureType       string  `json:"signature_type"`
	AppID               string  `json:"app_id"`
	AppName             string  `json:"app_name"`
	ApplyDesc           *string `json:"apply_desc"`
	ChannelNum          *string `json:"channel_num"`
	FileID              string  `json:"file_id"`
	Status              string  `json:"status"`
	SignatureSource     int     `json:"signature_source"`
	IsInvolvedThird     string  `json:"is_involved_third"`
	PowerAttorneyFileID *string `json:"power_attorney_file_id"`
	UrgeStatus          string  `json:"urge_status"`
	UrgeTime            *string `json:"urge_time"`
	UrgeDesc            *string `json:"urge_desc"`
	ReviewDesc          *string `json:"review_desc"`
	SourceTitleContent  string  `json:"source_title_content"`
	CreateTime          string  `json:"create_time"`
}

// urgeNo: nobody has asked the reviewers to hurry. Asking is a function of the console.
const urgeNo = "NO"

func wireSignature(n dispatch.Signature) signatureRow {
	return signatureRow{
		SignatureID: n.ID, SignatureName: n.Name, SignatureType: n.Kind, AppID: n.AppID, AppName: n.AppName, ApplyDesc: orNull(n.ApplyDesc),
		ChannelNum: orNull(n.ChannelNumber), FileID: n.FileID, Status: n.Status, SignatureSource: n.Source, IsInvolvedThird: n.InvolvedThird,
		PowerAttorneyFileID: orNull(n.PowerFileID), UrgeStatus: urgeNo, ReviewDesc: orNull(n.ReviewDesc), SourceTitleContent: n.SourceTitle,
		CreateTime: noZone(n.CreatedAt),
	}
}

// listSignatures is ListAimMsgSignature (api.md §13.4).
func (h sendHandlers) listSignatures(ctx context.Context, r *Request) (any, error) {
	p, span, err := smsListing(r, "begin_time")
	if err != nil {
		return nil, err
	}
	f := dispatch.SignatureFilter{
		AppName: queryText(r, "app_name"), ID: queryText(r, "signature_id"), Name: queryText(r, "signature_name"), Created: span, Page: dispatch.Page(p),
	}
	for _, name := range [...]string{"app_name", "signature_id", "signature_name"} {
		if err := plainQuery(r, name, 50); err != nil {
			return nil, err
		}
	}
	if f.Kind, err = queryOneOf(r, "signature_type", dispatch.KindPromotion, dispatch.KindNotify); err != nil {
		return nil, err
	}
	if f.Status, err = queryOneOf(r, "status", dispatch.SignaturePending, dispatch.SignatureProcessing, dispatch.SignaturePassed, dispatch.SignatureRejected,
		"TO_BE_ACTIVATED", "PENDING_ACTIVATE"); err != nil {
		return nil, err
	}
	signs, total, err := h.room.ListSignatures(ctx, r.Principal.Tenant, f)
	if err != nil {
		return nil, err
	}
	rows := make([]signatureRow, len(signs))
	for i, n := range signs {
		rows[i] = wireSignature(n)
	}
	return resultList(rows, p, total), nil
}

// showSignature is ListAimMsgSignatureDetail (api.md §13.5).
func (h sendHandlers) showSignature(ctx context.Context, r *Request) (any, error) {
	n, err := h.room.Signature(ctx, r.Principal.Tenant, r.Param(0))
	if err != nil {
		return nil, err
	}
	return wireSignature(n), nil
}

// orNull is s, or null when it is empty.
func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
