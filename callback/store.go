package callback

import (
	"context"
	"time"
)

// URLType is the kind of pushes an address takes (api.md §10.1).
type URLType int

// The types.
const (
	Single         URLType = 0 // send and resolve receipts, one per push
	TemplateStatus URLType = 1 // template status
	Batched        URLType = 2 // send and resolve receipts, up to BatchLimit per push
)

// Types that AIM's operations neither take nor show. The wire knows the first two as 0 and 1 of a list of their own (api.md §16.5).
const (
	VideoStatus URLType = 10 // final states of video messages, up to BatchLimit per push
	VideoUplink URLType = 11 // answers to video messages, up to BatchLimit per push
	// VideoTemplates and above are the 9-digit ids of video templates: each has an address of its own, which belongs to the template.
	VideoTemplates URLType = 800_000_000
	// Replies and above are the reply addresses of SMS applications, numbered by the store; such an address belongs to its application.
	Replies URLType = 1_000_000_000
)

// Batches reports whether an address of the type takes several items in one push.
func (t URLType) Batches() bool { return t == Batched || t == VideoStatus || t == VideoUplink }

// A batched push leaves with BatchLimit receipts or when its oldest receipt is Linger old (D-21).
const (
	BatchLimit = 100
	Linger     = 2 * time.Second
)

// Kind is what a delivery tells.
type Kind string

// The kinds. The first two are the wire's callback_type.
const (
	KindSMS       Kind = "sms"
	KindShortLink Kind = "shortchain"
	KindTemplate  Kind = "template"

	KindVideoStatus   Kind = "vms_status"
	KindVideoUplink   Kind = "vms_uplink"
	KindVideoTemplate Kind = "vms_template"

	KindReply Kind = "reply"
)

// contentType is what the kind's bodies are.
func (k Kind) contentType() string {
	if k == KindReply {
		return "application/x-www-form-urlencoded"
	}
	return "application/json"
}

// Types are the types of address that take news of the kind unless News.To names one.
func (k Kind) Types() []URLType {
	switch k {
	case KindSMS, KindShortLink:
		return []URLType{Single, Batched}
	case KindTemplate:
		return []URLType{TemplateStatus}
	case KindVideoStatus:
		return []URLType{VideoStatus}
	case KindVideoUplink:
		return []URLType{VideoUplink}
	}
	return nil
}

// Endpoint is a registered address.
type Endpoint struct {
	ID        string
	Tenant    string
	URLType   URLType
	URL       string
	Remark    string // the customer's own words
	Disabled  string // why it is not called any more; empty = it is
	CreatedAt time.Time
}

// SigningMode is how pushes are signed.
type SigningMode string

// The modes.
const (
	Unsigned         SigningMode = ""
	StandardWebhooks SigningMode = "standard" // webhook-id, webhook-timestamp, webhook-signature
	AccessKey        SigningMode = "aksk"     // X-Sdk-Date, Authorization (api.md §2.1)
)

// Signing is a tenant's choice and secret.
type Signing struct {
	Mode   SigningMode
	Access string // of AccessKey
	Secret string // "whsec_…" of StandardWebhooks, the secret key of AccessKey; sealed at rest
}

// News is a fact to be delivered to whoever has registered for it. Data is what its body is made from; it holds no recipient in clear.
type News struct {
	Tenant string
	FactID string
	Kind   Kind
	Data   []byte  // JSON
	To     URLType // the one address that is meant; zero = those of Kind.Types
}

// Due is an address with waiting rows and the moment the first of them is due. For a type that batches that is at the latest.
type Due struct {
	Tenant  string
	URLType URLType
	Next    time.Time
}

// Item is one receipt of a push. Attempts counts the attempts ever, Tries those of the present schedule, both with the one just claimed.
type Item struct {
	ID       int64
	FactID   string
	Data     []byte
	Attempts int
	Tries    int
}

// Push is one request to make: items of one kind, one item unless the address takes several.
type Push struct {
	ID    string // UUID, the same for every attempt
	Kind  Kind
	Items []Item
}

// Claim is what a sender may work on until the lease ends.
type Claim struct {
	Endpoint Endpoint
	Pushes   []Push
}

// Verdict is what becomes of an item after an attempt.
type Verdict int

// The verdicts.
const (
	Delivered Verdict = iota
	Again             // at Result.Next
	Dead              // the schedule is over, or the address is gone
)

// Result is the outcome of an attempt for one item.
type Result struct {
	Item    Item
	Verdict Verdict
	Next    time.Time // of Again
	Text    string    // "200", "timeout", "500"; no secrets, no personal data
}

// DeadLetter is a delivery that was given up.
type DeadLetter struct {
	ID       int64
	URLType  URLType
	Kind     Kind
	FactID   string
	Attempts int
	Result   string
	DiedAt   time.Time
}

// Store keeps addresses and the queue. Package store implements it; contract.Callbacks says in running code what "implement" means.
type Store interface {
	// PutEndpoint registers e. If the tenant has an address of the type, its URL and remark are replaced, it is enabled and keeps its ID and CreatedAt.
	PutEndpoint(ctx context.Context, e Endpoint) (Endpoint, error)
	// Endpoints lists a tenant's addresses by type.
	Endpoints(ctx context.Context, tenant string) ([]Endpoint, error)
	// Disable marks an address as not to be called, if its URL is still the given one.
	Disable(ctx context.Context, id, url, reason string, now time.Time) error
	// PutSigning replaces a tenant's signing.
	PutSigning(ctx context.Context, tenant string, s Signing, now time.Time) error
	// Signing is the zero value for a tenant that never chose.
	Signing(ctx context.Context, tenant string) (Signing, error)

	// Enqueue adds a waiting row for each fact and each enabled address of its tenant that takes its kind, unless there is one already.
	// All rows in one transaction; added counts them.
	Enqueue(ctx context.Context, news []News, now time.Time) (added int, err error)
	// Due lists enabled addresses that have waiting rows.
	Due(ctx context.Context) ([]Due, error)
	// Claim takes up to limit pushes of an enabled address that are due and hides them from others until now+lease, or until holder lets go. Rows
	// that were one push before are that push again. An address that is gone or disabled gives no pushes.
	Claim(ctx context.Context, tenant string, t URLType, holder string, now time.Time, lease time.Duration, limit int) (Claim, error)
	// Finish records results. A result of an attempt that is not the item's last one counts only if it is Delivered.
	Finish(ctx context.Context, rs []Result, now time.Time) error
	// GiveBack undoes the claim of items for which no attempt was made.
	GiveBack(ctx context.Context, items []Item, now time.Time) error
	// Release makes due at once what holder had claimed when it died. The attempts count: nobody knows whether they arrived.
	Release(ctx context.Context, holder string, now time.Time) (int, error)
	// BuryDisabled gives up at most limit waiting rows of disabled addresses.
	BuryDisabled(ctx context.Context, now time.Time, limit int) (int, error)
	// Purge forgets at most limit rows that ended: delivered before the first moment, dead before the second.
	Purge(ctx context.Context, delivered, dead time.Time, limit int) (int, error)
	// DeadLetters lists a tenant's dead rows, newest first.
	DeadLetters(ctx context.Context, tenant string, limit int) ([]DeadLetter, error)
	// Replay makes dead rows wait again: those of the ids, or all of the type if there are none.
	Replay(ctx context.Context, tenant string, t URLType, ids []int64, now time.Time) (int, error)
}
