package api

import (
	"context"
	"fmt"
	"io"
	"mime/multipart"

	"cardlink/fault"
	"cardlink/serviceaccount"
)

// uploadMedia is UploadMedia (api.md §17.1). What a client says of the type of a part is not looked at: the SDK calls every file application/octet-stream.
func (h accountHandlers) uploadMedia(ctx context.Context, r *Request) (any, error) {
	form, err := r.MultipartForm()
	if err != nil {
		return nil, &fault.Error{Code: fault.Parameter, Field: "body", Rule: "must be multipart/form-data with the parts file_type and file", Err: err}
	}
	var in serviceaccount.Upload
	if v := form.Value["file_type"]; len(v) > 0 {
		in.FileType = withoutRemark(v[0])
	}
	if in.FileType == "" {
		return nil, fault.Required("file_type")
	}
	if len(form.File["file"]) == 0 {
		return nil, fault.Required("file")
	}
	part := form.File["file"][0]
	if in.FileName, in.Data, err = readPart(part, serviceaccount.MediaLimit+1); err != nil {
		return nil, err
	}
	m, err := h.room.UploadMedia(ctx, r.Principal.Tenant, in)
	if err != nil {
		return nil, err
	}
	return payload{struct {
		ResourceID   string `json:"resource_id"`
		ResourceType int    `json:"resource_type"` // 1 = a picture, and there is nothing else
		ResourceURL  string `json:"resource_url"`
		SignedURL    string `json:"auth_resource_url"`
	}{m.ID, 1, serviceaccount.MediaPath(m.ID), h.room.LetterURL(m.ID)}}, nil
}

// readPart reads at most limit bytes of an uploaded part: a longer one is recognised by its length and need not be read to its end.
func readPart(p *multipart.FileHeader, limit int64) (name string, data []byte, err error) {
	f, err := p.Open()
	if err != nil {
		return "", nil, fmt.Errorf("open the uploaded part: %w", err)
	}
	defer f.Close()
	if data, err = io.ReadAll(io.LimitReader(f, limit)); err != nil {
		return "", nil, fmt.Errorf("read the uploaded part: %w", err)
	}
	return p.Filename, data, nil
}
