package templates

import (
	"fmt"
	"strings"
)

// declared checks params by itself and remembers the examples.
func (v *validator) declared() {
	limit := v.catalogue.limits["params"]
	if n := len(v.d.Params); n > limit.max {
		v.figure(limit.hard, limit.source, "params", "holds at most %d parameters, not %d", limit.max, n)
		if n > maxContents {
			return // refused or not, nobody means this
		}
	}
	for i, p := range v.d.Params {
		field := fmt.Sprintf("params[%d]", i)
		switch {
		case p.Type < 0 || p.Type > 100:
			v.hard(field+".type", "must be 0-100")
		case p.Type != 1:
			v.soft(field+".type", "sdk", "only 1 (text) has a meaning")
		}
		v.length(field+".name", "param_name", p.Name)
		bare := p.Bare()
		if p.Name != "" && (bare == p.Name || !validParam(bare)) {
			v.hard(field+".name", "must be letters and digits in its wrapper, a letter first, such as ${param1}")
			continue
		}
		if _, twice := v.examples[bare]; twice {
			v.hard(field+".name", "%s is declared twice", p.Name)
		}
		v.length(field+".example", "param_example", p.Example)
		v.text(field+".example", p.Example)
		v.examples[bare] = p.Example
	}
}

// uses remembers the parameters of a text and refuses those that are not declared.
func (v *validator) uses(field, s string) {
	ps, ok := placeholders(s)
	if !ok {
		v.mismatch(field, "holds a ${ that opens no parameter")
	}
	for _, p := range ps {
		v.used[p.name] = true
		if _, declared := v.examples[p.name]; !declared {
			v.mismatch(field, "uses ${%s}, which params does not declare", p.name)
		}
	}
}

// plain refuses parameters where none may stand.
func (v *validator) plain(field, s string) {
	if strings.Contains(s, "${") {
		v.hard(field, "must not hold parameters")
	}
}

// parameters compares declared with used, and vendors that fill none in.
func (v *validator) parameters() {
	for i, p := range v.d.Params {
		if bare := p.Bare(); validParam(bare) && bare != p.Name && !v.used[bare] {
			v.mismatch(fmt.Sprintf("params[%d].name", i), "%s is declared but not used", p.Name)
		}
	}
	if len(v.used) == 0 || v.layout == nil {
		return
	}
	for _, who := range v.vendors {
		if yes, known := v.layout.Params(who); known && !yes {
			v.vendor(who, v.layout.paramsHard, v.layout.paramsSrc, "params", "%s shows no parameters in %s", who, v.layout.CardID)
		}
	}
}
