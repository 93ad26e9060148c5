package videosms

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"cardlink/fault"
)

// Draft asks for a template, in the wire's words (api.md §16.1).
type Draft struct {
	Days        string // expiration_time: whole days, 0-9999; 0 = for ever
	Name        string
	Title       string
	Resources   []Resource
	Remarks     string
	CallbackURL string
	Draft       int // is_draft: 0 or 1
}

// Resource is one entry of reslist.
type Resource struct{ Index, Type, Name, Source, Content string }

// Limits of a template in characters and entries (api.md §16.1). The last three are ours.
const (
	maxDays      = 9999
	maxName      = 100
	maxTitle     = 20
	maxRemarks   = 200
	maxResources = 10
	maxFrames    = 8
	maxPairs     = 2    // frames with two elements
	maxURLBytes  = 1024 // bytes
	maxAuditDesc = 1024
	maxResName   = 128
	maxSign      = 18
	maxText      = 5000
)

// types are the types of resources; true = a picture, which may be a placeholder.
var types = map[string]bool{
	"txt": false, "jpg": true, "jpeg": true, "png": true, "gif": true, "mp3": false, "wav": false, "3gp": false, "mp4": false,
}

// content is what has to be got for an element.
type content struct {
	frame, element int // indexes
	field          string
	kind           string // type of the resource
	source, text   string // file: base64, url: address
}

// lay checks a draft and lays its resources out in frames. contents are the elements whose Media is still to be got.
func (d *Draft) lay(now time.Time) (t *Template, contents []content, err error) {
	t = &Template{
		Name: d.Name, Title: d.Title, Remarks: d.Remarks, CallbackURL: d.CallbackURL, Draft: d.Draft == 1, CreatedAt: now.UTC().Truncate(time.Millisecond),
	}
	if err := d.checkHead(t); err != nil {
		return nil, nil, err
	}
	if n := len(d.Resources); n < 1 || n > maxResources {
		return nil, nil, fault.Count("reslist", 1, maxResources)
	}
	order, err := d.places()
	if err != nil {
		return nil, nil, err
	}
	if err := d.checkPlaces(order); err != nil {
		return nil, nil, err
	}
	var vars varList
	for _, p := range order {
		r := &d.Resources[p.resource]
		at := "reslist[" + strconv.Itoa(p.resource) + "]."
		if len(t.Frames) < p.frame {
			t.Frames = append(t.Frames, Frame{})
		}
		f := &t.Frames[p.frame-1]
		e, c, err := r.element(at, t, &vars)
		if err != nil {
			return nil, nil, err
		}
		if c != nil {
			c.frame, c.element = p.frame-1, len(f.Elements)
			contents = append(contents, *c)
		}
		f.Elements = append(f.Elements, e)
	}
	t.Vars = vars
	if t.Sign == "" {
		return nil, nil, fault.Said("reslist", "needs a text that begins with 【signature】", "须有以【签名】开头的文本")
	}
	return t, contents, nil
}

func (d *Draft) checkHead(t *Template) error {
	days, err := strconv.Atoi(strings.TrimSpace(d.Days))
	if err != nil || days < 0 || days > maxDays {
		return fault.Said("expiration_time", "must be a whole number of days, 1-9999, or 0 for ever", "须为整数天，范围1-9999，0表示永久")
	}
	if days > 0 { // to the end of its last day
		y, m, day := t.CreatedAt.Date()
		t.ValidTo = time.Date(y, m, day+days, 23, 59, 59, 0, time.UTC)
	}
	for _, f := range [...]struct {
		name, text string
		max        int
		required   bool
	}{{"tpl_name", d.Name, maxName, true}, {"title", d.Title, maxTitle, true}, {"remarks", d.Remarks, maxRemarks, false}} {
		switch n := utf8.RuneCountInString(f.text); {
		case f.required && strings.TrimSpace(f.text) == "":
			return fault.Required(f.name)
		case n > f.max:
			return fault.Length(f.name, 0, f.max)
		case !clean(f.text):
			return noControls(f.name)
		}
	}
	if strings.ContainsAny(d.Title, "【】") {
		return fault.Said("title", "must not hold 【 or 】", "不能包含【】")
	}
	named := false
	if wrong := placeholders(d.Title, func(string, int, int) { named = true }); named || wrong != "" {
		return fault.Said("title", "must not hold placeholders", "不能包含参数占位符")
	}
	if d.Draft != 0 && d.Draft != 1 {
		return fault.OneOf("is_draft", "0", "1")
	}
	return nil
}

// clean reports whether a text is UTF-8 without control characters but line breaks and tabs.
func clean(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return (r < ' ' && r != '\n' && r != '\r' && r != '\t') || r == 0x7f })
}

func noControls(field string) error {
	return fault.Said(field, "must not hold control characters", "不能包含控制字符")
}

// place is where a resource stands: frame and element from 1.
type place struct{ frame, element, resource int }

// places gives the resources in display order: by their indexes, or each in a frame of its own.
func (d *Draft) places() ([]place, error) {
	out := make([]place, len(d.Resources))
	given := 0
	for i, r := range d.Resources {
		out[i] = place{i + 1, 1, i}
		if r.Index == "" {
			continue
		}
		given++
		frame, element, ok := parseIndex(r.Index)
		if !ok {
			return nil, fault.Said(fmt.Sprintf("reslist[%d].index", i), "must be frame-element such as 1-1, frames 1-8, elements 1-2", "须为“帧-元素”，例如1-1，帧1-8，元素1-2")
		}
		out[i] = place{frame, element, i}
	}
	if given == 0 {
		return out, nil
	}
	if given != len(out) {
		return nil, fault.Said("reslist", "index must be set for all resources or for none", "index必须全部指定，或者全为空")
	}
	slices.SortStableFunc(out, func(a, b place) int { return (a.frame-b.frame)*4 + a.element - b.element })
	for i, p := range out {
		field := fmt.Sprintf("reslist[%d].index", p.resource)
		last := place{}
		if i > 0 {
			last = out[i-1]
		}
		switch {
		case i > 0 && p.frame == last.frame && p.element == last.element:
			return nil, fault.Said(field, "is used twice", "不能重复")
		case p.frame > last.frame+1, p.frame == last.frame+1 && p.element != 1:
			return nil, fault.Said(field, "leaves a gap; frames and elements are counted from 1-1", "序号不连续，帧和元素须从1-1开始")
		}
	}
	return out, nil
}

// parseIndex reads "frame-element".
func parseIndex(s string) (frame, element int, ok bool) {
	if len(s) != 3 || s[1] != '-' || s[0] < '1' || s[0] > '0'+maxFrames || s[2] < '1' || s[2] > '2' {
		return 0, 0, false
	}
	return int(s[0] - '0'), int(s[2] - '0'), true
}

// checkPlaces checks the shape of the frames.
func (d *Draft) checkPlaces(order []place) error {
	if order[len(order)-1].frame > maxFrames {
		return fault.Said("reslist", "makes more than 8 frames", "最多支持8帧")
	}
	pairs := 0
	for i := 1; i < len(order); i++ {
		if order[i].frame != order[i-1].frame {
			continue
		}
		if pairs++; pairs > maxPairs {
			return fault.Said("reslist", "has more than 2 frames of two elements", "最多2帧同时包含2个元素")
		}
		if d.Resources[order[i].resource].Type != "txt" && d.Resources[order[i-1].resource].Type != "txt" {
			return fault.Said("reslist", fmt.Sprintf("frame %d has two elements and none is a text", order[i].frame), fmt.Sprintf("第%d帧的2个元素中必须包含文本", order[i].frame))
		}
	}
	return nil
}
