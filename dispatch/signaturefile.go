package dispatch

import (
	"bytes"
	"context"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"cardlink/fault"
)

// FileLimit is the size in bytes of a licence or letter (api.md §13.6).
const FileLimit = 2 << 20

// File is a licence or letter of authorisation. Lists and look-ups leave Content out.
type File struct {
	ID, Tenant, Name, Description, ContentType string
	Content                                    []byte
	CreatedAt                                  time.Time
}

// UploadFile keeps a licence (png, jpg, gif) or letter (pdf) of at most FileLimit bytes; the content decides the type, not the name. content is the caller's
// again when it returns.
func (s *Service) UploadFile(ctx context.Context, tenant, name, description string, content []byte) (File, error) {
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	if n := utf8.RuneCountInString(name); n < 1 || n > 64 || name == "." || name == "/" {
		return File{}, fault.In(fault.Parameter, "file", "must have a name of 1-64 characters")
	}
	if err := textRule("file", name, 64); err != nil {
		return File{}, err
	}
	if len(content) == 0 {
		return File{}, fault.In(fault.Parameter, "file", "must not be empty")
	}
	if len(content) > FileLimit {
		return File{}, fault.In(fault.FileSize, "file", "must be at most 2 MB")
	}
	if err := textRule("file_desc", description, 100); err != nil {
		return File{}, err
	}
	kind := http.DetectContentType(content)
	if !slices.Contains([]string{"image/png", "image/jpeg", "image/gif", "application/pdf"}, kind) {
		return File{}, fault.In(fault.ImageFormat, "file", "must be a png, jpg or gif image or a pdf document")
	}
	f := File{
		ID: uuid.NewString(), Tenant: tenant, Name: name, Description: description, ContentType: kind,
		Content: bytes.Clone(content), CreatedAt: s.now(),
	}
	return f, s.store.AddFile(ctx, f)
}

// FileInfo tells what a file is, without its content (api.md §13.7).
func (s *Service) FileInfo(ctx context.Context, tenant, id string) (File, error) {
	if id == "" {
		return File{}, fault.In(fault.Parameter, "file_id", "is required")
	}
	return s.file(ctx, tenant, "file_id", id)
}

// file looks for a file that a field names.
func (s *Service) file(ctx context.Context, tenant, field, id string) (File, error) {
	if !plainID(id) {
		return File{}, unknownRow(ErrNoRow, field)
	}
	f, err := s.store.FileInfo(ctx, tenant, id)
	return f, unknownRow(err, field)
}
