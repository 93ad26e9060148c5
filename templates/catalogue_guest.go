package templates

import "slices"

// Honor is a handset maker that the wire contract does not know: no request may name it. Its handsets can be served as guests of a vendor that it knows.
const Honor Vendor = "HONOR"

// guestFile says whether a guest's handsets are served, and as whose. What a guest can show is recorded like any vendor's; what is not recorded is the host's.
type guestFile struct {
	On     bool   `json:"on"`
	As     Vendor `json:"as"`
	About  string `json:"about"`
	Source string `json:"source"`
}

// Guest tells as whose guests a maker's handsets are served: a card must be active at the host, and counts as the host's. on is false if the operator did not
// switch them on.
func (c *Catalogue) Guest(v Vendor) (host Vendor, on bool) {
	host, on = c.guests[v]
	return host, on
}

// guest admits the guests that are switched on: whatever the catalogue does not know of them is as it is for their hosts.
func (b *catalogueBuilder) guest(c *Catalogue, guests map[Vendor]guestFile) {
	c.guests = map[Vendor]Vendor{}
	for v, g := range guests {
		path := "guest_vendors." + string(v)
		b.hard(path, g.Source)
		if v != Honor {
			b.failf(path, "only %s can be a guest", Honor)
		}
		if !slices.Contains(Vendors(), g.As) {
			b.failf(path+".as", "%q is none of %s", g.As, joinVendors(Vendors()))
		}
		if g.On {
			c.guests[v] = g.As
			c.admit(v, g.As)
		}
	}
}

func (c *Catalogue) admit(v, host Vendor) {
	inherit(c.floors, v, host)
	for _, a := range c.actions {
		inherit(a.vendors, v, host)
		inherit(a.doubted, v, host)
	}
	for _, l := range c.layouts {
		inherit(l.vendors, v, host)
		inherit(l.params, v, host)
		for _, limits := range l.text {
			inherit(limits, v, host)
		}
		for _, i := range l.images {
			inherit(i.min, v, host)
		}
		for n, s := range l.subTypes {
			if slices.Contains(s.Vendors, host) && !slices.Contains(s.Vendors, v) {
				s.Vendors = append(slices.Clone(s.Vendors), v)
				l.subTypes[n] = s
			}
		}
		if l.Background(host) && !l.Background(v) {
			l.backgrounds = append(slices.Clone(l.backgrounds), v)
		}
	}
}

// inherit gives v what host has, unless v has something of its own.
func inherit[T any](m map[Vendor]T, v, host Vendor) {
	x, known := m[host]
	if _, own := m[v]; known && !own {
		m[v] = x
	}
}
