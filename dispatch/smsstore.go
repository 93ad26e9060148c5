package dispatch

import (
	"context"
	"errors"
)

// What an SMSStore answers beside its results.
var (
	// ErrNoRow: there is no such application, file, signature or template, or it belongs to another tenant.
	ErrNoRow = errors.New("dispatch: no such row")
	// ErrChanged: the row was written since it was read; nothing was stored.
	ErrChanged = errors.New("dispatch: the row was changed meanwhile")
)

// SMSStore is the part of Store that keeps applications, signatures and SMS templates; contract.SMS says in running code what "implement" means.
// Lists are newest first, ties by descending id, and return the number of all rows that fit, whatever the page.
type SMSStore interface {
	AddApp(ctx context.Context, a App) error                           // fault.Parameter if the name exists, in any case
	UpdateApp(ctx context.Context, a App) error                        // writes name and reply address; ErrNoRow; fault.Parameter as AddApp
	App(ctx context.Context, tenant, id string) (App, error)           // ErrNoRow
	SetAppStatus(ctx context.Context, tenant, id, status string) error // ErrNoRow
	Apps(ctx context.Context, tenant string, f AppFilter) ([]App, int, error)

	AddFile(ctx context.Context, f File) error
	FileInfo(ctx context.Context, tenant, id string) (File, error) // without its content; ErrNoRow

	AddSignature(ctx context.Context, n Signature) error                 // fault.SignatureExists
	Signature(ctx context.Context, tenant, id string) (Signature, error) // ErrNoRow
	Signatures(ctx context.Context, tenant string, f SignatureFilter) ([]Signature, int, error)
	// UpdateSignature writes everything but id, tenant and creation time, and counts Revision up, if the stored revision is n's. ErrNoRow, ErrChanged,
	// fault.SignatureExists.
	UpdateSignature(ctx context.Context, n Signature) error
	// DeleteSignature forgets a signature and the templates under it, all or nothing. ErrNoRow.
	DeleteSignature(ctx context.Context, tenant, id string) error
	// ConfigureSignatures gives the number to all signatures of a kind that wait for one (SignatureProcessing), passes them and counts them.
	ConfigureSignatures(ctx context.Context, kind, number string) (int, error)
	// PendingSignatures lists signatures of all tenants that wait for review, oldest first.
	PendingSignatures(ctx context.Context, limit int) ([]Signature, error)

	// AddSMSTemplate refuses a template whose signature was deleted meanwhile: ErrNoRow.
	AddSMSTemplate(ctx context.Context, t SMSTemplate) error
	SMSTemplate(ctx context.Context, id int64) (SMSTemplate, error) // of any tenant; fault.UnknownSMSTemplate
	SMSTemplates(ctx context.Context, tenant string, f SMSTemplateFilter) ([]SMSTemplate, int, error)
	// UpdateSMSTemplate writes everything but id, tenant and creation time, and counts Revision up, if the stored revision is t's. ErrChanged; ErrNoRow if
	// the template or its signature is gone.
	UpdateSMSTemplate(ctx context.Context, t SMSTemplate) error
	DeleteSMSTemplate(ctx context.Context, tenant string, id int64) error // ErrNoRow
	// PendingSMSTemplates lists templates of all tenants that wait for review, oldest first.
	PendingSMSTemplates(ctx context.Context, limit int) ([]SMSTemplate, error)
}
