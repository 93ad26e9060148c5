package serviceaccount

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"

	"cardlink/fault"
)

// Nationwide is the area that holds all others (api.md §17.5).
const Nationwide = "全国"

// areasText is the official list: a line per province, each followed by its prefecture-level divisions and by the places the province administers
// directly (GB/T 2260). Municipalities and special administrative regions are not divided.
//
//go:embed areas.txt
var areasText string

// areaTree maps every area below the nation to the province it lies in; a province to itself.
var areaTree = sync.OnceValue(func() map[string]string {
	tree := make(map[string]string, 512)
	for line := range strings.Lines(areasText) {
		names := strings.Fields(line)
		for _, n := range names {
			tree[n] = names[0]
		}
	}
	return tree
})

// knownArea reports whether name is on the official list.
func knownArea(name string) bool { return name == Nationwide || areaTree()[name] != "" }

// overlap reports whether two known areas share ground: they are the same, or one is a part of the other.
func overlap(a, b string) bool {
	if a == b || a == Nationwide || b == Nationwide {
		return true
	}
	tree := areaTree()
	return tree[a] == b || tree[b] == a
}

// checkAreas refuses names that are not on the official list and areas that overlap each other; field is the input they came in. No areas at all pass.
func checkAreas(field string, names []string) error {
	for i, a := range names {
		if !knownArea(a) {
			return fault.Said(field, "holds "+strconv.Quote(a)+", which is not the official name of a province or prefecture-level city",
				strconv.Quote(a)+"不是省级或地级行政区的正式名称")
		}
		for _, b := range names[:i] {
			switch {
			case a == b:
				return twice(field, a)
			case overlap(a, b):
				return fault.Said(field, "must not overlap, and "+b+" and "+a+" do", "地区不能重叠："+b+"与"+a)
			}
		}
	}
	return nil
}

// splitAreas reads areas joined by commas, of half or full width (api.md §17.5).
func splitAreas(s string) []string {
	names := strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == '，' || r == '、' })
	for i := range names {
		names[i] = strings.TrimSpace(names[i])
	}
	return names
}
