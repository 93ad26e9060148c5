package templates

import (
	"cmp"
	"slices"
	"strings"
)

// Draft is a template as a caller wants it (api.md §5.1). Its JSON form is the body of CreateAimPersonalTemplate in the wire's exact types.
type Draft struct {
	CardID     string    `json:"card_id"`
	Name       string    `json:"tpl_name"`
	Scene      string    `json:"scene,omitempty"`
	UseID      int       `json:"use_id"`
	SubType    int       `json:"sub_type,omitempty"`
	SMSExample string    `json:"sms_example,omitempty"`
	SMSSigns   []string  `json:"sms_signs,omitempty"`
	SMSPattern string    `json:"sms_template,omitempty"`
	Pages      []Page    `json:"pages"`
	Params     []Param   `json:"params,omitempty"`
	Factories  []Factory `json:"factorys,omitempty"` // empty = every vendor that supports the layout, and no vendor rule refuses
}

// clone copies the draft deeply enough that validation may fill it in without touching the caller's.
func (d Draft) clone() Draft {
	d.SMSSigns = slices.Clone(d.SMSSigns)
	d.Params = slices.Clone(d.Params)
	d.Factories = slices.Clone(d.Factories)
	d.Pages = slices.Clone(d.Pages)
	for i := range d.Pages {
		d.Pages[i].Contents = slices.Clone(d.Pages[i].Contents)
	}
	return d
}

// materials lists the aim_resource_ids the draft refers to, each once.
func (d *Draft) materials() []string { return materialsOf(d.Pages) }

func materialsOf(pages []Page) []string {
	var ids []string
	seen := map[string]bool{"": true}
	add := func(id string) {
		if !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	for _, p := range pages {
		for i := range p.Contents {
			c := &p.Contents[i]
			if c.SrcType == srcMaterial {
				add(c.Src)
				add(c.Cover)
				add(c.OppoBackground)
				add(c.VivoBackground)
			}
		}
	}
	return ids
}

// Values of src_type.
const (
	srcMaterial = 1
	srcURL      = 2
)

// sortPages brings pages into page_order; renderers rely on it.
func sortPages(pages []Page) {
	slices.SortStableFunc(pages, func(a, b Page) int { return cmp.Compare(a.Order, b.Order) })
}

// VendorOf reads a vendor in any case ("HuaWei"); ok is false for a vendor that is not a factory_type.
func VendorOf(s string) (v Vendor, ok bool) {
	v = Vendor(strings.ToUpper(strings.TrimSpace(s)))
	return v, slices.Contains(Vendors(), v)
}
