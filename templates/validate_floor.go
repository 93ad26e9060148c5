package templates

import (
	"slices"
	"strings"
)

// Values of floor_type.
const (
	floorPage    = 1 // the inbox's own view
	floorBrowser = 2
	floorQuick   = 3 // a quick app
)

// floor checks the fallback of OPEN_APP (templates.md §4). SAMSUNG's own limits count only where SAMSUNG is alone.
func (v *validator) floor(field string, a *Action) {
	kind := 0
	if a.FloorType != nil {
		kind = *a.FloorType
	}
	if v.named {
		for _, who := range v.vendors {
			if who == Samsung && len(v.vendors) > 1 || slices.Contains(v.catalogue.Floor(who), kind) {
				continue
			}
			// A caller who did not choose is not refused for the default.
			v.vendor(who, v.catalogue.floorHard && a.FloorType != nil, "sdk", field+".floor_type", "%s does not support floor_type %d", who, kind)
		}
	}
	switch {
	case a.FloorURL == "" && kind == floorBrowser && v.submits(Oppo):
		v.vendor(Oppo, v.catalogue.floorHard, "sdk", field+".floor_url", "is required for floor_type 2 when OPPO is among the vendors")
	case a.FloorURL == "" && kind != 0:
		v.soft(field+".floor_url", "sdk", "is missing: floor_type %d has nothing to open", kind)
	case strings.HasPrefix(strings.ToLower(a.FloorURL), "http://") && kind != floorBrowser:
		v.hard(field+".floor_url", "an http address needs floor_type 2; use https")
	case a.FloorURL != "":
		v.floorAddress(field+".floor_url", kind, a.FloorURL)
	}
}

// floorAddress checks that a fallback is a page or a quick app's link, and warns if it is not what its type opens.
func (v *validator) floorAddress(field string, kind int, s string) {
	if webAddress(s, "http", "https") {
		if kind == floorQuick {
			v.soft(field, "sdk", "is a page, where floor_type 3 opens a quick app")
		}
		return
	}
	if scheme(s) == "" {
		v.hard(field, "must be a quick app's deep link or an https page")
	} else if v.deepLink(field, s) && (kind == floorPage || kind == floorBrowser) {
		v.soft(field, "sdk", "is no page, where floor_type %d opens one", kind)
	}
}

// deepLink checks a link that opens an app. What a browser runs or reads by itself is never one.
func (v *validator) deepLink(field, s string) (good bool) {
	name := scheme(s)
	if slices.Contains(scripts, name) {
		v.hard(field, "must be a deep link, not %s:", name)
		return false
	}
	if name == "" {
		v.soft(field, "sdk", "should be a deep link such as hap://app/com.example")
	}
	return true
}

// scripts are the schemes of addresses that a browser runs or reads by itself. No card opens one.
var scripts = []string{"javascript", "vbscript", "data", "file", "blob", "filesystem", "about", "view-source"}

// scheme is what stands before the colon of an address, in lower case; empty if nothing that is a scheme does.
func scheme(s string) string {
	name, _, ok := strings.Cut(s, ":")
	letter := func(i int, r rune) bool {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || i > 0 && ('0' <= r && r <= '9' || r == '+' || r == '-' || r == '.')
	}
	for i, r := range name {
		if !letter(i, r) {
			return ""
		}
	}
	if !ok {
		return ""
	}
	return strings.ToLower(name)
}
