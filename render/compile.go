package render

import (
	"errors"
	"fmt"

	"cardlink/templates"
)

// Compile draws t for target with the built-in rules. The notes name everything that target does not show as the template has it.
// It fails with ErrLayout if the vendor shows neither the layout nor one that could stand in.
func Compile(cat *templates.Catalogue, t *templates.Template, target Target, opts ...Option) (*Program, []Note, error) {
	return builtin().Compile(cat, t, target, opts...)
}

// Option is something about the place a program is for.
type Option func(*builder)

// At makes programs for one origin ("https://s.example.com"), where materials and beacons are: they ignore Values.Origin, and are faster for it. An empty origin is
// none.
func At(origin string) Option { return func(b *builder) { b.origin = origin } }

func newBuilder(opts []Option) builder {
	var b builder
	for _, o := range opts {
		o(&b)
	}
	return b
}

// Compile is the package's Compile under these rules.
func (r *Rules) Compile(cat *templates.Catalogue, t *templates.Template, target Target, opts ...Option) (*Program, []Note, error) {
	if cat == nil || t == nil || target > Honor || HostOf(cat, target) == Honor {
		return nil, nil, errors.New("compile: needs a catalogue, a template and a target")
	}
	c, notes, err := r.fit(cat, t, target)
	if err != nil {
		return nil, nil, fmt.Errorf("compile template %d for %s: %w", t.ID, target, err)
	}
	sample := SampleValues(t)
	var p *Program
	if target == H5 {
		p, err = h5Program(c, &sample, newBuilder(opts))
	} else {
		b := jsonBuilder{newBuilder(opts)}
		b.card(c)
		p, err = b.program(CardType, &sample)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("compile template %d for %s: %w", t.ID, target, err)
	}
	p.touchables = c.touchables()
	return p, notes, nil
}

// Set holds one template's programs by target; an entry is nil if that target cannot show the template at all.
type Set [Targets + 1]*Program

// CompileAll compiles t for every target and collects the notes of all. A vendor that cannot show the template has no program and a note of its
// own; the H5 page always exists unless err is set.
func CompileAll(cat *templates.Catalogue, t *templates.Template, opts ...Option) (*Set, []Note, error) {
	return builtin().CompileAll(cat, t, opts...)
}

// CompileAll is the package's CompileAll under these rules.
func (r *Rules) CompileAll(cat *templates.Catalogue, t *templates.Template, opts ...Option) (*Set, []Note, error) {
	var set Set
	var all []Note
	for target := range Honor + 1 {
		if HostOf(cat, target) == Honor {
			continue // the guest is not switched on
		}
		p, notes, err := r.Compile(cat, t, target, opts...)
		if errors.Is(err, ErrLayout) && target != H5 {
			all = append(all, r.unshown(cat, t, target))
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		set[target] = p
		all = append(all, notes...)
	}
	return &set, all, nil
}

// unshown is the note about a vendor that gets no card.
func (r *Rules) unshown(cat *templates.Catalogue, t *templates.Template, target Target) Note {
	n := Note{
		Target: target.String(), Field: "card_id", Lost: t.CardID, Why: "the vendor shows neither this layout nor one that could stand in",
		Source: RuleSource, Date: r.degrade.Date,
		Chinese: NoteText{Lost: t.CardID, Why: target.nameZH() + "不支持此版式，也没有可替代的版式"},
	}
	if l, ok := cat.Layout(t.CardID); ok {
		n.Source, n.Date = l.Provenance().Vendors, cat.Date()
		n.Chinese.Lost = layoutPhrase(l).zh
	}
	return n
}

// SampleValues are t's example values with a placeholder for all else: what previews show and what sizes are measured with.
func SampleValues(t *templates.Template) Values {
	return Values{
		Origin: "https://s.example.com", Link: "https://s.example.com/Ab3dE6gH", ResolveID: "00000000-0000-0000-0000-000000000000",
		Beacon: "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", Expire: "2030-01-02T03:04:05Z", Params: Examples(t),
	}
}

// ParamValues puts a link's values into the order that Values.Params wants. Names may stand bare ("param1") or wrapped ("${param1}"); a parameter
// without a value is empty.
func ParamValues(t *templates.Template, values map[string]string) []string {
	out := make([]string, len(t.Params))
	for i, p := range t.Params {
		v, ok := values[p.Bare()]
		if !ok {
			v = values[p.Name]
		}
		out[i] = v
	}
	return out
}
