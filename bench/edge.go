package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Config is what the workloads share. Zero values take the defaults named.
type Config struct {
	Program  string        // the cardlink binary; default: this executable
	Dir      string        // work folder; default: a temporary one, removed afterwards
	Rounds   int           // of product and reference each, in alternation; default 3
	For      time.Duration // length of a round; default 5 s
	Conns    int           // connections of the load; default 256
	Links    int           // links of edge-tap (default 50,000) and group links of edge-parse-group (default 64)
	Messages int           // of pipeline; default 20,000
	Progress func(stage string, done, total int)
	Log      io.Writer // child processes' last words on failure
}

func (c *Config) fill() (cleanup func() error, err error) {
	if c.Program == "" {
		if c.Program, err = os.Executable(); err != nil {
			return nil, err
		}
	}
	if c.Rounds == 0 {
		c.Rounds = 3
	}
	if c.For == 0 {
		c.For = 5 * time.Second
	}
	if c.Conns == 0 {
		c.Conns = 256
	}
	if c.Progress == nil {
		c.Progress = func(string, int, int) {}
	}
	cleanup = func() error { return nil }
	if c.Dir == "" {
		if c.Dir, err = os.MkdirTemp("", "cardlink-bench-"); err != nil {
			return nil, err
		}
		dir := c.Dir
		cleanup = func() error { return os.RemoveAll(dir) }
	}
	return cleanup, nil
}

// tapTarget is where the links of edge-tap lead; the reference answers the same Location.
const tapTarget = "https://shop.example.com/spring/sale"

// EdgeTap measures taps: a 302 per tap, classified, counted and logged, against a bare fasthttp server answering a constant 302.
func EdgeTap(ctx context.Context, c Config) (*Result, error) {
	links := c.Links
	if links == 0 {
		links = 50_000
	}
	r := &Result{Workload: "edge-tap", Unit: "requests", Started: time.Now().UTC(), Machine: ThisMachine(),
		About: fmt.Sprintf("302 to the customer's page over %d links, each visit classified, counted and written to the event log; reference: bare fasthttp answering a constant 302", links)}
	const agent = "Mozilla/5.0 (Linux; Android 14; ALN-AL00) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36"
	err := edge(ctx, c, r, edgeWork{
		links: links, times: 1, customURL: tapTarget, status: http.StatusFound,
		reference: func(string, *child, string) ([]string, error) {
			return []string{"--status", "302", "--location", tapTarget}, nil
		},
		request: func(dst []byte, host, code string, _ *rand.Rand) []byte {
			dst = append(append(append(dst, "GET /"...), code...), " HTTP/1.1\r\nHost: "...)
			dst = append(dst, host...)
			return append(dst, "\r\nUser-Agent: "+agent+"\r\nAccept: text/html,application/xhtml+xml,*/*;q=0.8\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\nAccept-Language: zh-CN\r\n\r\n"...)
		},
	})
	r.conclude(0.6)
	return r, err
}

// EdgeParseGroup measures durable resolutions of cached group links: quota taken, the fact on disk, the vendor's card rendered, against a bare fasthttp
// server answering the same bytes.
func EdgeParseGroup(ctx context.Context, c Config) (*Result, error) {
	links := c.Links
	if links == 0 {
		links = 64
	}
	r := &Result{Workload: "edge-parse-group", Unit: "requests", Started: time.Now().UTC(), Machine: ThisMachine(),
		About: fmt.Sprintf("resolutions of %d cached group links by ever new handsets, each one durable before it is answered; reference: bare fasthttp answering the same card", links)}
	err := edge(ctx, c, r, edgeWork{
		links: links, group: true, times: 10_000_000, status: http.StatusOK,
		reference: func(dir string, edge *child, code string) ([]string, error) {
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, edge.Edge+"/"+code, nil)
			if err != nil {
				return nil, err
			}
			req.Header.Set("Accept", "application/json")
			req.Header.Set("X-AIM-Vendor", "HUAWEI")
			req.Header.Set("X-AIM-Device", "reference")
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				return nil, err
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			if err != nil || resp.StatusCode != http.StatusOK {
				return nil, fmt.Errorf("first resolution: %d %s (%v)", resp.StatusCode, body, err)
			}
			file := filepath.Join(dir, "card.json")
			return []string{"--status", "200", "--content-type", resp.Header.Get("Content-Type"), "--body-file", file}, os.WriteFile(file, body, 0o600)
		},
		request: func(dst []byte, host, code string, r *rand.Rand) []byte {
			dst = append(append(append(dst, "GET /"...), code...), " HTTP/1.1\r\nHost: "...)
			dst = append(append(dst, host...), "\r\nAccept: application/json\r\nX-AIM-Vendor: HUAWEI\r\nX-AIM-Device: "...)
			dst = strconv.AppendUint(dst, r.Uint64(), 36)
			return append(dst, "\r\n\r\n"...)
		},
	})
	r.conclude(0.35)
	return r, err
}

// edgeWork is what differs between the edge workloads.
type edgeWork struct {
	links     int
	group     bool
	times     int64
	customURL string
	status    int
	reference func(dir string, edge *child, code string) (args []string, err error)
	request   func(dst []byte, host, code string, r *rand.Rand) []byte
}

// edge creates the links through the API, restarts the product as an edge alone, and loads product and reference in alternation.
func edge(ctx context.Context, c Config, r *Result, w edgeWork) (err error) {
	cleanup, err := c.fill()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cleanup()) }()
	data := filepath.Join(c.Dir, "data")
	if err := os.MkdirAll(data, 0o700); err != nil {
		return err
	}
	access, secret, err := createTenant(ctx, c.Program, data)
	if err != nil {
		return err
	}
	listen, err := freeAddr()
	if err != nil {
		return err
	}
	serve := func(roles string) (*child, error) {
		return spawn(ctx, c.Program, "serve", "--json", "--data", data, "--roles", roles, "--edge", listen, "--domains", listen, "--api", "127.0.0.1:0",
			"--ops", "127.0.0.1:0", "--allow-any-jump", "--log-level", "error")
	}
	setup, err := serve("edge,api")
	if err != nil {
		return err
	}
	api := newClient(setup.API, access, secret)
	codes, err := func() ([]string, error) {
		tpl, _, err := api.publicTemplate(ctx, false)
		if err != nil {
			return nil, err
		}
		done := 0
		return api.createLinks(ctx, tpl, w.links, w.group, w.times, w.customURL, 4, func(n int) { done += n; c.Progress("links", done, w.links) })
	}()
	if err = errors.Join(err, setup.stop()); err != nil {
		return err
	}
	product, err := serve("edge")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, product.stop()) }()
	args, err := w.reference(c.Dir, product, codes[0])
	if err != nil {
		return err
	}
	peer, err := spawn(ctx, c.Program, append([]string{"bench", "reference", "--listen", "127.0.0.1:0"}, args...)...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, peer.stop()) }()

	load := func(addr string, length time.Duration) Load {
		return Load{Addr: addr, Conns: c.Conns, For: length, Status: w.status, Request: func(dst []byte, _, _ int, r *rand.Rand) []byte {
			return w.request(dst, listen, codes[r.IntN(len(codes))], r)
		}}
	}
	if _, err := load(peer.Addr, time.Second).Run(ctx); err != nil {
		return err
	}
	// The rows measure cached links, so every link is visited once before.
	c.Progress("warm-up", 0, 1)
	all := load(listen, 10*time.Minute)
	all.Count = (len(codes) + c.Conns - 1) / c.Conns
	all.Request = func(dst []byte, conn, n int, r *rand.Rand) []byte {
		return w.request(dst, listen, codes[(n*c.Conns+conn)%len(codes)], r)
	}
	warm, err := all.Run(ctx)
	if err != nil {
		return err
	}
	r.Notes = append(r.Notes, fmt.Sprintf("first visits (links read from the store): %.0f/s", warm.Rate()))
	for round := range c.Rounds {
		c.Progress("rounds", round, c.Rounds)
		for _, side := range []struct {
			name, addr string
			proc       *child
		}{{"reference", peer.Addr, peer}, {"product", listen, product}} {
			before := side.proc.cpu()
			o, err := load(side.addr, c.For).Run(ctx)
			if err != nil {
				return err
			}
			r.Rounds = append(r.Rounds, roundOf(side.name, o, side.proc.cpu()-before))
		}
		// What the product put off must be done before its reference runs, and is told beside the rates: sustained for longer than the event log's
		// backlog lasts, the speed is between the two.
		waited, rate, err := drained(ctx, product.Ops)
		if err != nil {
			return err
		}
		r.Notes = append(r.Notes, fmt.Sprintf("round %d: shipping the rest of its facts to Kafka took %.1f s more, %.1f MB/s", round+1, waited.Seconds(), rate/1e6))
	}
	c.Progress("rounds", c.Rounds, c.Rounds)
	r.Notes = append(r.Notes, fmt.Sprintf("product's resident memory at the end: %d MiB", product.rss()>>20))
	lost, err := metric(ctx, product.Ops, "cardlink_edge_events_lost_total")
	if err != nil {
		return err
	}
	r.Notes = append(r.Notes, fmt.Sprintf("events lost, by the product's own counter: %.0f", lost))
	if lost != 0 {
		return fmt.Errorf("the edge lost %.0f events", lost)
	}
	return nil
}

// drained waits until everything in the product's event log is in Kafka, at most two minutes; rate is bytes per second.
func drained(ctx context.Context, ops string) (waited time.Duration, rate float64, err error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	start, behind := time.Now(), -1.0
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		lag, err := metric(ctx, ops, "cardlink_journal_relay_lag_bytes")
		if err != nil {
			return 0, 0, fmt.Errorf("wait for the event log: %w", err)
		}
		if behind < 0 {
			behind = lag
		}
		if waited = time.Since(start); lag == 0 {
			return waited, behind / waited.Seconds(), nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return 0, 0, fmt.Errorf("%.0f bytes of the event log are not in Kafka after two minutes", lag)
		}
	}
}

// metric reads the sum of one counter from an ops face; an absent one is 0.
func metric(ctx context.Context, ops, name string) (float64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, ops+"/metrics", nil)
	if err != nil {
		return 0, err
	}
	r, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return 0, err
	}
	sum := 0.0
	for line := range strings.Lines(string(b)) {
		rest, ok := strings.CutPrefix(strings.TrimSpace(line), name)
		if !ok || (rest[0] != ' ' && rest[0] != '{') {
			continue
		}
		v, err := strconv.ParseFloat(rest[strings.LastIndexByte(rest, ' ')+1:], 64)
		if err != nil {
			return 0, fmt.Errorf("metric %s: %w", name, err)
		}
		sum += v
	}
	return sum, nil
}
