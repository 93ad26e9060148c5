package app

import (
	"context"
	"errors"
	"fmt"
	"os"

	"cardlink/gateway/api"
	"cardlink/render"
	"cardlink/templates"
)

// LintOptions say by what a template is judged that nobody has created.
type LintOptions struct {
	Records      // where the tenant's materials are; unused without a tenant
	Tenant       string
	Strict       bool   // as Options.Strict
	LayoutFile   string // as Options.LayoutFile
	DegradeFile  string // as Options.DegradeFile
	DialectsFile string // as Options.DialectFile

	SensitiveWordsFile string // as Options.SensitiveWordsFile
}

// LintReport is what LintTemplate finds.
type LintReport = api.LintReport

// LintTemplate judges the body of CreateAimPersonalTemplate without storing anything. Without a tenant nothing is opened, and materials are not looked up.
func LintTemplate(ctx context.Context, o LintOptions, body []byte) (_ *LintReport, err error) {
	override := func(path string) (text []byte) {
		if path != "" && err == nil {
			text, err = os.ReadFile(path)
		}
		return text
	}
	layouts, degrade, dialects := override(o.LayoutFile), override(o.DegradeFile), override(o.DialectsFile)
	if err != nil {
		return nil, fmt.Errorf("correction of card facts: %w", err)
	}
	var by api.Facts
	if by.Catalogue, err = templates.LoadCatalogue(layouts); err != nil {
		return nil, fmt.Errorf("layout catalogue: %w", err)
	}
	if by.Rules, err = render.LoadRules(degrade, dialects); err != nil {
		return nil, fmt.Errorf("card rules: %w", err)
	}
	if err := by.Rules.Check(by.Catalogue); err != nil {
		return nil, fmt.Errorf("card rules: %w", err)
	}
	words, err := readWords(o.SensitiveWordsFile)
	if err != nil {
		return nil, err
	}
	if o.Tenant == "" {
		return api.Lint(ctx, body, by, func(_ context.Context, d templates.Draft) (*templates.Template, []templates.Problem, error) {
			t, problems := templates.Attempt(by.Catalogue, templates.AttemptOptions{Strict: o.Strict, SensitiveWords: words}, d)
			return t, problems, nil
		})
	}
	office, err := OpenOffice(ctx, o.Records)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, office.Close()) }()
	if _, err := office.Identity().Tenant(ctx, o.Tenant); err != nil {
		return nil, err
	}
	room, err := templates.NewService(templates.Options{Store: office.a.db, Catalogue: by.Catalogue, Materials: office.a.materials, Strict: o.Strict, SensitiveWords: words})
	if err != nil {
		return nil, err
	}
	return api.Lint(ctx, body, by, func(ctx context.Context, d templates.Draft) (*templates.Template, []templates.Problem, error) {
		return room.Try(ctx, o.Tenant, d)
	})
}
