package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"cardlink/app"
)

type templateCmd struct {
	Lint templateLintCmd `cmd:"" help:"Judge a card template before it is created: every problem, and what each vendor would not show."`
}

type templateLintCmd struct {
	engines     `embed:""`
	File        string `arg:"" help:"The body of CreateAimPersonalTemplate as JSON or YAML; - reads standard input."`
	Tenant      string `help:"Tenant whose materials the template uses; they are looked up in --data or --database. Without it materials are not looked up."`
	Strict      bool   `help:"Enforce the wording rules that are only warned about by default." env:"CARDLINK_STRICT"`
	LayoutFile  string `help:"JSON file that overrides facts of the layout catalogue." type:"path" env:"CARDLINK_LAYOUT_FILE"`
	DegradeFile string `help:"JSON file that overrides what stands in for what a vendor cannot show." type:"path" env:"CARDLINK_DEGRADE_FILE"`
	DialectFile string `help:"JSON file that overrides how cards are spelt for a vendor." type:"path" env:"CARDLINK_DIALECT_FILE"`
	JSON        bool   `help:"Print JSON."`

	SensitiveWordsFile string `help:"Words that no text of a template may hold, one a line; none by default." type:"path" env:"CARDLINK_SENSITIVE_WORDS_FILE"`
}

// maxTemplateFile bounds what is read of a file; the largest body that is judged is smaller.
const maxTemplateFile = 1 << 20

// Run judges the file and exits with 1 if it would be refused.
func (c templateLintCmd) Run(ctx context.Context, s streams) error {
	text, err := c.read()
	if err != nil {
		return err
	}
	body, err := jsonBody(text)
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	r, err := app.LintTemplate(ctx, app.LintOptions{
		Records: app.Records{Data: c.Data, Database: c.Database, MasterKey: c.MasterKey}, Tenant: c.Tenant, Strict: c.Strict,
		LayoutFile: c.LayoutFile, DegradeFile: c.DegradeFile, DialectsFile: c.DialectFile, SensitiveWordsFile: c.SensitiveWordsFile,
	}, body)
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	if c.JSON {
		err = writeJSON(s.out, r)
	} else {
		err = printLint(s.out, filepath.Base(c.File), r)
	}
	if err == nil && !r.OK {
		err = errReported
	}
	return err
}

func (c templateLintCmd) read() ([]byte, error) {
	in := io.ReadCloser(os.Stdin)
	if c.File != "-" {
		f, err := os.Open(c.File)
		if err != nil {
			return nil, err
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, maxTemplateFile+1))
	if err == nil && len(text) > maxTemplateFile {
		err = fmt.Errorf("%s: is larger than any template: more than %d bytes", c.File, maxTemplateFile)
	}
	return text, err
}

// printLint writes a report for people: what concerns every vendor first, then vendor by vendor.
func printLint(out io.Writer, name string, r *app.LintReport) error {
	bad, soft := 0, 0
	for _, p := range r.Problems {
		if p.Severity == "error" {
			bad++
		} else {
			soft++
		}
	}
	verdict := "can be created"
	if !r.OK {
		verdict = "would be refused"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s; %s, %s\n", strings.TrimRight(name+": "+r.CardID, " "), verdict, count(bad, "error"), count(soft, "warning"))
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0) // a strings.Builder does not fail, so neither does this
	lintProblems(w, r, "")
	_ = w.Flush()
	for _, t := range r.Targets {
		b.WriteString("\n" + t.Target + "  ")
		switch {
		case t.CardID == "":
			b.WriteString("no card: handsets show the text message")
		case len(t.Notes) == 0:
			b.WriteString(t.CardID + ", as written")
		default:
			b.WriteString(t.CardID + ", " + count(len(t.Notes), "difference"))
		}
		if !t.Submitted {
			b.WriteString(" (not submitted)")
		}
		b.WriteString("\n")
		lintProblems(w, r, t.Target)
		for _, n := range t.Notes {
			shown := "→ " + n.Shown
			if n.Shown == "" {
				shown = "→ nothing"
			}
			fmt.Fprintf(w, "  differs\t%s\t%s %s\n", n.Field, line(n.Lost), line(shown))
			fmt.Fprintf(w, "  \t\t%s (%s, %s)\n", line(n.Why), n.Source, n.Date)
		}
		_ = w.Flush()
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// lintProblems writes the problems that only one vendor has, or those of all.
func lintProblems(w io.Writer, r *app.LintReport, vendor string) {
	for _, p := range r.Problems {
		if p.Vendor != vendor {
			continue
		}
		says := line(p.Rule)
		if p.Source != "" {
			says += " (" + p.Source + ", " + p.Date + ")"
		}
		if p.Code != "" {
			says = p.Code + " " + says
		}
		fmt.Fprintf(w, "  %s\t%s\t%s\n", p.Severity, p.Field, says)
	}
}

// line keeps a text on its line of the table, whatever is in it.
func line(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
}

func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}
