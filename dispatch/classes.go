package dispatch

import (
	"strings"
	"time"
)

// Kinds of SMS, of a signature and of a template (api.md §13).
const (
	KindNotify    = "NOTIFY_TYPE"
	KindPromotion = "PROMOTION_TYPE"
)

// SMSKind is the word of events and channel settings for a kind: notify, marketing.
func SMSKind(kind string) string {
	if kind == KindPromotion {
		return "marketing"
	}
	return "notify"
}

// Class orders messages: a lower class goes first, within the floors of pick.
type Class uint8

// The classes. Verification codes are notifications whose text says so.
const (
	Verification Class = iota
	Notify
	Marketing
)

// Classes counts them.
const Classes = int(Marketing) + 1

// String is the class as metrics show it.
func (c Class) String() string {
	switch c {
	case Verification:
		return "verification"
	case Notify:
		return "notify"
	}
	return "marketing"
}

// Resend reports whether a message whose fate is unknown is sent once more (carriers.md §3, AMBIG): a second code does less harm than none, a
// second advertisement more.
func (c Class) Resend() bool { return c != Marketing }

// defaultValidity is how long a message may wait for its carrier.
var defaultValidity = [Classes]time.Duration{10 * time.Minute, 24 * time.Hour, 24 * time.Hour}

var verificationWords = []string{"验证码", "校验码", "动态码", "verification code"}

// classOf derives a message's class from the kind and content of its SMS template.
func classOf(kind, content string) Class {
	if kind == KindPromotion {
		return Marketing
	}
	lower := strings.ToLower(content)
	for _, w := range verificationWords {
		if strings.Contains(lower, w) {
			return Verification
		}
	}
	return Notify
}
