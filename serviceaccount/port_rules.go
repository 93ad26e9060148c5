package serviceaccount

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"cardlink/fault"
)

// Limits of ports (api.md §17.5).
const (
	maxPortDigits   = 21
	suffixDigits    = 5
	maxPortSigns    = 5
	maxPortFiles    = 5
	maxProvinceText = 500 // characters of a binding's areas, commas included
)

// twice refuses a list that holds a value a second time.
func twice(field, value string) error {
	return fault.Said(field, "names "+value+" twice", value+"重复")
}

// checkPort looks at what a registration says by itself; its letters are looked up later.
func checkPort(p Port) error {
	switch p.Type {
	case PortNumber, PortPrefix, PortSuffix:
	default:
		return fault.OneOf("port_type", "1", "3", "5")
	}
	if err := checkDigits(p.Number, p.Type); err != nil {
		return err
	}
	if p.Type != PortNumber && !p.CheckSigns {
		return fault.Said("sign_check", "must be 1 for port_type 3 and 5", "port_type为3或5时须为1")
	}
	return checkSigns("sign", p.Signs)
}

func checkDigits(number string, t PortType) error {
	switch {
	case number == "":
		return fault.Required("port")
	case strings.ContainsFunc(number, func(r rune) bool { return r < '0' || r > '9' }):
		return fault.Digits("port")
	case t == PortSuffix && len(number) != suffixDigits:
		return fault.Said("port", "must be exactly 5 digits for port_type 5", "port_type为5时须为5位数字")
	case len(number) > maxPortDigits:
		return fault.Said("port", "must be at most 21 digits", "不能超过21位数字")
	}
	return nil
}

// clean is the refusal of a text that is not isClean.
func clean(field string) error {
	return fault.Said(field, "must not begin or end with a blank or hold control characters", "首尾不能有空格，且不能含控制字符")
}

func isClean(s string) bool {
	return s == strings.TrimSpace(s) && !strings.ContainsFunc(s, unicode.IsControl)
}

// checkSigns refuses signs that no message can carry: 1-5 of them, each 2-18 characters, none twice.
func checkSigns(field string, signs []string) error {
	if n := len(signs); n < 1 || n > maxPortSigns {
		return fault.Count(field, 1, maxPortSigns)
	}
	for i, s := range signs {
		item := at(field, i)
		switch n := utf8.RuneCountInString(s); {
		case n < 2 || n > 18:
			return fault.Length(item, 2, 18)
		case !isClean(s):
			return clean(item)
		case slices.Contains(signs[:i], s):
			return twice(field, s)
		}
	}
	return nil
}

// resourceIDs takes the ids out of references of the form resource_id:resource_url. The address is not looked at: the id says what it is.
func resourceIDs(field string, refs []string) ([]string, error) {
	if n := len(refs); n < 1 || n > maxPortFiles {
		return nil, fault.Count(field, 1, maxPortFiles)
	}
	ids := make([]string, len(refs))
	for i, ref := range refs {
		id, url, found := strings.Cut(ref, ":")
		if !found || url == "" || !isID(id) {
			return nil, fault.Said(at(field, i), "must have the form resource_id:resource_url", "格式须为resource_id:resource_url")
		}
		if slices.Contains(ids[:i], id) {
			return nil, twice(field, id)
		}
		ids[i] = id
	}
	return ids, nil
}

// isID reports whether s has the form of this room's ids.
func isID(s string) bool {
	return len(s) == 32 && strings.Trim(s, "0123456789abcdef") == ""
}

// agreeToBinding decides about a binding of a port, given all others it has.
func agreeToBinding(b Binding, p Port, others []Binding) error {
	switch p.ApproveState {
	case InReview:
		return fault.Said("ext_port_id", "is a port in review", "通道号审核中")
	case Rejected:
		return fault.Said("ext_port_id", "is a port whose registration was rejected", "通道号未通过审核")
	}
	for i, s := range b.Signs {
		if !slices.Contains(p.Signs, s) {
			return fault.Said(at("sign", i), "must be a sign of the port", "须为该通道号的签名")
		}
	}
	for _, o := range others {
		if sign, area, clash := clashes(b, o); clash {
			return fault.Said("province", "must not overlap another binding of the port: messages signed "+sign+" in "+area+" are those of the account "+o.PubName+" already",
				"与该通道号的其他绑定地区重叠：签名"+sign+"在"+area+"已绑定服务号"+o.PubName)
		}
	}
	return nil
}

// clashes reports whether a message could fall under two bindings of one port, and under which sign and area.
func clashes(a, b Binding) (sign, area string, clash bool) {
	for _, s := range a.Signs {
		if !slices.Contains(b.Signs, s) {
			continue
		}
		for _, x := range a.Areas {
			for _, y := range b.Areas {
				if overlap(x, y) {
					return s, x, true
				}
			}
		}
	}
	return "", "", false
}

// checkLetters refuses resource ids that are not pictures of the tenant, and pictures that are together too large.
func (s *Service) checkLetters(ctx context.Context, tenant, field string, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	have, err := s.o.Store.MediaOf(ctx, tenant, ids)
	if err != nil {
		return fmt.Errorf("look up letters: %w", err)
	}
	var size int64
	for i, id := range ids {
		m, ok := have[id]
		if !ok {
			return fault.NotFound(at(field, i))
		}
		size += m.Size
	}
	if size > maxLetterBytes {
		return fault.Said(field, "must be at most 4 MB together", "总大小不能超过4MB")
	}
	return nil
}
