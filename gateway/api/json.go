package api

import (
	"strconv"
	"unicode/utf8"

	"cardlink/fault"
)

// Bounds of a body. No operation needs half of any of them; what is beyond is refused with the place where it stands, so that a body of 32 MB costs about its own
// size in memory and a deep one no stack.
const (
	maxDepth   = 32      // objects and arrays inside each other
	maxMembers = 1_000   // of one object
	maxItems   = 10_000  // of one array
	maxValues  = 200_000 // of the whole body
	maxNumber  = 64      // characters of a number; longer ones are no value of any field
)

// readJSON reads one JSON object (RFC 8259) into the types of encoding/json with UseNumber. It is stricter where leniency hides mistakes: a name given twice in an
// object, invalid UTF-8 and half a surrogate pair are refused, since readers disagree about what they mean; so is U+0000, which not every store can keep. The strings are copies. A refusal of what is not JSON has code
// notJSON; others are Parameter and name the value's path, such as "pages[0].contents[2].position_number".
func readJSON(body []byte, notJSON fault.Code) (map[string]any, error) {
	r := jsonReader{in: body, notJSON: notJSON}
	if len(r.in) >= 3 && string(r.in[:3]) == "\xef\xbb\xbf" { // editors on Windows put a mark in front of files
		r.at = 3
	}
	r.blank()
	if r.peek() != '{' && r.at < len(r.in) {
		if _, ok := r.value(1); ok && r.end() {
			return nil, fault.Said("body", "must be a JSON object", "须为JSON对象").Coded(notJSON)
		}
		return nil, r.refusal()
	}
	v, ok := r.value(1)
	if ok {
		ok = r.end()
	}
	if !ok {
		return nil, r.refusal()
	}
	m, _ := v.(map[string]any) // it began with a brace
	return m, nil
}

// jsonReader is a recursive descent whose depth is bounded by maxDepth. The first failure is in bad.
type jsonReader struct {
	in      []byte
	notJSON fault.Code
	at      int
	values  int
	path    []step
	bad     *fault.Error // nil with ok false: not JSON at r.at
}

// step is a name or, if it has none, an index on the way to a value.
type step struct {
	name  string
	index int // -1 for a name
}

func (r *jsonReader) refusal() error {
	if r.bad != nil {
		return r.bad
	}
	if r.at >= len(r.in) {
		return fault.Said("body", "is not valid JSON: it ends too early", "不是合法的JSON：内容不完整").Coded(r.notJSON)
	}
	n := strconv.Itoa(r.at)
	return fault.Said("body", "is not valid JSON at byte "+n, "不是合法的JSON，位于第"+n+"字节").Coded(r.notJSON)
}

// where is the path of the value being read.
func (r *jsonReader) where() string {
	if len(r.path) == 0 {
		return "body"
	}
	var b []byte
	for i, s := range r.path {
		switch {
		case s.index >= 0:
			b = append(strconv.AppendInt(append(b, '['), int64(s.index), 10), ']')
		default:
			if i > 0 {
				b = append(b, '.')
			}
			if s.name == "" {
				b = append(b, `""`...)
			}
			b = append(b, cutName(s.name)...)
		}
	}
	return string(b)
}

// cutName keeps a caller's long name from coming back whole in a message.
func cutName(s string) string {
	const most = 64
	if len(s) <= most {
		return s
	}
	n := most
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}

// refuse notes what is wrong with the value being read.
func (r *jsonReader) refuse(english, chinese string) bool {
	if r.bad == nil {
		r.bad = fault.Said(r.where(), english, chinese)
	}
	return false
}

func (r *jsonReader) tooMany(most int, english, chinese string) bool {
	n := strconv.Itoa(most)
	return r.refuse("must hold at most "+n+" "+english, "最多"+n+chinese)
}

// peek is the next byte, 0 at the end.
func (r *jsonReader) peek() byte {
	if r.at < len(r.in) {
		return r.in[r.at]
	}
	return 0
}

func (r *jsonReader) blank() {
	for r.at < len(r.in) {
		switch r.in[r.at] {
		case ' ', '\t', '\n', '\r':
			r.at++
		default:
			return
		}
	}
}

// end makes sure that nothing follows.
func (r *jsonReader) end() bool {
	r.blank()
	if r.at == len(r.in) {
		return true
	}
	if r.bad == nil {
		r.bad = fault.Said("body", "must be one JSON object and nothing after it", "须为一个JSON对象，其后不能有其他内容").Coded(r.notJSON)
	}
	return false
}

// value reads one value after any blanks; depth is the one it is at.
func (r *jsonReader) value(depth int) (any, bool) {
	r.blank()
	if r.values++; r.values > maxValues {
		r.path = r.path[:0]
		return nil, r.tooMany(maxValues, "JSON values in all", "个JSON值")
	}
	switch c := r.peek(); c {
	case '{', '[':
		if depth > maxDepth {
			n := strconv.Itoa(maxDepth)
			return nil, r.refuse("must be nested at most "+n+" levels deep", "嵌套不能超过"+n+"层")
		}
		if c == '{' {
			return r.object(depth)
		}
		return r.array(depth)
	case '"':
		return r.text()
	case 't':
		return true, r.word("true")
	case 'f':
		return false, r.word("false")
	case 'n':
		return nil, r.word("null")
	}
	return r.number()
}

func (r *jsonReader) object(depth int) (any, bool) {
	r.at++
	m := make(map[string]any)
	r.blank()
	if r.peek() == '}' {
		r.at++
		return m, true
	}
	for {
		r.blank()
		if r.peek() != '"' {
			return nil, false
		}
		name, ok := r.text()
		if !ok {
			return nil, false
		}
		r.blank()
		if r.peek() != ':' {
			return nil, false
		}
		r.at++
		r.path = append(r.path, step{name, -1})
		if _, twice := m[name]; twice {
			return nil, r.refuse("is given twice", "重复出现")
		}
		v, ok := r.value(depth + 1)
		if !ok {
			return nil, false
		}
		r.path = r.path[:len(r.path)-1]
		m[name] = v
		if len(m) > maxMembers {
			return nil, r.tooMany(maxMembers, "names", "个字段")
		}
		r.blank()
		switch r.peek() {
		case ',':
			r.at++
		case '}':
			r.at++
			return m, true
		default:
			return nil, false
		}
	}
}

func (r *jsonReader) array(depth int) (any, bool) {
	r.at++
	list := []any{}
	r.blank()
	if r.peek() == ']' {
		r.at++
		return list, true
	}
	for {
		if len(list) == maxItems {
			return nil, r.tooMany(maxItems, "values", "项")
		}
		r.path = append(r.path, step{"", len(list)})
		v, ok := r.value(depth + 1)
		if !ok {
			return nil, false
		}
		r.path = r.path[:len(r.path)-1]
		list = append(list, v)
		r.blank()
		switch r.peek() {
		case ',':
			r.at++
		case ']':
			r.at++
			return list, true
		default:
			return nil, false
		}
	}
}
