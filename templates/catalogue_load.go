package templates

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
)

//go:embed layouts.json
var embeddedLayouts []byte

// The shape of layouts.json. Unknown names are errors, so that a misspelt correction cannot silently do nothing.
type (
	catalogueFile struct {
		Schema    string                     `json:"schema"`
		Date      string                     `json:"date"`
		Sources   map[string]sourceFile      `json:"sources"`
		Text      textFile                   `json:"text"`
		Limits    map[string]lengthFile      `json:"limits"`
		Defaults  map[string]limitFile       `json:"default_text_limits"`
		Rates     map[string][2]int          `json:"image_rates"`
		Tolerance float64                    `json:"ratio_tolerance"`
		Materials map[string]materialFile    `json:"materials"`
		Floors    floorFile                  `json:"floor_types"`
		Actions   map[string]json.RawMessage `json:"actions"`
		Layouts   map[string]json.RawMessage `json:"layouts"`
		Guests    map[Vendor]guestFile       `json:"guest_vendors"`
	}
	sourceFile struct {
		About   string `json:"about"`
		AboutZH string `json:"about_zh"` // the Chinese of an operator's own source may be left out, here and below
		Hard    bool   `json:"hard"`
	}
	textFile struct {
		Forbidden []string `json:"forbidden"`
		OptOut    string   `json:"opt_out_phrase"`
		TestWord  string   `json:"test_word"`
	}
	lengthFile struct {
		Min    int    `json:"min"`
		Max    int    `json:"max"`
		Source string `json:"source"`
	}
	limitFile struct {
		Chars  int    `json:"chars"`
		Lines  int    `json:"lines"`
		Source string `json:"source"`
	}
	materialFile struct {
		Formats  []string `json:"formats"`
		MaxBytes int      `json:"max_bytes"`
		Advised  int      `json:"advised_seconds"`
	}
	floorFile struct {
		Vendors map[Vendor][]int `json:"vendors"`
		Source  string           `json:"source"`
	}
	actionFile struct {
		About   string               `json:"about"`
		NameZH  string               `json:"name_zh"`
		Vendors map[Vendor]bool      `json:"vendors"`
		Target  targetFile           `json:"target"`
		Fields  map[string]fieldFile `json:"fields"`
		Doubted []Vendor             `json:"doubted_by"`
		Source  string               `json:"source"`
	}
	targetFile struct {
		About   string   `json:"about"`
		Min     int      `json:"min"`
		Max     int      `json:"max"`
		Schemes []string `json:"schemes"`
		Params  bool     `json:"params"`
	}
	fieldFile struct {
		Required    bool   `json:"required"`
		Max         int    `json:"max"`
		Enum        []int  `json:"enum"`
		Unavailable []int  `json:"unavailable"`
		Format      string `json:"format"`
	}
	layoutFile struct {
		Order         int                             `json:"order"`
		NameEN        string                          `json:"name_en"`
		NameZH        string                          `json:"name_zh"`
		Group         string                          `json:"group"`
		Vendors       map[Vendor]bool                 `json:"vendors"`
		VendorsSource string                          `json:"vendors_source"`
		Components    componentFile                   `json:"components"`
		Pages         countFile                       `json:"pages"`
		Buttons       countFile                       `json:"buttons"`
		ButtonLabel   limitFile                       `json:"button_label"`
		Slots         []slotFile                      `json:"slots"`
		Images        map[string]imageFile            `json:"images"`
		Text          map[string]map[Vendor]limitFile `json:"text_limits"`
		Params        *paramFile                      `json:"params"`
		SubType       *subTypeFile                    `json:"sub_type"`
		Visible       bool                            `json:"visible"`
		Currency      bool                            `json:"currency"`
		Backgrounds   []Vendor                        `json:"backgrounds"`
		LineBreaks    *lineBreakFile                  `json:"line_breaks"`
		Video         videoFile                       `json:"video"`
		VideoRates    []string                        `json:"video_rates"` // the content must name one of them as its ratio
		Coupon        *couponFile                     `json:"coupon_zone"`
		Preview       []string                        `json:"preview"`
		Note          string                          `json:"note"`
	}
	componentFile struct {
		Required []string `json:"required"`
		Optional []string `json:"optional"`
		Source   string   `json:"source"`
	}
	countFile struct {
		Min       int    `json:"min"`
		Max       int    `json:"max"`
		Source    string `json:"source"`
		MaxSource string `json:"max_source"` // if the upper end is better known than the lower
	}
	slotFile struct {
		Position  string     `json:"position"`
		Component string     `json:"component"`
		Role      string     `json:"role"`
		Label     string     `json:"label"`
		Required  bool       `json:"required"`
		Limit     string     `json:"limit"`
		Repeat    *countFile `json:"repeat"`
		Action    string     `json:"action"`
		Params    bool       `json:"params"`
		Source    string     `json:"source"`
	}
	imageFile struct {
		Rates       []string              `json:"rates"`
		Source      string                `json:"source"`
		Min         map[Vendor]pixelsFile `json:"min_px"`
		Recommended *pixelsFile           `json:"recommended_px"`
	}
	videoFile struct {
		Rates  []string `json:"rates"`
		Source string   `json:"source"`
	}
	pixelsFile struct {
		W      int    `json:"w"`
		H      int    `json:"h"`
		Source string `json:"source"`
	}
	paramFile struct {
		Vendors map[Vendor]bool `json:"vendors"`
		Source  string          `json:"source"`
	}
	subTypeFile struct {
		About   string                      `json:"about"`
		Default int                         `json:"default"`
		Values  map[string]subTypeValueFile `json:"values"`
		Source  string                      `json:"source"`
	}
	subTypeValueFile struct {
		Label   string   `json:"label"`
		LabelZH string   `json:"label_zh"`
		Vendors []Vendor `json:"vendors"`
	}
	lineBreakFile struct {
		MaxLines int    `json:"max_lines"`
		Source   string `json:"source"`
	}
	couponFile struct {
		From   int    `json:"from"`
		To     int    `json:"to"`
		Button int    `json:"button"`
		Source string `json:"source"`
	}
)

const catalogueSchema = "cardlink.layouts/1"

// LoadCatalogue builds the catalogue from the embedded facts, corrected by override, an operator's JSON file or nil. The override is a merge
// patch (RFC 7396): it names only what differs, an object is merged member by member, a list is replaced as a whole, null removes. So
// {"layouts":{"PureText":{"vendors":{"VIVO":true}}}} enables one vendor and leaves the rest. All complaints about the result are joined.
func LoadCatalogue(override []byte) (*Catalogue, error) {
	text := embeddedLayouts
	if len(bytes.TrimSpace(override)) > 0 {
		var err error
		if text, err = mergePatch(embeddedLayouts, override); err != nil {
			return nil, fmt.Errorf("layouts file: %w", err)
		}
	}
	var f catalogueFile
	if err := strict(text, &f); err != nil {
		return nil, fmt.Errorf("layouts file: %w", err)
	}
	b := catalogueBuilder{sources: f.Sources}
	c := b.build(&f)
	if err := errors.Join(b.errs...); err != nil {
		return nil, fmt.Errorf("layouts file: %w", err)
	}
	return c, nil
}

func strict(text []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the JSON object")
	}
	return nil
}

func mergePatch(base, patch []byte) ([]byte, error) {
	var b, p any
	if err := json.Unmarshal(base, &b); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(patch, &p); err != nil {
		return nil, err
	}
	if _, ok := p.(map[string]any); !ok {
		return nil, errors.New("must be a JSON object")
	}
	return json.Marshal(merged(b, p))
}

func merged(base, patch any) any {
	p, ok := patch.(map[string]any)
	if !ok {
		return patch
	}
	b, _ := base.(map[string]any)
	out := make(map[string]any, len(b)+len(p))
	maps.Copy(out, b)
	for k, v := range p {
		if v == nil {
			delete(out, k)
		} else {
			out[k] = merged(out[k], v)
		}
	}
	return out
}
