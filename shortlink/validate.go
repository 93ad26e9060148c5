package shortlink

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"cardlink/fault"
	"cardlink/templates"
)

// Limits of a request (api.md §7.1, §8.1, appendix B.10).
const (
	maxTimes         = 10_000_000
	maxItems         = 100
	maxSigns         = 5
	maxSign          = 18
	maxCustFlag      = 64
	maxResolveURL    = 256
	maxSendURL       = 2048
	maxParam         = 256 // characters of one dynamic parameter; the wire gives a code for longer ones and no figure
	groupDays        = 180
	individualDays   = 7
	typeGroup        = "group"
	typeIndividual   = "individual"
	minGroupTimes    = 2
	templateIDLength = 9
)

// check refuses a request for the faults that concern it as a whole (api.md §7.1) and that need no look-up.
func (r *Request) check() error {
	switch {
	case r.TplID == "":
		return fault.In(fault.EmptyTemplateID, "tpl_id", "is required")
	case len(r.TplID) != templateIDLength || !isDigits(r.TplID, templateIDLength):
		return fault.In(fault.Parameter, "tpl_id", "must be 9 digits")
	}
	if err := r.checkSigns(); err != nil {
		return err
	}
	if err := r.checkType(); err != nil {
		return err
	}
	switch r.GenerationType {
	case "", Standard, Custom:
	default:
		return fault.In(fault.Parameter, "generation_type", "must be 1 or 2")
	}
	switch {
	case len(r.Items) == 0:
		return fault.In(fault.EmptyParams, "params", "must not be empty")
	case r.CodeType == typeGroup && len(r.Items) > 1:
		return fault.In(fault.TooManyCodes, "params", "must be exactly one for aim_code_type group")
	case len(r.Items) > maxItems:
		return fault.Inf(fault.TooManyCodes, "params", "must be at most %d", maxItems)
	}
	codes := make(map[string]bool)
	for i := range r.Items {
		if err := r.checkItem(i, codes); err != nil {
			return err
		}
	}
	return nil
}

func (r *Request) checkSigns() error {
	switch n := len(r.Signs); {
	case n == 0:
		return fault.In(fault.EmptySign, "sms_signs", "must not be empty")
	case n > maxSigns:
		return fault.Inf(fault.Parameter, "sms_signs", "must be at most %d", maxSigns)
	}
	for i, s := range r.Signs {
		field := "sms_signs[" + strconv.Itoa(i) + "]"
		if s == "" {
			return fault.In(fault.EmptySign, field, "must not be empty")
		}
		if utf8.RuneCountInString(s) > maxSign {
			return fault.In(fault.SignLength, field, "must be 1-18 characters")
		}
	}
	return nil
}

func (r *Request) checkType() error {
	timesField := "resolving_times"
	if r.FromSend {
		timesField = "resolve_times"
	}
	switch r.CodeType {
	case typeIndividual:
		if r.Days < 1 || r.Days > individualDays {
			return fault.Inf(fault.Parameter, "expiration_time", "must be 1-%d for aim_code_type individual", individualDays)
		}
		return nil
	case typeGroup:
		if r.FromSend {
			return fault.In(fault.Parameter, "aim_code_type", "must be individual")
		}
		if r.Times < minGroupTimes || r.Times > maxTimes {
			return fault.Inf(fault.Parameter, timesField, "must be %d-%d for aim_code_type group", minGroupTimes, maxTimes)
		}
		if r.Days < 1 || r.Days > groupDays {
			return fault.Inf(fault.Parameter, "expiration_time", "must be 1-%d for aim_code_type group", groupDays)
		}
		return nil
	}
	if r.FromSend {
		return fault.In(fault.Parameter, "aim_code_type", "must be individual")
	}
	return fault.In(fault.Parameter, "aim_code_type", "must be group or individual")
}

func (r *Request) checkItem(i int, codes map[string]bool) error {
	it := &r.Items[i]
	field := func(name string) string { return "params[" + strconv.Itoa(i) + "]." + name }
	switch {
	case it.CustFlag == "":
		return fault.In(fault.Parameter, field("cust_flag"), "is required")
	case utf8.RuneCountInString(it.CustFlag) > maxCustFlag:
		return fault.Inf(fault.CustFlagLength, field("cust_flag"), "must be at most %d characters", maxCustFlag)
	}
	if r.CodeType == typeGroup && len(it.Params) > 0 {
		return fault.In(fault.ParameterMismatch, field("dync_params"), "is for aim_code_type individual only")
	}
	for name, value := range it.Params {
		if utf8.RuneCountInString(value) > maxParam {
			return fault.Inf(fault.ParameterLength, field("dync_params."+name), "must be at most %d characters", maxParam)
		}
	}
	if r.GenerationType == Custom { // custom_url has no effect then, whatever it holds
		switch code := it.CustomCode; {
		case code == "":
			return fault.In(fault.Parameter, field("custom_short_code"), "is required for generation_type 2")
		case !IsCustom(code):
			return fault.Inf(fault.Parameter, field("custom_short_code"), "must be %d-%d letters and digits", MinCustom, MaxCode)
		case reserved[strings.ToLower(code)]:
			return fault.In(fault.Parameter, field("custom_short_code"), "is reserved")
		case codes[code]:
			return fault.New(fault.DuplicateCode, "duplicate custom short link: "+code)
		}
		codes[it.CustomCode] = true
		return nil
	}
	if it.CustomURL != "" {
		most := maxResolveURL
		if r.FromSend {
			most = maxSendURL
		}
		if utf8.RuneCountInString(it.CustomURL) > most {
			return fault.Inf(fault.CustomURLLength, field("custom_url"), "must be at most %d characters", most)
		}
		if _, ok := jumpHost(it.CustomURL); !ok {
			return fault.In(fault.Parameter, field("custom_url"), "must be an http or https address of a host name, without port and fragment")
		}
	}
	return nil
}

// params picks the values of the template's parameters from an item, whose names may be bare or wrapped. Names that the template does not
// declare are left out. missing is the first declared one without a value.
func (it *Item) params(t *templates.Template) (values map[string]string, missing string) {
	if len(t.Params) == 0 {
		return nil, ""
	}
	values = make(map[string]string, len(t.Params))
	for _, p := range t.Params {
		v, ok := it.Params[p.Bare()]
		if !ok {
			v, ok = it.Params["${"+p.Bare()+"}"]
		}
		if !ok {
			return nil, p.Bare()
		}
		values[p.Bare()] = v
	}
	return values, ""
}
