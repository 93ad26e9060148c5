package api

import (
	"context"
	"slices"

	"cardlink/fault"
	"cardlink/render"
	"cardlink/templates"
)

// lintBody is how large a template's body may be to be judged or previewed, in bytes. The largest that can be created is well below.
const lintBody = 256 << 10

// LintReport is all that can be said of a template before it is created: what refuses it, what is warned about, and what each vendor shows of it.
type LintReport struct {
	OK        bool              `json:"ok"` // nothing refuses it
	CardID    string            `json:"card_id"`
	Problems  []LintProblem     `json:"problems"`   // in the order of the body
	Targets   []LintTarget      `json:"targets"`    // the six vendors, the page, and a guest that is switched on; empty if the layout is unknown or the card has no bounds
	Sources   map[string]string `json:"sources"`    // what the marks of sources mean, as far as they occur
	RulesDate string            `json:"rules_date"` // when the layout catalogue was last reviewed, "2006-01-02"
}

// LintProblem is one problem of a body.
type LintProblem struct {
	Severity string `json:"severity"` // "error" refuses the template, "warning" does not
	Field    string `json:"field"`    // "pages[0].contents[2].content"
	Code     string `json:"code,omitempty"`
	Rule     string `json:"rule"`
	RuleZH   string `json:"rule_zh,omitempty"` // the rule in Chinese; empty if nobody has translated it
	Vendor   string `json:"vendor,omitempty"`  // if only one minds
	Source   string `json:"source,omitempty"`  // mark of who says so; empty: the wire contract itself
	Date     string `json:"date,omitempty"`    // when the source was last reviewed
}

// LintTarget is what one vendor, or the page, makes of the template.
type LintTarget struct {
	Target    string     `json:"target"`            // vendor, or "H5"
	Submitted bool       `json:"submitted"`         // the vendor would be asked; always for the page
	CardID    string     `json:"card_id,omitempty"` // what is drawn; empty: nothing, handsets show the text message
	Notes     []LintNote `json:"notes"`             // what differs from the template as written
}

// LintNote is one difference.
type LintNote struct {
	Field  string `json:"field"`
	Lost   string `json:"lost"`
	Shown  string `json:"shown"` // what stands in; empty: nothing
	Why    string `json:"why"`
	Source string `json:"source"`
	Date   string `json:"date"`
}

// Severities of problems.
const (
	lintError   = "error"
	lintWarning = "warning"
)

// Judge judges a draft: as templates.Service.Try does for a tenant, or templates.Attempt without one.
type Judge func(context.Context, templates.Draft) (*templates.Template, []templates.Problem, error)

// Facts are what drafts are judged by.
type Facts struct {
	Catalogue *templates.Catalogue
	Rules     *render.Rules
}

// Lint reads the body of CreateAimPersonalTemplate and reports everything about it at once. A body that is not JSON, or too large, is an error.
func Lint(ctx context.Context, body []byte, by Facts, judge Judge) (*LintReport, error) {
	b, err := draftBody(body)
	if err != nil {
		return nil, err
	}
	_, report, err := lint(ctx, b, by, judge)
	return report, err
}

func draftBody(body []byte) (fields, error) {
	if len(body) > lintBody {
		return fields{}, fault.Newf(fault.BodyTooLarge, "a template to be judged is at most %d bytes", lintBody)
	}
	return fieldsOf(body, fault.TemplateNotJSON)
}

// lint judges what a body says and compiles the template it would become, as far as that can be done.
func lint(ctx context.Context, b fields, by Facts, judge Judge) (*templates.Template, *LintReport, error) {
	cat, draft := by.Catalogue, draftOf(b)
	t, problems, err := judge(ctx, draft)
	if err != nil {
		return nil, nil, err
	}
	r := &LintReport{OK: true, CardID: draft.CardID, Problems: []LintProblem{}, Targets: []LintTarget{}, Sources: map[string]string{}, RulesDate: cat.Date()}
	unread := map[string]bool{} // fields that could not be read: what else is wrong with them follows from that
	for _, complaint := range b.complaints() {
		f := fault.Of(complaint)
		unread[f.Field] = true
		r.add(cat, LintProblem{Severity: lintError, Field: f.Field, Code: string(f.Code), Rule: f.Rule, RuleZH: f.RuleZH()})
	}
	for _, p := range problems {
		if !unread[p.Field] {
			r.add(cat, problemOf(p))
		}
	}
	if !t.Drawable(cat) {
		return t, r, nil
	}
	_, notes, err := by.Rules.CompileAll(cat, t)
	if err != nil {
		return nil, nil, err
	}
	for _, target := range render.TargetsOf(cat) {
		r.Targets = append(r.Targets, lintTarget(cat, t, target, notes))
	}
	for _, n := range notes {
		r.Sources[n.Source] = render.SourceAbout(cat, n.Source)
	}
	return t, r, nil
}

func (r *LintReport) add(cat *templates.Catalogue, p LintProblem) {
	if p.Severity == lintError {
		r.OK = false
	}
	if p.Source != "" {
		p.Date = cat.Date()
		r.Sources[p.Source] = render.SourceAbout(cat, p.Source)
	}
	r.Problems = append(r.Problems, p)
}

func problemOf(p templates.Problem) LintProblem {
	out := LintProblem{Severity: lintWarning, Field: p.Field, Rule: p.Rule, RuleZH: fault.In(p.Code, p.Field, p.Rule).RuleZH(), Vendor: string(p.Vendor), Source: p.Source}
	if p.Hard {
		out.Severity, out.Code = lintError, string(p.Code)
		if p.Code == "" {
			out.Code = string(fault.Parameter)
		}
	}
	return out
}

func lintTarget(cat *templates.Catalogue, t *templates.Template, target render.Target, notes []render.Note) LintTarget {
	out := LintTarget{Target: target.String(), CardID: t.CardID, Notes: []LintNote{}}
	out.Submitted = target == render.H5 || slices.ContainsFunc(t.Factories, func(f templates.Factory) bool { return f.Vendor == render.HostOf(cat, target).Vendor() })
	for _, n := range notes {
		if n.Target != out.Target {
			continue
		}
		if n.Field == "card_id" {
			out.CardID = n.Shown
		}
		out.Notes = append(out.Notes, noteOf(n))
	}
	return out
}

func noteOf(n render.Note) LintNote {
	return LintNote{n.Field, n.Lost, n.Shown, n.Why, n.Source, n.Date}
}

// lint serves POST /x/v1/templates/lint: what CreateAimPersonalTemplate would say, all of it, and what vendors would show. Nothing is stored.
func (h templateHandlers) lint(ctx context.Context, r *Request) (any, error) {
	return Lint(ctx, r.PostBody(), h.facts(), h.judge(r))
}

func (h templateHandlers) facts() Facts { return Facts{h.room.Catalogue(), h.rules} }

// judge judges for the caller's tenant.
func (h templateHandlers) judge(r *Request) Judge {
	return func(ctx context.Context, d templates.Draft) (*templates.Template, []templates.Problem, error) {
		return h.room.Try(ctx, r.Principal.Tenant, d)
	}
}
