package serviceaccount

import (
	"strings"

	"cardlink/fault"
)

// Limits of home pages (api.md §17.2).
const (
	maxSummary  = 75 // characters
	maxTels     = 5
	maxFastApps = 10
	maxHWPubs   = 10
)

// checkPortal refuses a home page that breaks a rule of api.md §17.2. Names of fields get prefix in front. That its pictures exist is checked by the caller.
func checkPortal(prefix string, c *PortalContent) error {
	if err := checkImageID(prefix+"background_img", c.BackgroundImg); err != nil {
		return err
	}
	if err := checkText(prefix+"summary", c.Summary, chars, 1, maxSummary); err != nil {
		return err
	}
	if len(c.Tels) > maxTels {
		return fault.Count(prefix+"tels", 0, maxTels)
	}
	for i, t := range c.Tels {
		field := at(prefix+"tels", i)
		if !isPhone(t.Tel) {
			return phone(field + ".tel")
		}
		if err := checkName(field+".usage", t.Usage, cells, 1, 30); err != nil {
			return err
		}
	}
	if len(c.FastApps) > maxFastApps {
		return fault.Count(prefix+"fastapps", 0, maxFastApps)
	}
	for i := range c.FastApps {
		if err := checkFastApp(at(prefix+"fastapps", i), &c.FastApps[i]); err != nil {
			return err
		}
	}
	if len(c.HWPubs) > maxHWPubs {
		return fault.Count(prefix+"hw_pubs", 0, maxHWPubs)
	}
	for i, p := range c.HWPubs {
		if err := checkName(at(prefix+"hw_pubs", i), p, chars, 1, 50); err != nil {
			return err
		}
	}
	return nil
}

func checkFastApp(field string, a *FastApp) error {
	if err := checkName(field+".name", a.Name, cells, 1, 30); err != nil {
		return err
	}
	if chars(a.Name) > 15 || strings.ContainsAny(a.Name, " \t\u3000*-") {
		return fault.Said(field+".name", "must be at most 15 characters without blanks, * and -", "不能超过15个字符，且不能含空格、*和-")
	}
	if err := checkImageID(field+".logo_img", a.LogoImg); err != nil {
		return err
	}
	if err := checkName(field+".description", a.Description, cells, 1, 38); err != nil {
		return err
	}
	if err := checkName(field+".deeplink", a.Deeplink, chars, 1, 1000); err != nil {
		return err
	}
	if !isQuickLink(a.Deeplink) {
		return quickLink(field + ".deeplink")
	}
	return checkName(field+".depend_engine_version", a.DependEngineVersion, cells, 1, 50)
}

// pictures are the pictures of a home page, each with the field that names it.
func (c *PortalContent) pictures(prefix string) []picture {
	list := []picture{{prefix + "background_img", c.BackgroundImg, FileBackground}}
	for i, a := range c.FastApps {
		list = append(list, picture{at(prefix+"fastapps", i) + ".logo_img", a.LogoImg, FileFastAppLogo})
	}
	return list
}
