package templates

// Source is where a figure of the catalogue comes from. Every figure names one by its mark.
type Source struct {
	Mark    string // "sdk"
	About   string // in English
	AboutZH string // in Chinese; empty: not known
	Hard    bool   // its figures refuse a template; those of all others only warn
}

// Source finds a source by its mark.
func (c *Catalogue) Source(mark string) (Source, bool) {
	s, ok := c.sources[mark]
	return s, ok
}

// FloorSource is the mark of the source of Floor.
func (c *Catalogue) FloorSource() string { return c.floorSrc }

// Provenance names the sources, by mark, of what is known about a layout as a whole. A mark is empty where the catalogue says nothing.
type Provenance struct {
	Vendors    string // which vendors show it
	Components string // what it is made of
	Params     string // which vendors fill in parameters
	SubType    string // its variants
}

// Provenance names the sources of the layout's facts.
func (l *Layout) Provenance() Provenance {
	return Provenance{Vendors: l.vendorsSrc, Components: l.components.source, Params: l.paramsSrc, SubType: l.subSrc}
}
