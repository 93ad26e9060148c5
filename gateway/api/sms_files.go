package api

import (
	"context"
	"fmt"
	"io"

	"cardlink/dispatch"
	"cardlink/fault"
)

// uploadFile is UploadAimMsgSignatureFile (api.md §13.6), the one operation of the family that takes a form.
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

// showFile is ShowAimMsgSignatureFileInfo (api.md §13.7). offset and limit have no effect: it answers one file.
func (h sendHandlers) showFile(ctx context.Context, r *Request) (any, error) {
	f, err := h.room.FileInfo(ctx, r.Principal.Tenant, queryText(r, "file_id"))
	if err != nil {
		return nil, err
	}
	return struct {
		FileID   string `json:"file_id"`
		FileName string `json:"file_name"`
	}{f.ID, f.Name}, nil
}
