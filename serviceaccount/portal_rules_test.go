package serviceaccount

import (
	"slices"
	"strings"
	"testing"
)

func portalSample() PortalContent {
	return PortalContent{
		BackgroundImg: someID, Summary: "a shop", Tels: []Tel{{"400-800-8800", "客服"}},
		FastApps: []FastApp{{Name: "快应用", LogoImg: otherID('2'), Description: "buys", Deeplink: "hap://app/com.example", DependEngineVersion: "1040"}},
		HWPubs:   []string{"x"},
	}
}

func TestPortalRules(t *testing.T) {
	f := func(name, field string, alter func(*PortalContent)) {
		t.Helper()
		c := portalSample()
		alter(&c)
		if field != "" {
			field = "p." + field
		}
		refused(t, name, checkPortal("p.", &c), field)
	}
	app := func(name, field string, alter func(*FastApp)) {
		t.Helper()
		if field != "" {
			field = "fastapps[0]." + field
		}
		f(name, field, func(c *PortalContent) { alter(&c.FastApps[0]) })
	}
	f("as it is", "", func(*PortalContent) {})
	f("the least", "", func(c *PortalContent) { *c = PortalContent{BackgroundImg: someID, Summary: "x"} })
	f("no background", "background_img", func(c *PortalContent) { c.BackgroundImg = "" })
	f("no summary", "summary", func(c *PortalContent) { c.Summary = "" })
	f("a summary of 75", "", func(c *PortalContent) { c.Summary = strings.Repeat("商", 75) })
	f("a summary of 76", "summary", func(c *PortalContent) { c.Summary = strings.Repeat("商", 76) })
	f("five hotlines", "", func(c *PortalContent) { c.Tels = slices.Repeat(c.Tels, 5) })
	f("six hotlines", "tels", func(c *PortalContent) { c.Tels = slices.Repeat(c.Tels, 6) })
	f("a hotline of words", "tels[0].tel", func(c *PortalContent) { c.Tels[0].Tel = "call" })
	f("no usage", "tels[0].usage", func(c *PortalContent) { c.Tels[0].Usage = "" })
	f("a usage of 30 cells", "", func(c *PortalContent) { c.Tels[0].Usage = strings.Repeat("客", 15) })
	f("a usage of 31 cells", "tels[0].usage", func(c *PortalContent) { c.Tels[0].Usage = strings.Repeat("客", 15) + "1" })
	f("ten apps", "", func(c *PortalContent) { c.FastApps = slices.Repeat(c.FastApps, 10) })
	f("eleven apps", "fastapps", func(c *PortalContent) { c.FastApps = slices.Repeat(c.FastApps, 11) })
	f("eleven accounts", "hw_pubs", func(c *PortalContent) { c.HWPubs = slices.Repeat(c.HWPubs, 11) })
	f("an account of 51", "hw_pubs[0]", func(c *PortalContent) { c.HWPubs[0] = strings.Repeat("x", 51) })
	app("a name of 15 Chinese characters", "", func(a *FastApp) { a.Name = strings.Repeat("快", 15) })
	app("a name of 16 letters", "name", func(a *FastApp) { a.Name = strings.Repeat("x", 16) })
	for _, s := range []string{"", "a b", "a*b", "a-b", "快\u3000应"} {
		app("name "+s, "name", func(a *FastApp) { a.Name = s })
	}
	app("no logo", "logo_img", func(a *FastApp) { a.LogoImg = "" })
	app("a description of 38 cells", "", func(a *FastApp) { a.Description = strings.Repeat("买", 19) })
	app("a description of 39 cells", "description", func(a *FastApp) { a.Description = strings.Repeat("买", 19) + "x" })
	app("a web address", "deeplink", func(a *FastApp) { a.Deeplink = "https://shop.example.com" })
	app("another hap address", "deeplink", func(a *FastApp) { a.Deeplink = "hap://settings/" })
	app("a deeplink of 1001", "deeplink", func(a *FastApp) { a.Deeplink = quickApp + strings.Repeat("x", 991) })
	app("no engine", "depend_engine_version", func(a *FastApp) { a.DependEngineVersion = "" })
	app("an engine of 51", "depend_engine_version", func(a *FastApp) { a.DependEngineVersion = strings.Repeat("1", 51) })
}
