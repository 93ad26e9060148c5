package edge

import (
	"fmt"
	"sync"

	"cardlink/fault"
	"cardlink/render"
	"cardlink/templates"
)

// maxPrograms bounds the compiled versions in memory; beyond it all are dropped and compiled again as visitors come (under a millisecond each).
const maxPrograms = 4096

// programs keeps the compiled cards of template versions. A version never changes, so neither does its program.
type programs struct {
	catalogue *templates.Catalogue
	rules     *render.Rules
	origin    string    // empty: each visitor's own
	gone      [2][]byte // finished pages by language
	lost      [2][]byte

	mu   sync.RWMutex
	sets map[programKey]*render.Set
}

type programKey struct {
	id      int64
	version int
}

func newPrograms(cat *templates.Catalogue, rules *render.Rules, origin string) *programs {
	p := &programs{catalogue: cat, rules: rules, origin: origin, sets: make(map[programKey]*render.Set)}
	for _, l := range []fault.Language{fault.English, fault.Chinese} {
		p.gone[l], p.lost[l] = render.AppendGone(nil, l), render.AppendNotFound(nil, l)
	}
	return p
}

// of gives the programs of t's version, compiling them the first time. Targets that cannot show it are nil.
func (p *programs) of(t *templates.Template) (*render.Set, error) {
	key := programKey{t.ID, t.Version}
	p.mu.RLock()
	set := p.sets[key]
	p.mu.RUnlock()
	if set != nil {
		return set, nil
	}
	set, _, err := p.rules.CompileAll(p.catalogue, t, render.At(p.origin))
	if err != nil {
		return nil, fmt.Errorf("compile template %d version %d: %w", t.ID, t.Version, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.sets) >= maxPrograms {
		clear(p.sets)
	}
	p.sets[key] = set
	return set, nil
}
