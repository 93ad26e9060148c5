// Package capability answers one question: can the handset behind a number draw cards (api.md §9)? It owns how numbers are named (by the SHA-1 of their
// digits), who is asked (a Provider), and what an answer means for a template.
//
// It refuses to know handsets: which number has which vendor's handset is the provider's knowledge. The bundled ones are Everyone and File, a rule file with lists
// that the operator keeps.
package capability

import (
	"context"
	"strings"

	"cardlink/templates"
)

// Number is the SHA-1 of a phone number's country code and digits, without plus sign and leading zeros: of "8613100000000". Callers may name
// numbers in this form themselves, so lists of hashes are as good as lists of numbers.
type Number [20]byte

// Vendors is a set of handset vendors.
type Vendors uint8

// All is every vendor of the wire contract.
const All Vendors = 1<<6 - 1

// SetOf is the set of the given vendors; unknown ones are left out.
func SetOf(vs ...templates.Vendor) (s Vendors) {
	for i, v := range templates.Vendors() {
		for _, w := range vs {
			if v == w {
				s |= 1 << i
			}
		}
	}
	return s
}

// String lists the vendors: "HUAWEI OPPO".
func (s Vendors) String() string {
	var names []string
	for i, v := range templates.Vendors() {
		if s&(1<<i) != 0 {
			names = append(names, string(v))
		}
	}
	return strings.Join(names, " ")
}

// Provider knows handsets. Implementations must be safe for concurrent use, answer within ctx, and may be as large as a carrier's database: they are
// asked for at most 100 numbers at a time.
type Provider interface {
	// Vendors says for each number, in the order asked, whose handsets it may be behind. The empty set is a handset that draws no cards; a number nobody knows
	// gets whatever the provider takes for the rule.
	Vendors(ctx context.Context, numbers []Number) ([]Vendors, error)
}

// Everyone is the provider of a server that was told nothing: every number may be behind any vendor's handset. Saying "no" instead would keep a new
// installation from sending to anybody, while a wrong "yes" costs nothing: a handset that draws no card shows the SMS, and its link opens the page.
type Everyone struct{}

// Vendors implements Provider.
func (Everyone) Vendors(_ context.Context, numbers []Number) ([]Vendors, error) {
	out := make([]Vendors, len(numbers))
	for i := range out {
		out[i] = All
	}
	return out, nil
}
