package api

import "strconv"

// strings is an object of scalars as text, such as dync_params; nil if absent.
func (f fields) strings(name string) map[string]string {
	sub, given := f.object(name)
	if !given {
		return nil
	}
	out := make(map[string]string, len(sub.values))
	for key := range sub.values {
		out[key] = sub.text(key)
	}
	return out
}

// optionalTexts is a list of scalars as text; nil if absent, empty if given empty.
func (f fields) optionalTexts(name string) []string {
	list := f.array(name)
	if list == nil {
		return nil
	}
	out := make([]string, len(list))
	for i, v := range list {
		at := name + "[" + strconv.Itoa(i) + "]"
		out[i] = fields{map[string]any{at: v}, f.path, f.first}.text(at)
	}
	return out
}
