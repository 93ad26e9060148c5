package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/schollz/progressbar/v3"

	"cardlink/bench"
)

type benchCmd struct {
	All            benchAllCmd       `cmd:"" help:"Run every workload."`
	EdgeTap        benchTapCmd       `cmd:"" help:"Taps: a counted, logged 302, against a bare fasthttp server."`
	EdgeParseGroup benchParseCmd     `cmd:"" help:"Durable resolutions of group links, against a bare fasthttp server answering the same bytes."`
	Pipeline       benchPipelineCmd  `cmd:"" help:"Accept, pace, CMPP 3.0, receipt, event, bill: messages per second, end to end."`
	Render         benchRenderCmd    `cmd:"" help:"Vendor cards with four parameters, against one append of the same bytes."`
	Reference      benchReferenceCmd `cmd:"" hidden:"" help:"The reference server of the edge workloads."`
}

type benchOptions struct {
	Rounds int           `help:"Rounds of product and reference each." default:"3"`
	For    time.Duration `help:"Length of a round." default:"5s"`
	Conns  int           `help:"Connections of the load." default:"256"`
	JSON   bool          `help:"Print JSON instead of the table."`
	Out    string        `help:"Folder for bench.json and bench.html." default:"." type:"path"`
}

func (o benchOptions) config(s streams) bench.Config {
	return bench.Config{Rounds: o.Rounds, For: o.For, Conns: o.Conns, Log: s.err, Progress: progress(s.err)}
}

// progress draws one bar per stage on a terminal, and nothing anywhere else: a log has no use for a hundred states of a bar.
func progress(w io.Writer) func(stage string, done, total int) {
	if !terminal(w) {
		return func(string, int, int) {}
	}
	var bar *progressbar.ProgressBar
	var name string
	return func(stage string, done, total int) {
		if bar == nil || stage != name {
			name = stage
			bar = progressbar.NewOptions(total, progressbar.OptionSetWriter(w), progressbar.OptionSetDescription(stage), progressbar.OptionThrottle(200*time.Millisecond),
				progressbar.OptionClearOnFinish(), progressbar.OptionSetWidth(30))
		}
		_ = bar.Set(done) // a bar that cannot be drawn must not stop the measurement
	}
}

func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// run measures and reports. Results that were measured before an error are reported too.
func (o benchOptions) run(ctx context.Context, s streams, works ...func(context.Context, bench.Config) (*bench.Result, error)) error {
	var results []*bench.Result
	var errs []error
	for _, work := range works {
		r, err := work(ctx, o.config(s))
		if r != nil && len(r.Rounds) > 0 {
			results = append(results, r)
		}
		if err != nil {
			errs = append(errs, err)
		}
	}
	if len(results) > 0 {
		errs = append(errs, o.report(s, results))
	}
	for _, r := range results {
		if !r.Met {
			errs = append(errs, fmt.Errorf("%s is below its bar", r.Workload))
		}
	}
	return errors.Join(errs...)
}

func (o benchOptions) report(s streams, results []*bench.Result) error {
	if err := os.MkdirAll(o.Out, 0o755); err != nil {
		return err
	}
	b, err := json.MarshalIndent(results, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(o.Out, "bench.json"), append(b, '\n'), 0o644); err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(o.Out, "bench.html"))
	if err != nil {
		return err
	}
	if err := errors.Join(bench.Page(f, results), f.Close()); err != nil {
		return err
	}
	if o.JSON {
		_, err = fmt.Fprintf(s.out, "%s\n", b)
		return err
	}
	if err := bench.Table(s.out, results); err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "wrote %s and %s\n", filepath.Join(o.Out, "bench.json"), filepath.Join(o.Out, "bench.html"))
	return err
}

type benchAllCmd struct{ benchOptions }

// Run runs every workload.
func (c benchAllCmd) Run(ctx context.Context, s streams) error {
	return c.run(ctx, s, bench.EdgeTap, bench.EdgeParseGroup, bench.Pipeline, bench.Render)
}

type benchTapCmd struct {
	benchOptions
	Links int `help:"Links to spread the taps over." default:"50000"`
}

// Run runs edge-tap.
func (c benchTapCmd) Run(ctx context.Context, s streams) error {
	return c.run(ctx, s, func(ctx context.Context, o bench.Config) (*bench.Result, error) {
		o.Links = c.Links
		return bench.EdgeTap(ctx, o)
	})
}

type benchParseCmd struct {
	benchOptions
	Links int `help:"Group links to spread the resolutions over." default:"64"`
}

// Run runs edge-parse-group.
func (c benchParseCmd) Run(ctx context.Context, s streams) error {
	return c.run(ctx, s, func(ctx context.Context, o bench.Config) (*bench.Result, error) {
		o.Links = c.Links
		return bench.EdgeParseGroup(ctx, o)
	})
}

type benchPipelineCmd struct {
	benchOptions
	Messages int `help:"Messages to send." default:"20000"`
}

// Run runs pipeline.
func (c benchPipelineCmd) Run(ctx context.Context, s streams) error {
	return c.run(ctx, s, func(ctx context.Context, o bench.Config) (*bench.Result, error) {
		o.Messages = c.Messages
		return bench.Pipeline(ctx, o)
	})
}

type benchRenderCmd struct{ benchOptions }

// Run runs render.
func (c benchRenderCmd) Run(ctx context.Context, s streams) error {
	return c.run(ctx, s, bench.Render)
}

type benchReferenceCmd struct {
	Listen      string `default:"127.0.0.1:0"`
	Status      int    `default:"200"`
	ContentType string
	Location    string
	BodyFile    string
}

// Run serves the reference until it is told to stop.
func (c benchReferenceCmd) Run(ctx context.Context, s streams) error {
	return bench.Reference{Listen: c.Listen, Status: c.Status, ContentType: c.ContentType, Location: c.Location, BodyFile: c.BodyFile}.Run(ctx, s.out)
}
