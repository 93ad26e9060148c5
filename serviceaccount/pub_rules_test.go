package serviceaccount

import (
	"reflect"
	"strings"
	"testing"
)

const someID = "5467ec75eb974f508cee2cee10a7cccc"

// otherID is someID with another last character.
func otherID(c byte) string { return someID[:31] + string(c) }

func pubSample() PubContent {
	return PubContent{
		Name: "示例商城", Abstract: "sells things", LogoImg: someID, AutoGetPort: true, Signs: []string{"示例商城"}, Areas: []string{"广东省", "石家庄市"}, Industry: 5,
		AuthorizationFiles: []string{otherID('1')},
	}
}

func TestPubRules(t *testing.T) {
	f := func(name, field string, alter func(*PubContent)) {
		t.Helper()
		c := pubSample()
		alter(&c)
		if field != "" {
			field = "p." + field
		}
		refused(t, name, checkPub("p.", &c), field)
	}
	f("as it is", "", func(*PubContent) {})
	f("no logo", "logo_img", func(c *PubContent) { c.LogoImg = "" })
	f("a logo that is no id", "logo_img", func(c *PubContent) { c.LogoImg = strings.ToUpper(someID) })
	f("a name of 15", "", func(c *PubContent) { c.Name = strings.Repeat("商", 15) })
	f("a name of 16", "pub_name", func(c *PubContent) { c.Name = strings.Repeat("商", 16) })
	f("no name", "pub_name", func(c *PubContent) { c.Name = "" })
	f("an abstract of 75", "", func(c *PubContent) { c.Abstract = strings.Repeat("商", 75) })
	f("an abstract of 76", "pub_abstract", func(c *PubContent) { c.Abstract = strings.Repeat("商", 76) })
	f("no abstract", "pub_abstract", func(c *PubContent) { c.Abstract = "" })
	f("a remark of 15", "", func(c *PubContent) { c.Remark = strings.Repeat("南", 15) })
	f("a remark of 16", "pub_remark", func(c *PubContent) { c.Remark = strings.Repeat("南", 16) })
	f("ports without signs", "signs_for_auto_get_port", func(c *PubContent) { c.Signs = nil })
	f("six signs", "signs_for_auto_get_port", func(c *PubContent) { c.Signs = []string{"s1", "s2", "s3", "s4", "s5", "s6"} })
	f("a sign twice", "signs_for_auto_get_port", func(c *PubContent) { c.Signs = []string{"s1", "s1"} })
	f("a sign of 1", "signs_for_auto_get_port[1]", func(c *PubContent) { c.Signs = []string{"s1", "s"} })
	f("a sign of 19", "signs_for_auto_get_port[0]", func(c *PubContent) { c.Signs = []string{strings.Repeat("s", 19)} })
	f("nationwide", "", func(c *PubContent) { c.Areas = nil })
	f("an unknown area", "areas_for_auto_get_port", func(c *PubContent) { c.Areas = []string{"Guangdong"} })
	f("areas that overlap", "areas_for_auto_get_port", func(c *PubContent) { c.Areas = []string{"广东省", "深圳市"} })
	f("no ports, no signs", "", func(c *PubContent) { c.AutoGetPort, c.Signs, c.Areas = false, nil, nil })
	f("industry 0", "industry", func(c *PubContent) { c.Industry = 0 })
	f("industry 11", "", func(c *PubContent) { c.Industry = 11 })
	f("industry 12", "industry", func(c *PubContent) { c.Industry = 12 })
	f("no letters", "authorization_files", func(c *PubContent) { c.AuthorizationFiles = nil })
	f("seven letters", "authorization_files", func(c *PubContent) { c.AuthorizationFiles = make([]string, 7) })
	f("a letter twice", "authorization_files", func(c *PubContent) { c.AuthorizationFiles = []string{someID, someID} })
	f("a letter that is no id", "authorization_files[1]", func(c *PubContent) { c.AuthorizationFiles = []string{someID, "x"} })
}

func TestTidyPub(t *testing.T) {
	c := pubSample()
	c.Areas = []string{Nationwide}
	if c.tidy(); c.Areas != nil || c.Signs == nil {
		t.Errorf("%+v", c)
	}
	c.AutoGetPort = false
	if c.tidy(); c.Signs != nil {
		t.Errorf("%+v", c)
	}
}

func TestPatch(t *testing.T) {
	name, off, industry, empty := "new", false, 9, ""
	before := pubSample()
	before.Remark = "south"
	if got := (&PubPatch{}).apply(before); !reflect.DeepEqual(got, before) {
		t.Errorf("an empty patch: %+v", got)
	}
	got := (&PubPatch{Name: &name, Remark: &empty, AutoGetPort: &off, Industry: &industry, AuthorizationFiles: []string{}}).apply(before)
	want := before
	want.Name, want.Remark, want.AutoGetPort, want.Industry, want.AuthorizationFiles, want.Signs, want.Areas = "new", "", false, 9, []string{}, nil, nil
	if !reflect.DeepEqual(got, want) {
		t.Errorf("\n got %+v\nwant %+v", got, want)
	}
}

func TestNameKey(t *testing.T) {
	f := func(a, b string, same bool) {
		t.Helper()
		if got := NameKey(a) == NameKey(b); got != same {
			t.Errorf("%q and %q: same %v", a, b, got)
		}
	}
	f("Brand", "bRAND", true)
	f("Ｂｒａｎｄ１", "brand1", true)
	f("商城", "商场", false)
}
