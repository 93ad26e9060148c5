package fault

import (
	"cmp"
	"slices"
)

// Entry is a line of the table: a code with its usual HTTP status and its text in both languages.
type Entry struct {
	Code             Code
	Status           int
	English, Chinese string
}

// Codes is the whole table, in the order of the codes.
func Codes() []Entry {
	out := make([]Entry, 0, len(table))
	for c, e := range table {
		out = append(out, Entry{c, e.status, e.en, e.zh})
	}
	slices.SortFunc(out, func(a, b Entry) int { return cmp.Compare(a.Code, b.Code) })
	return out
}
