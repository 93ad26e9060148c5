package app

import (
	"errors"
	"fmt"
	"time"

	"cardlink/dispatch/carrier"
)

// ChannelText says how a channel wants its texts; the zero value is right for most.
type ChannelText struct {
	Chinese string `json:"chinese,omitempty"`  // coding of texts that are not plain ASCII: ucs2 (default), ucs2-ns (25, "no signature of yours"), gbk
	NoASCII bool   `json:"no_ascii,omitempty"` // plain ASCII texts travel in the Chinese coding as well
	Ref16   bool   `json:"ref16,omitempty"`    // 16-bit references of long texts: 66 characters a part instead of 67, fewer collisions
	Head    int    `json:"head,omitempty"`     // units kept free in the first part for what the carrier adds, 0-60
	Tail    int    `json:"tail,omitempty"`     // the same in the last part
}

var chineseCodings = map[string]uint8{"": carrier.FormatUCS2, "ucs2": carrier.FormatUCS2, "ucs2-ns": carrier.FormatUCS2NS, "gbk": carrier.FormatGBK}

// reserveMost keeps a part of 66 characters usable whatever is reserved.
const reserveMost = 60

func (c ChannelText) validate() error {
	var errs []error
	if _, ok := chineseCodings[c.Chinese]; !ok {
		errs = append(errs, fmt.Errorf("encoding.chinese: %q is none of ucs2, ucs2-ns, gbk", c.Chinese))
	}
	if c.Head < 0 || c.Head > reserveMost || c.Tail < 0 || c.Tail > reserveMost {
		errs = append(errs, fmt.Errorf("encoding.head and encoding.tail must be 0-%d", reserveMost))
	}
	return errors.Join(errs...)
}

func (c ChannelText) encoding() carrier.Encoding {
	return carrier.Encoding{Chinese: chineseCodings[c.Chinese], NoASCII: c.NoASCII, Ref16: c.Ref16, Head: c.Head, Tail: c.Tail}
}

// Span is a length of time that is written as Go does: 5ms, 1s.
type Span time.Duration

// UnmarshalText reads 5ms.
func (s *Span) UnmarshalText(b []byte) error {
	d, err := time.ParseDuration(string(b))
	if err != nil {
		return fmt.Errorf("%q is no length of time such as 5ms", b)
	}
	*s = Span(d)
	return nil
}

// MarshalText writes 5ms.
func (s Span) MarshalText() ([]byte, error) { return []byte(time.Duration(s).String()), nil }
