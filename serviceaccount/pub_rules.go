package serviceaccount

import (
	"slices"

	"cardlink/fault"
)

// Limits of accounts (api.md §17.2), in characters where they are of texts.
const (
	maxPubName     = 15
	maxPubAbstract = 75
	maxPubRemark   = 15
	maxIndustry    = 11
	maxLetters     = 6
	maxLetterBytes = 4 << 20 // of all letters of an account or port together
)

// checkPub refuses an account that breaks a rule of api.md §17.2 by itself. Names of fields get prefix in front. That its pictures exist is checked by the caller.
func checkPub(prefix string, c *PubContent) error {
	if err := checkImageID(prefix+"logo_img", c.LogoImg); err != nil {
		return err
	}
	if err := checkName(prefix+"pub_name", c.Name, chars, 1, maxPubName); err != nil {
		return err
	}
	if err := checkText(prefix+"pub_abstract", c.Abstract, chars, 1, maxPubAbstract); err != nil {
		return err
	}
	if c.Remark != "" {
		if err := checkName(prefix+"pub_remark", c.Remark, chars, 1, maxPubRemark); err != nil {
			return err
		}
	}
	if c.AutoGetPort {
		if len(c.Signs) == 0 {
			return fault.Said(prefix+"signs_for_auto_get_port", "is required when auto_get_port is 1", "auto_get_port为1时必填")
		}
		if err := checkSigns(prefix+"signs_for_auto_get_port", c.Signs); err != nil {
			return err
		}
		if err := checkAreas(prefix+"areas_for_auto_get_port", c.Areas); err != nil {
			return err
		}
	}
	if c.Industry < 1 || c.Industry > maxIndustry {
		return fault.Range(prefix+"industry", 1, maxIndustry)
	}
	return checkLetterIDs(prefix+"authorization_files", c.AuthorizationFiles)
}

func checkLetterIDs(field string, ids []string) error {
	if n := len(ids); n < 1 || n > maxLetters {
		return fault.Count(field, 1, maxLetters)
	}
	for i, id := range ids {
		if err := checkImageID(at(field, i), id); err != nil {
			return err
		}
		if slices.Contains(ids[:i], id) {
			return twice(field, id)
		}
	}
	return nil
}

// checkImageID refuses what cannot be a resource_id.
func checkImageID(field, id string) error {
	switch {
	case id == "":
		return fault.Required(field)
	case !isID(id):
		return fault.Said(field, "must be the 32 characters of a resource_id", "须为32位的resource_id")
	}
	return nil
}

// tidy drops what has no effect, so that two revisions that mean the same are the same.
func (c *PubContent) tidy() {
	if !c.AutoGetPort {
		c.Signs, c.Areas = nil, nil
	}
	if len(c.Areas) == 1 && c.Areas[0] == Nationwide {
		c.Areas = nil
	}
}
