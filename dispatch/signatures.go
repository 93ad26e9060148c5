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

// States of a signature (api.md §13).
const (
	SignaturePending  = "PENDING_REVIEW"
	SignaturePassed   = "REVIEW_PASSED"
	SignatureRejected = "REVIEW_NOT_PASS"
)

// FileLimit is the size in bytes of a licence or letter (api.md §13.6).
const FileLimit = 2 << 20

// File is a licence or letter of authorisation.
type File struct {
	ID, Tenant, Name, Description, ContentType string
	Content                                    []byte
	CreatedAt                                  time.Time
}

// Signature is the sender's name that opens an SMS in brackets. AppName is filled by lists.
type Signature struct {
	ID, Tenant, AppID, AppName, Name, Kind string
	Source                                 int    // 0-5, api.md §13
	InvolvedThird                          string // yes, no
	FileID, PowerFileID                    string
	ApplyDesc, SourceTitle                 string
	Status, ReviewDesc                     string
	ChannelNumber                          string // empty until approved
	CreatedAt                              time.Time
}

// SignatureFilter narrows ListSignatures. Empty fields do not.
type SignatureFilter struct {
	AppName, ID, Name, Kind, Status string // names match in part
	Created                         Span
	Page                            Page
}

// UploadFile keeps a licence (png, jpg, gif) or letter (pdf) of at most FileLimit bytes; the content decides the type, not the name.
func (s *Service) UploadFile(ctx context.Context, tenant, name, description string, content []byte) (File, error) {
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	if n := utf8.RuneCountInString(name); n < 1 || n > 64 || name == "." || name == "/" {
		return File{}, fault.In(fault.Parameter, "file", "must have a name of 1-64 characters")
	}
	if len(content) == 0 {
		return File{}, fault.In(fault.Parameter, "file", "must not be empty")
	}
	if len(content) > FileLimit {
		return File{}, fault.In(fault.FileSize, "file", "must be at most 2 MB")
	}
	if utf8.RuneCountInString(description) > 100 {
		return File{}, fault.In(fault.Parameter, "file_desc", "must be at most 100 characters")
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

// AddSignature asks for a signature; Tenant, state, number and times of n are set here (api.md §13.1). Unless reviews are manual
// it is approved at once.
func (s *Service) AddSignature(ctx context.Context, tenant string, n Signature) (Signature, error) {
	n.Tenant = tenant
	if err := s.checkSignature(ctx, n); err != nil {
		return Signature{}, err
	}
	n.ID, n.CreatedAt, n.Status = uuid.NewString(), s.now(), SignaturePending
	if !s.manual {
		if err := s.approve(&n); err != nil {
			return Signature{}, err
		}
	}
	return n, s.store.AddSignature(ctx, n)
}

func (s *Service) checkSignature(ctx context.Context, n Signature) error {
	if c := utf8.RuneCountInString(n.Name); c < 2 || c > 16 {
		return fault.In(fault.SignatureNameLength, "signature_name", "")
	}
	if strings.ContainsAny(n.Name, "【】[]()（）<>{}") || strings.TrimSpace(n.Name) != n.Name {
		return fault.In(fault.Parameter, "signature_name", "must not hold brackets, nor blanks at its ends")
	}
	if n.Kind != KindNotify && n.Kind != KindPromotion {
		return fault.In(fault.Parameter, "signature_type", "must be PROMOTION_TYPE or NOTIFY_TYPE")
	}
	if utf8.RuneCountInString(n.ApplyDesc) > 80 {
		return fault.In(fault.Parameter, "apply_desc", "must be at most 80 characters")
	}
	if n.Source < 0 || n.Source > 5 {
		return fault.In(fault.Parameter, "signature_source", "must be 0-5")
	}
	if c := utf8.RuneCountInString(n.SourceTitle); c > 180 || c == 0 && n.Source >= 1 && n.Source <= 4 {
		return fault.In(fault.Parameter, "source_title_content", "must be 1-180 characters for signature_source 1-4")
	}
	if n.InvolvedThird != "yes" && n.InvolvedThird != "no" {
		return fault.In(fault.Parameter, "is_involved_third", "must be yes or no")
	}
	if n.AppID == "" {
		return fault.In(fault.Parameter, "app_id", "is required")
	}
	if _, err := s.store.App(ctx, n.Tenant, n.AppID); err != nil {
		return err
	}
	if n.FileID == "" {
		return fault.In(fault.Parameter, "file_id", "is required")
	}
	if n.InvolvedThird == "yes" && n.PowerFileID == "" {
		return fault.In(fault.Parameter, "power_attorney_file_id", "is required when is_involved_third is yes")
	}
	for field, id := range map[string]string{"file_id": n.FileID, "power_attorney_file_id": n.PowerFileID} {
		if id == "" {
			continue
		}
		found, err := s.store.HasFile(ctx, n.Tenant, id)
		if err != nil {
			return err
		}
		if !found {
			return fault.In(fault.Parameter, field, "does not exist; upload the file first")
		}
	}
	return nil
}

// approve gives a signature its channel number.
func (s *Service) approve(n *Signature) error {
	number, ok := numberFor(s.channels, n.Kind)
	if !ok {
		return fault.Inf(fault.Parameter, "signature_type", "no carrier channel for %s messages is configured", SMSKind(n.Kind))
	}
	n.Status, n.ChannelNumber = SignaturePassed, number
	return nil
}

// ReviewSignature decides a waiting signature. A rejected one carries the reviewer's words.
func (s *Service) ReviewSignature(ctx context.Context, tenant, id string, pass bool, words string) error {
	n, err := s.store.Signature(ctx, tenant, id)
	if err != nil {
		return err
	}
	if n.Status != SignaturePending {
		return fault.In(fault.Parameter, "signature_id", "is not waiting for review")
	}
	n.Status, n.ReviewDesc = SignatureRejected, words
	if pass {
		if err := s.approve(&n); err != nil {
			return err
		}
	}
	return s.store.ReviewSignature(ctx, n)
}

// ListSignatures lists signatures, newest first, and counts all that fit the filter (api.md §13.4).
func (s *Service) ListSignatures(ctx context.Context, tenant string, f SignatureFilter) ([]Signature, int, error) {
	return s.store.Signatures(ctx, tenant, f)
}
