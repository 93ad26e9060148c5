package bench

import (
	"html/template"
	"io"
	"time"
)

// Page writes results as one HTML file that needs nothing else: a card per workload with bars for the rates and the latency percentiles.
func Page(w io.Writer, results []*Result) error {
	return page.Execute(w, struct {
		Machine Machine
		At      string
		Results []*Result
	}{ThisMachine(), time.Now().UTC().Format("2006-01-02 15:04 UTC"), results})
}

var page = template.Must(template.New("bench").Funcs(template.FuncMap{
	"short": short,
	"width": func(v float64, r *Result) int {
		top := 1.0
		for _, round := range r.Rounds {
			top = max(top, round.Rate)
		}
		return int(v / top * 560)
	},
	"lat": func(d time.Duration, r *Result) int {
		top := time.Duration(1)
		for _, round := range r.Rounds {
			top = max(top, round.P999)
		}
		return int(float64(d) / float64(top) * 560)
	},
	"row":    func(i int) int { return i * 26 },
	"height": func(r *Result) int { return len(r.Rounds)*26 + 8 },
}).Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>Cardlink bench</title>
<style>
:root{color-scheme:light dark;--ink:#1c2430;--soft:#64748b;--paper:#f5f7fa;--card:#fff;--us:#e4572e;--peer:#94a3b8;--tail:#f2b705}
@media(prefers-color-scheme:dark){:root{--ink:#e8edf4;--soft:#93a1b5;--paper:#12161c;--card:#1b212a}}
body{margin:0;padding:32px 16px;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
main{max-width:840px;margin:auto}h1{margin:0 0 4px;font-size:26px}.soft{color:var(--soft)}
section{background:var(--card);border-radius:14px;padding:20px 24px;margin:20px 0;box-shadow:0 1px 3px #0002}
h2{margin:0;font-size:19px}b.big{font-size:30px;font-variant-numeric:tabular-nums}.met{color:#16803c}.no{color:#c2410c}
svg{width:100%;height:auto;display:block;margin:8px 0}text{fill:var(--ink);font:12px system-ui,sans-serif}
.product{fill:var(--us)}.reference{fill:var(--peer)}.p99{fill:var(--tail)}
</style><main><h1>Cardlink bench</h1>
<p class="soft">{{.At}} · {{.Machine.CPU}}, {{.Machine.Cores}} cores, {{.Machine.Memory}} · {{.Machine.OS}}/{{.Machine.Arch}} · {{.Machine.Go}}</p>
{{range $r := .Results}}<section><h2>{{.Workload}}</h2><p class="soft">{{.About}}</p>
<p><b class="big">{{if .Ratio}}{{printf "%.2f" .Ratio}}{{else}}{{printf "%.0f" .Product}}{{end}}</b>
{{if .Ratio}}of the reference{{else}}{{.Unit}} per second{{end}} · bar {{.Bar}} · {{if .Met}}<span class="met">met</span>{{else}}<span class="no">below</span>{{end}}</p>
<p class="soft">{{.Unit}} per second, round by round</p>
<svg viewBox="0 0 780 {{height $r}}" role="img" aria-label="rates">{{range $i, $x := .Rounds}}<text x="0" y="{{row $i}}" dy="17">{{.Side}}</text><rect class="{{.Side}}" x="80" y="{{row $i}}" rx="4" height="20" width="{{width .Rate $r}}"/><text x="700" y="{{row $i}}" dy="15">{{printf "%.0f" .Rate}}</text>{{end}}</svg>
<p class="soft">latency: p50 (solid) and p99 (yellow)</p>
<svg viewBox="0 0 780 {{height $r}}" role="img" aria-label="latency">{{range $i, $x := .Rounds}}<text x="0" y="{{row $i}}" dy="17">{{.Side}}</text><rect class="p99" x="80" y="{{row $i}}" rx="4" height="20" width="{{lat .P99 $r}}"/><rect class="{{.Side}}" x="80" y="{{row $i}}" rx="4" height="20" width="{{lat .P50 $r}}"/><text x="650" y="{{row $i}}" dy="15">{{short .P50}} / {{short .P99}}</text>{{end}}</svg>
{{range .Notes}}<p class="soft">{{.}}</p>{{end}}</section>{{end}}</main></html>
`))
