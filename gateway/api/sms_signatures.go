package api

import (
	"context"
	"fmt"
	"io"

	"cardlink/dispatch"
	"cardlink/fault"
)

func (h sendHandlers) signatureRoutes() []route {
	return []route{
		{"POST", "/v1/sms/signatures/files", "UploadAimMsgSignatureFile", "kooMessage:aimMsgSignature:create", plain, h.uploadFile},
		{"POST", "/v1/sms/signatures", "AddAimMsgSignature", "kooMessage:aimMsgSignature:create", plain, h.addSignature},
		{"GET", "/v1/sms/signatures", "ListAimMsgSignature", "kooMessage:aimMsgSignature:list", plain, h.listSignatures},
	}
}

func (h sendHandlers) uploadFile(ctx context.Context, r *Request) (any, error) {
	form, err := r.FormFile("file")
	if err != nil {
		return nil, &fault.Error{Code: fault.Parameter, Field: "file", Rule: "is required as a part of a multipart/form-data body", Err: err}
	}
	if form.Size > dispatch.FileLimit {
		return nil, fault.In(fault.FileSize, "file", "must be at most 2 MB")
	}
	f, err := form.Open()
	if err != nil {
		return nil, fmt.Errorf("open the uploaded part: %w", err)
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, dispatch.FileLimit+1))
	if err != nil {
		return nil, fmt.Errorf("read the uploaded part: %w", err)
	}
	file, err := h.room.UploadFile(ctx, r.Principal.Tenant, form.Filename, queryText(r, "file_desc"), content)
	if err != nil {
		return nil, err
	}
	return struct {
		FileID string `json:"file_id"`
	}{file.ID}, nil
}

// signatureBody is the body of AddAimMsgSignature (api.md §13).
type signatureBody struct {
	SignatureName       text   `json:"signature_name"`
	SignatureType       text   `json:"signature_type"`
	AppID               text   `json:"app_id"`
	ApplyDesc           text   `json:"apply_desc"`
	FileID              text   `json:"file_id"`
	SignatureSource     number `json:"signature_source"`
	IsInvolvedThird     text   `json:"is_involved_third"`
	PowerAttorneyFileID text   `json:"power_attorney_file_id"`
	SourceTitleContent  text   `json:"source_title_content"`
}

func (h sendHandlers) addSignature(ctx context.Context, r *Request) (any, error) {
	var in signatureBody
	if err := decode(r.PostBody(), &in); err != nil {
		return nil, err
	}
	n, err := h.room.AddSignature(ctx, r.Principal.Tenant, dispatch.Signature{
		Name: in.SignatureName.Value, Kind: bareEnum(in.SignatureType.Value), AppID: in.AppID.Value, ApplyDesc: in.ApplyDesc.Value, FileID: in.FileID.Value,
		Source: int(in.SignatureSource.Or(-1)), InvolvedThird: bareEnum(in.IsInvolvedThird.Value), PowerFileID: in.PowerAttorneyFileID.Value,
		SourceTitle: in.SourceTitleContent.Value,
	})
	if err != nil {
		return nil, err
	}
	return struct {
		SignatureID   string `json:"signature_id"`
		SignatureName string `json:"signature_name"`
	}{n.ID, n.Name}, nil
}

// signatureRow is a signature as lists show it (api.md §13); what is not set is null.
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

func (h sendHandlers) listSignatures(ctx context.Context, r *Request) (any, error) {
	p, span, err := smsListing(r, "begin_time")
	if err != nil {
		return nil, err
	}
	signs, total, err := h.room.ListSignatures(ctx, r.Principal.Tenant, dispatch.SignatureFilter{
		AppName: queryText(r, "app_name"), ID: queryText(r, "signature_id"), Name: queryText(r, "signature_name"), Kind: queryEnum(r, "signature_type"),
		Status: queryEnum(r, "status"), Created: span, Page: dispatch.Page(p),
	})
	if err != nil {
		return nil, err
	}
	rows := make([]signatureRow, len(signs))
	for i, n := range signs {
		rows[i] = signatureRow{
			SignatureID: n.ID, SignatureName: n.Name, SignatureType: n.Kind, AppID: n.AppID, AppName: n.AppName, ApplyDesc: orNull(n.ApplyDesc),
			ChannelNum: orNull(n.ChannelNumber), FileID: n.FileID, Status: n.Status, SignatureSource: n.Source, IsInvolvedThird: n.InvolvedThird,
			PowerAttorneyFileID: orNull(n.PowerFileID), UrgeStatus: urgeNo, ReviewDesc: orNull(n.ReviewDesc), SourceTitleContent: n.SourceTitle,
			CreateTime: noZone(n.CreatedAt),
		}
	}
	return resultList(rows, p, total), nil
}

// orNull is s, or null when it is empty.
func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
