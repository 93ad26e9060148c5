package templates

// actionField is one field of an action beside its target: a text, or an integer that may be absent.
type actionField struct {
	text   func(*Action) *string
	number func(*Action) **int
}

// actionFields finds an action's fields by wire name.
var actionFields = map[string]actionField{
	"package_name": {text: func(a *Action) *string { return &a.PackageName }},
	"floor_type":   {number: func(a *Action) **int { return &a.FloorType }},
	"floor_url":    {text: func(a *Action) *string { return &a.FloorURL }},
	"body":         {text: func(a *Action) *string { return &a.Body }},
	"subject":      {text: func(a *Action) *string { return &a.Subject }},
	"description":  {text: func(a *Action) *string { return &a.Description }},
	"begin_time":   {text: func(a *Action) *string { return &a.BeginTime }},
	"end_time":     {text: func(a *Action) *string { return &a.EndTime }},
	"address":      {text: func(a *Action) *string { return &a.Address }},
	"longitude":    {text: func(a *Action) *string { return &a.Longitude }},
	"latitude":     {text: func(a *Action) *string { return &a.Latitude }},
	"content":      {text: func(a *Action) *string { return &a.Content }},
	"text_button":  {text: func(a *Action) *string { return &a.TextButton }},
	"mode":         {number: func(a *Action) **int { return &a.Mode }},
}

// read gives the field's value; one of the two is nil or empty.
func (f actionField) read(a *Action) (text string, number *int) {
	if f.text != nil {
		return *f.text(a), nil
	}
	return "", *f.number(a)
}

// only copies the target and the fields that the action's type has: others are neither checked nor kept.
func (a *Action) only(rule *ActionRule) *Action {
	out := &Action{Target: a.Target}
	for name := range rule.Fields {
		if f := actionFields[name]; f.text != nil {
			*f.text(out) = *f.text(a)
		} else {
			*f.number(out) = *f.number(a)
		}
	}
	return out
}
