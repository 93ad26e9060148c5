package videosms

import (
	"strings"
	"time"
)

// State is a template's state, as a whole or at one carrier (api.md §16.2). The wire also knows 4, "does not exist", which nothing here is in.
type State int

// The states.
const (
	Usable   State = 0
	InReview State = 1
	Rejected State = 2
	Disabled State = 3
	Expired  State = 5
)

// Carriers review templates one by one, in this order.
var carriers = [...]string{"cmcc", "cucc", "ctcc"}

// CarrierState is what one carrier says about a template.
type CarrierState struct {
	Carrier string `json:"carrier"` // cmcc, cucc, ctcc
	State   State  `json:"state"`
	Desc    string `json:"desc"` // the reviewer's words
}

// Template is the content of a video message with its review. Its frames never change.
type Template struct {
	ID          int64 // 9 digits, leading 8
	Tenant      string
	Name        string
	Title       string
	Sign        string // the signature that the first text begins with, without its brackets
	Frames      []Frame
	Vars        []Var // in order of appearance
	Size        int64 // bytes of texts and contents
	Remarks     string
	CallbackURL string
	Draft       bool // waits for SubmitDraft; nobody reviews it
	State       State
	AuditDesc   string // at most 1024 characters
	Carriers    []CarrierState
	Sequence    int64     // counts the changes of state
	ValidTo     time.Time // zero = for ever
	CreatedAt   time.Time
	PreviewURL  string // filled by Service
}

// Frame is one screen of a message: one element, or a text and another.
type Frame struct {
	Elements []Element `json:"elements"`
}

// Element is a text, a content that is the same for everybody, or a picture that is a placeholder.
type Element struct {
	Type  string `json:"type"` // txt, jpg, jpeg, png, gif, mp3, wav, 3gp, mp4
	Name  string `json:"name"`
	Text  string `json:"text,omitempty"`  // of txt
	Media *Media `json:"media,omitempty"` // of the others, unless Var
	Var   string `json:"var,omitempty"`   // "p_7": a picture that every recipient gets another of
}

// Media is a content in the blobs.
type Media struct {
	Digest string `json:"digest"`
	Type   string `json:"type"` // media type, image/jpeg
	Size   int64  `json:"size"`
}

// Var is a placeholder.
type Var struct {
	Name string `json:"name"` // p_1
	Type string `json:"type"` // txt, or the type of its picture
}

// StateAt is the state at a moment: a template whose time is over has expired, whether or not anybody noticed yet.
func (t *Template) StateAt(now time.Time) State {
	if !t.ValidTo.IsZero() && !now.Before(t.ValidTo) {
		return Expired
	}
	return t.State
}

// usableAt reports whether messages to a carrier's numbers may be sent. A number of no known carrier goes wherever the gateway sends it, so one approval is enough.
func (t *Template) usableAt(carrier string) bool {
	for _, c := range t.Carriers {
		if c.Carrier == carrier {
			return c.State == Usable
		}
	}
	return t.State == Usable
}

// RestTag is the allocation of carriers (api.md §16.2): 三网一般, or 单网一般 when a single carrier takes the template. Complaint-resistant channels are not ours to give.
func (t *Template) RestTag() string {
	n := 0
	for _, c := range t.Carriers {
		if c.State == Usable {
			n++
		}
	}
	if n == 1 {
		return "单网一般"
	}
	return "三网一般"
}

// sum makes the whole's state out of the carriers': usable as soon as one carrier is, rejected when all have spoken and none is.
func (t *Template) sum() {
	waiting := false
	var words []string
	for _, c := range t.Carriers {
		switch c.State {
		case Usable:
			t.State, t.AuditDesc = Usable, c.Desc
			return
		case InReview:
			waiting = true
		case Rejected:
			if c.Desc != "" && !strings.Contains(strings.Join(words, "; "), c.Desc) {
				words = append(words, c.Desc)
			}
		}
	}
	t.State, t.AuditDesc = Rejected, firstChars(strings.Join(words, "; "), maxAuditDesc)
	if waiting {
		t.State = InReview
	}
}

// setAll puts every carrier, and the whole, into one state.
func (t *Template) setAll(s State, desc string) {
	t.Carriers = t.Carriers[:0:0]
	for _, c := range carriers {
		t.Carriers = append(t.Carriers, CarrierState{c, s, desc})
	}
	t.State, t.AuditDesc = s, desc
}

// firstChars cuts s to n characters.
func firstChars(s string, n int) string {
	for i := range s {
		if n--; n < 0 {
			return s[:i]
		}
	}
	return s
}
