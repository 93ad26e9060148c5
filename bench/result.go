package bench

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// Round is one measurement of one side.
type Round struct {
	Side    string        `json:"side"` // product or reference
	Rate    float64       `json:"rate"` // per second
	Count   uint64        `json:"count"`
	Errors  uint64        `json:"errors"`
	P50     time.Duration `json:"p50_ns"`
	P90     time.Duration `json:"p90_ns"`
	P99     time.Duration `json:"p99_ns"`
	P999    time.Duration `json:"p999_ns"`
	Max     time.Duration `json:"max_ns"`
	CPU     time.Duration `json:"cpu_per_request_ns"` // of the measured process
	First   string        `json:"first_error,omitempty"`
	Seconds float64       `json:"seconds"`
}

// Result is what a workload found out.
type Result struct {
	Workload string    `json:"workload"`
	About    string    `json:"about"`
	Unit     string    `json:"unit"` // of Rate: "requests", "messages"
	Started  time.Time `json:"started"`
	Machine  Machine   `json:"machine"`
	Rounds   []Round   `json:"rounds"`
	Product  float64   `json:"product_rate"`             // median per second
	Peer     float64   `json:"reference_rate,omitempty"` // median per second; 0 without a reference
	Ratio    float64   `json:"ratio,omitempty"`
	Bar      float64   `json:"bar"` // of Ratio, or of Product if there is no reference
	Met      bool      `json:"met"`
	Notes    []string  `json:"notes,omitempty"`
}

// Machine says where the numbers come from.
type Machine struct {
	OS     string `json:"os"`
	Arch   string `json:"arch"`
	CPU    string `json:"cpu"`
	Cores  int    `json:"cores"`
	Go     string `json:"go"`
	Memory string `json:"memory,omitempty"`
}

// ThisMachine reads what the system tells about itself.
func ThisMachine() Machine {
	m := Machine{OS: runtime.GOOS, Arch: runtime.GOARCH, Cores: runtime.NumCPU(), Go: runtime.Version(), CPU: "unknown"}
	if b, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(b)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				m.CPU = strings.TrimSpace(value)
				break
			}
		}
	}
	if b, err := os.ReadFile("/proc/meminfo"); err == nil {
		if line, _, ok := strings.Cut(string(b), "\n"); ok {
			m.Memory = strings.Join(strings.Fields(strings.TrimPrefix(line, "MemTotal:")), " ")
		}
	}
	return m
}

func roundOf(side string, o *Outcome, cpu time.Duration) Round {
	r := Round{
		Side: side, Rate: o.Rate(), Count: o.Requests, Errors: o.Errors, First: o.First, Seconds: o.Took.Seconds(), Max: o.Latency.max,
		P50: o.Latency.Quantile(0.5), P90: o.Latency.Quantile(0.9), P99: o.Latency.Quantile(0.99), P999: o.Latency.Quantile(0.999),
	}
	if o.Requests > 0 {
		r.CPU = cpu / time.Duration(o.Requests)
	}
	return r
}

// conclude fills the medians, the ratio and the verdict. Any error makes the bar unmet: a fast wrong answer is no answer.
func (r *Result) conclude(bar float64) {
	rates := func(side string) (v []float64) {
		for _, round := range r.Rounds {
			if round.Side == side {
				v = append(v, round.Rate)
			}
		}
		slices.Sort(v)
		return v
	}
	r.Bar = bar
	r.Product, r.Peer = median(rates("product")), median(rates("reference"))
	figure := r.Product
	if r.Peer > 0 {
		r.Ratio = r.Product / r.Peer
		figure = r.Ratio
	}
	r.Met = figure >= bar
	for _, round := range r.Rounds {
		r.Met = r.Met && round.Errors == 0
	}
}

func median(sorted []float64) float64 {
	n := len(sorted)
	switch {
	case n == 0:
		return 0
	case n%2 == 1:
		return sorted[n/2]
	}
	return (sorted[n/2-1] + sorted[n/2]) / 2
}

// Table writes results for a person.
func Table(w io.Writer, results []*Result) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "workload\tside\trate/s\tp50\tp90\tp99\tmax\tcpu/op\terrors\t")
	for _, r := range results {
		for _, round := range r.Rounds {
			fmt.Fprintf(t, "%s\t%s\t%.0f\t%s\t%s\t%s\t%s\t%s\t%d\t\n", r.Workload, round.Side, round.Rate, short(round.P50), short(round.P90), short(round.P99),
				short(round.Max), short(round.CPU), round.Errors)
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, r := range results {
		verdict := "below the bar"
		if r.Met {
			verdict = "met"
		}
		line := fmt.Sprintf("%s: %.0f %s/s (bar %.0f, %s)", r.Workload, r.Product, r.Unit, r.Bar, verdict)
		if r.Peer > 0 {
			line = fmt.Sprintf("%s: %.0f %s/s, reference %.0f/s, ratio %.2f (bar %.2f, %s)", r.Workload, r.Product, r.Unit, r.Peer, r.Ratio, r.Bar, verdict)
		}
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
		for _, n := range r.Notes {
			fmt.Fprintln(w, "  "+n)
		}
		for _, round := range r.Rounds {
			if round.First != "" {
				fmt.Fprintf(w, "  first error (%s): %s\n", round.Side, round.First)
			}
		}
	}
	m := ThisMachine()
	_, err := fmt.Fprintf(w, "on %s, %d cores, %s, %s/%s, %s\n", m.CPU, m.Cores, m.Memory, m.OS, m.Arch, m.Go)
	return err
}

func short(d time.Duration) string {
	switch {
	case d >= time.Second:
		return d.Round(10 * time.Millisecond).String()
	case d >= 10*time.Millisecond:
		return d.Round(100 * time.Microsecond).String()
	}
	return d.Round(time.Microsecond / 10).String()
}
