package dispatch

import (
	"context"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/width"

	"cardlink/fault"
)

// optOutWords are the replies that ask for no more marketing (api.md §21, carriers.md §8), in upper case.
var optOutWords = map[string]bool{"R": true, "T": true, "TD": true, "退订": true, "拒收": true}

// OptsOut reports whether a reply asks for no more marketing: one of the words alone, in any case and in full-width letters, with blanks, quotes or
// punctuation around it; or the phrase that marketing texts end with, sent back (拒收请回复R).
func OptsOut(text string) bool {
	if len(text) > 200 { // the longest phrase has a tenth of that
		return false
	}
	word := strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsPunct(r) || !unicode.IsPrint(r) {
			return -1
		}
		return unicode.ToUpper(r)
	}, width.Fold.String(text))
	if optOutWords[word] {
		return true
	}
	for _, phrase := range [...]string{"拒收请回复", "拒收请回", "拒收回复", "拒收回", "退订请回复", "退订请回", "退订回复", "退订回", "回复", "回"} {
		if rest, ok := strings.CutPrefix(word, phrase); ok {
			rest = strings.TrimSuffix(strings.TrimSuffix(rest, "拒收"), "退订")
			return rest == "R" || rest == "T" || rest == "TD"
		}
	}
	return false
}

// Sources of an entry of the blacklist.
const (
	BlockedByReply    = "reply"
	BlockedByOperator = "operator"
)

// BlacklistEntry is a number that gets no marketing from a tenant.
type BlacklistEntry struct {
	Phone   string // +86…
	Source  string
	AddedAt time.Time
}

// BlacklistFilter narrows Blacklist. Empty fields do not.
type BlacklistFilter struct {
	Phone  string // in any form
	Source string
	Added  Span
	Page   Page
}

// ReplyFilter narrows Replies. Empty fields do not.
type ReplyFilter struct {
	AppID   string
	From    string // the handset, in any form
	OptOuts bool   // only these
	At      Span
	Page    Page
}

// OptOutStore is the part of Store that keeps replies and who wants no more. Numbers are in the form +86….
type OptOutStore interface {
	Blacklist(ctx context.Context, tenant string, f BlacklistFilter) ([]BlacklistEntry, int, error)
	// AddToBlacklist leaves numbers alone that are on it, and counts the others.
	AddToBlacklist(ctx context.Context, tenant string, phones []string, source string, now time.Time) (added int, err error)
	RemoveFromBlacklist(ctx context.Context, tenant string, phones []string) (removed int, err error)
	Replies(ctx context.Context, tenant string, f ReplyFilter) ([]Reply, int, error)
}

// blacklistLimit bounds the numbers of one change.
const blacklistLimit = 1000

// Blacklist lists the numbers that get no marketing from a tenant, newest first, and counts all that fit the filter (api.md §21). A Phone that is no number
// fits nothing.
func (s *Service) Blacklist(ctx context.Context, tenant string, f BlacklistFilter) ([]BlacklistEntry, int, error) {
	if f.Phone != "" {
		phone, ok := ParsePhone(f.Phone)
		if !ok {
			return nil, 0, nil
		}
		f.Phone = phone
	}
	return s.store.Blacklist(ctx, tenant, f)
}

// AddToBlacklist puts up to 1,000 numbers on a tenant's blacklist: marketing to them fails with CodeBlocked from now on, also what is queued already.
// Numbers that are on it stay as they are; added counts the others.
func (s *Service) AddToBlacklist(ctx context.Context, tenant string, numbers []string) (added int, err error) {
	phones, err := blacklistNumbers(numbers)
	if err != nil {
		return 0, err
	}
	return s.store.AddToBlacklist(ctx, tenant, phones, BlockedByOperator, s.now())
}

// RemoveFromBlacklist takes up to 1,000 numbers off a tenant's blacklist. Messages that failed in the meantime stay failed.
func (s *Service) RemoveFromBlacklist(ctx context.Context, tenant string, numbers []string) (removed int, err error) {
	phones, err := blacklistNumbers(numbers)
	if err != nil {
		return 0, err
	}
	return s.store.RemoveFromBlacklist(ctx, tenant, phones)
}

func blacklistNumbers(numbers []string) ([]string, error) {
	if len(numbers) < 1 || len(numbers) > blacklistLimit {
		return nil, fault.Inf(fault.Parameter, "mobiles", "must hold 1-%d numbers", blacklistLimit)
	}
	phones := make([]string, 0, len(numbers))
	seen := make(map[string]bool, len(numbers))
	for i, n := range numbers {
		phone, ok := ParsePhone(n)
		if !ok {
			return nil, fault.In(fault.Parameter, "mobiles["+strconv.Itoa(i)+"]", "must be a mobile phone number")
		}
		if !seen[phone] {
			seen[phone] = true
			phones = append(phones, phone)
		}
	}
	return phones, nil
}

// Replies lists what handsets wrote to a tenant's applications in the last 90 days, newest first, and counts all that fit the filter. A From that is no
// number fits nothing.
func (s *Service) Replies(ctx context.Context, tenant string, f ReplyFilter) ([]Reply, int, error) {
	if f.From != "" {
		phone, ok := ParsePhone(f.From)
		if !ok {
			return nil, 0, nil
		}
		f.From = phone
	}
	return s.store.Replies(ctx, tenant, f)
}
