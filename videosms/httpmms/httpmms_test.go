package httpmms

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"go.uber.org/goleak"

	"cardlink/fault"
	"cardlink/videosms"
)

var update = flag.Bool("update", false, "rewrite golden files")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

// operator is a gateway of an operator.
type operator struct {
	t      *testing.T
	mu     sync.Mutex
	calls  []string // method and path
	bodies [][]byte
	answer func(call int, w http.ResponseWriter, r *http.Request)
}

func (o *operator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		o.t.Error(err)
	}
	hook, err := standardwebhooks.NewWebhook(secret)
	if err == nil {
		err = hook.Verify(body, r.Header)
	}
	if err != nil {
		o.t.Errorf("%s %s: %v", r.Method, r.URL.Path, err)
	}
	o.mu.Lock()
	n := len(o.calls)
	o.calls = append(o.calls, r.Method+" "+r.URL.Path+" "+r.Header.Get("Content-Type"))
	o.bodies = append(o.bodies, body)
	o.mu.Unlock()
	o.answer(n, w, r)
}

var (
	one = &videosms.Media{Digest: strings.Repeat("1a", 32), Type: "image/jpeg", Size: 3}
	two = &videosms.Media{Digest: strings.Repeat("2b", 32), Type: "image/png", Size: 3}
)

func testBatch() videosms.Batch {
	return videosms.Batch{
		Template: &videosms.Template{ID: 800000001, Title: "Sale <now>", Sign: "商城", Frames: []videosms.Frame{
			{Elements: []videosms.Element{{Type: "txt", Name: "t", Text: "【商城】Hi #p_1#"}, {Type: "jpg", Name: "a.jpg", Media: one}}},
			{Elements: []videosms.Element{{Type: "png", Name: "own", Var: "p_2"}}},
		}},
		Messages: []videosms.Outgoing{
			{ID: "80959fd0-dc23-42e3-9595-59a49ee6cccc_7", Phone: "+8613100000001", Carrier: "cucc", ExpireAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
				Values: videosms.Values{"p_1": {Text: "Ann"}, "p_2": {Media: two}}},
			{ID: "80959fd0-dc23-42e3-9595-59a49ee6cccc_8", Phone: "+8613100000002", Carrier: "unknown", ExpireAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
				Values: videosms.Values{"p_1": {}}},
		},
	}
}

type file struct{ *bytes.Reader }

func (file) Close() error { return nil }

func newGateway(t *testing.T, answer func(call int, w http.ResponseWriter, r *http.Request)) (*Gateway, *operator) {
	t.Helper()
	o := &operator{t: t, answer: answer}
	s := httptest.NewServer(o)
	g, err := New(Options{URL: s.URL + "/mms/", Secret: secret, Media: func(_ context.Context, digest string) (io.ReadSeekCloser, error) {
		return file{bytes.NewReader([]byte(digest[:3]))}, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.Close(); err != nil {
			t.Error(err)
		}
		s.Close()
	})
	return g, o
}

func reply(status int, body string) func(int, http.ResponseWriter, *http.Request) {
	return func(_ int, w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

const first, second = "80959fd0-dc23-42e3-9595-59a49ee6cccc_7", "80959fd0-dc23-42e3-9595-59a49ee6cccc_8"

// What goes over the wire, letter for letter, and what comes back.
func TestSubmit(t *testing.T) {
	g, o := newGateway(t, reply(200, `{"results":[{"id":"`+second+`","status":"refused","code":"BLACK"},{"id":"`+first+`","status":"taken","carrier_id":"c1"},
		{"id":"`+first+`","status":"refused"},{"id":"nobody's","status":"taken"}],"more":1}`))
	out, err := g.Submit(context.Background(), testBatch())
	want := []videosms.Outcome{{ID: second, Verdict: videosms.Refused, Code: "BLACK"}, {ID: first, Verdict: videosms.Taken, CarrierID: "c1"}}
	if err != nil || !slices.Equal(out, want) {
		t.Errorf("%v\n got %+v\nwant %+v", err, out, want)
	}
	if !slices.Equal(o.calls, []string{"POST /mms/messages application/json"}) {
		t.Errorf("calls %v", o.calls)
	}
	var b bytes.Buffer
	if err := json.Indent(&b, o.bodies[0], "", "  "); err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "messages.golden")
	if *update {
		if err := os.WriteFile(golden, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(golden); err != nil || !bytes.Equal(b.Bytes(), want) {
		t.Errorf("the request differs from %s (-update accepts): %v\n%s", golden, err, b.Bytes())
	}
	if !g.Repeatable() {
		t.Error("the protocol has ids")
	}
}

// Contents travel once, when they are asked for.
func TestContentsAreGiven(t *testing.T) {
	g, o := newGateway(t, func(call int, w http.ResponseWriter, r *http.Request) {
		switch {
		case call == 0:
			w.WriteHeader(422)
			_, _ = io.WriteString(w, `{"missing":["`+one.Digest+`","`+two.Digest+`","`+one.Digest+`"]}`)
		case r.Method == "PUT":
			w.WriteHeader(204)
		default:
			_, _ = io.WriteString(w, `{"results":[{"id":"`+first+`","status":"taken"}]}`)
		}
	})
	out, err := g.Submit(context.Background(), testBatch())
	if err != nil || len(out) != 1 {
		t.Fatalf("%+v, %v", out, err)
	}
	want := []string{"POST /mms/messages application/json", "PUT /mms/media/" + one.Digest + " image/jpeg", "PUT /mms/media/" + two.Digest + " image/png",
		"POST /mms/messages application/json"}
	if !slices.Equal(o.calls, want) || string(o.bodies[1]) != "1a1" || !bytes.Equal(o.bodies[0], o.bodies[3]) {
		t.Errorf("calls %v, content %q", o.calls, o.bodies[1])
	}
}

// What each failure means: whether anything may have been taken, and whether it is about the messages.
func TestFailures(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(int, http.ResponseWriter, *http.Request)
		unsent bool // nothing was taken, and it is to be tried again
		pause  time.Duration
		code   string // refused for good, with this code
	}{
		"unknown caller": {reply(401, ""), true, 0, ""},
		"no such path":   {reply(404, ""), true, 0, ""},
		"a redirect":     {reply(302, ""), true, 0, ""},
		"not readable":   {reply(400, ""), false, 0, "GW:400"},
		"too large":      {reply(413, ""), false, 0, "GW:413"},
		"no sense":       {reply(422, `{"error":"no"}`), false, 0, "GW:422"},
		"busy": {func(_ int, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(429)
		}, true, 7 * time.Second, ""},
		"away":                     {reply(503, ""), true, 0, ""},
		"asks for ever":            {reply(422, `{"missing":["`+one.Digest+`"]}`), true, 0, ""},
		"asks for somebody else's": {reply(422, `{"missing":["`+strings.Repeat("3c", 32)+`"]}`), true, 0, ""},
		"broken":                   {reply(500, ""), false, 0, ""},
		"out of time":              {reply(504, ""), false, 0, ""},
		"an answer in words":       {reply(200, "OK"), false, 0, ""},
		"hangs up": {func(_ int, w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				conn.Close()
			}
		}, false, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			g, _ := newGateway(t, c.answer)
			out, err := g.Submit(context.Background(), testBatch())
			if c.code != "" {
				if err != nil || len(out) != 2 || out[0].Verdict != videosms.Refused || out[0].Code != c.code {
					t.Errorf("%+v, %v; want both refused with %s", out, err, c.code)
				}
				return
			}
			if err == nil || errors.Is(err, videosms.ErrUnsent) != c.unsent {
				t.Errorf("err = %v, unsent %v wanted", err, c.unsent)
			}
			var p *videosms.Pause
			if errors.As(err, &p) != (name == "busy" || name == "away") || p != nil && p.For != c.pause {
				t.Errorf("pause %+v, want %v", p, c.pause)
			}
		})
	}
	t.Run("nobody listens", func(t *testing.T) {
		// A port that nobody is given: one that was free a moment ago may be somebody's now.
		g, err := New(Options{URL: "http://127.0.0.1:1", Secret: secret, Media: func(context.Context, string) (io.ReadSeekCloser, error) { return nil, nil }})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := g.Submit(context.Background(), testBatch()); !errors.Is(err, videosms.ErrUnsent) {
			t.Errorf("err = %v, want ErrUnsent", err)
		}
	})
	t.Run("its time ends while it is written", func(t *testing.T) {
		g, err := New(Options{URL: "http://mms.example.net", Secret: secret, Transport: writing{}, Media: func(context.Context, string) (io.ReadSeekCloser, error) { return nil, nil }})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := g.Submit(context.Background(), testBatch()); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, videosms.ErrUnsent) {
			t.Errorf("err = %v: nobody knows whether it was taken", err)
		}
	})
}

// writing is a transport whose call ends when there is a connection and its own goroutine has not yet said that it writes.
type writing struct{}

func (writing) RoundTrip(r *http.Request) (*http.Response, error) {
	if trace := httptrace.ContextClientTrace(r.Context()); trace != nil && trace.GotConn != nil {
		trace.GotConn(httptrace.GotConnInfo{})
	}
	return nil, context.DeadlineExceeded
}

func TestOptions(t *testing.T) {
	media := func(context.Context, string) (io.ReadSeekCloser, error) { return nil, nil }
	for _, o := range []Options{
		{URL: "", Secret: secret, Media: media}, {URL: "ftp://example.com", Secret: secret, Media: media}, {URL: "https://example.com?x=1", Secret: secret, Media: media},
		{URL: "https://example.com", Secret: "", Media: media}, {URL: "https://example.com", Secret: "whsec_c2hvcnQ=", Media: media}, {URL: "https://example.com", Secret: secret},
	} {
		if _, err := New(o); err == nil {
			t.Errorf("%+v was taken", o)
		}
	}
}

// box is a Sink that remembers.
type box struct {
	reports []videosms.Report
	uplinks []videosms.Uplink
	err     error
}

func (b *box) Report(_ context.Context, rs []videosms.Report) (videosms.Tally, error) {
	b.reports = append(b.reports, rs...)
	return videosms.Tally{Applied: len(rs)}, b.err
}

func (b *box) Answer(_ context.Context, us []videosms.Uplink) (videosms.Tally, error) {
	b.uplinks = append(b.uplinks, us...)
	return videosms.Tally{Unmatched: len(us)}, b.err
}

func signed(t testing.TB, key string, at time.Time, body string) func(string) string {
	t.Helper()
	hook, err := standardwebhooks.NewWebhook(key)
	if err != nil {
		t.Fatal(err)
	}
	sig, err := hook.Sign("m1", at, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	h := map[string]string{"webhook-id": "m1", "webhook-timestamp": strconv.FormatInt(at.Unix(), 10), "webhook-signature": sig}
	return func(name string) string { return h[name] }
}

func TestInbox(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	b := &box{}
	in, err := NewInbox(InboxOptions{Secret: secret, Sink: b, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	const body = `{"reports":[{"id":"a_1","carrier_id":"c1","status":"delivered","code":"DELIVRD","at":"2026-01-02T03:04:00Z"},{"id":"a_2","status":"failed","code":"MK:0001"}],
		"uplinks":[{"uplink_id":"u1","id":"a_1","content":"R"},{"uplink_id":"u2","from":"+8613100000001","content":"TD","at":"2026-01-02T03:04:00Z"}]}`
	got, err := in.Take(context.Background(), signed(t, secret, now, body), []byte(body))
	if err != nil || got != (Taken{Applied: 2, Unmatched: 2}) {
		t.Fatalf("%+v, %v", got, err)
	}
	at := time.Date(2026, 1, 2, 3, 4, 0, 0, time.UTC)
	if want := []videosms.Report{{ID: "a_1", CarrierID: "c1", Delivered: true, Code: "DELIVRD", At: at}, {ID: "a_2", Code: "MK:0001"}}; !slices.Equal(b.reports, want) {
		t.Errorf("reports %+v, want %+v", b.reports, want)
	}
	if want := []videosms.Uplink{{Ref: "u1", ID: "a_1", Content: "R"}, {Ref: "u2", From: "+8613100000001", Content: "TD", At: at}}; !slices.Equal(b.uplinks, want) {
		t.Errorf("uplinks %+v, want %+v", b.uplinks, want)
	}

	*b = box{}
	for name, c := range map[string]struct {
		header func(string) string
		body   string
		code   fault.Code
	}{
		"no signature":     {func(string) string { return "" }, body, fault.Unauthorized},
		"another secret":   {signed(t, "whsec_YTEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", now, body), body, fault.Unauthorized},
		"another body":     {signed(t, secret, now, body), body + " ", fault.Unauthorized},
		"an old signature": {signed(t, secret, now.Add(-6*time.Minute), body), body, fault.Unauthorized},
		"one of tomorrow":  {signed(t, secret, now.Add(6*time.Minute), body), body, fault.Unauthorized},
		"no JSON":          {signed(t, secret, now, "{"), "{", fault.Parameter},
		"no id":            {signed(t, secret, now, `{"reports":[{"status":"delivered"}]}`), `{"reports":[{"status":"delivered"}]}`, fault.Parameter},
		"no status":        {signed(t, secret, now, `{"reports":[{"id":"a_1"}]}`), `{"reports":[{"id":"a_1"}]}`, fault.Parameter},
		"a bad time":       {signed(t, secret, now, `{"reports":[{"id":"a_1","status":"failed","at":"now"}]}`), `{"reports":[{"id":"a_1","status":"failed","at":"now"}]}`, fault.Parameter},
		"no uplink id":     {signed(t, secret, now, `{"uplinks":[{"from":"1"}]}`), `{"uplinks":[{"from":"1"}]}`, fault.Parameter},
		"no sender":        {signed(t, secret, now, `{"uplinks":[{"uplink_id":"1"}]}`), `{"uplinks":[{"uplink_id":"1"}]}`, fault.Parameter},
		"too large":        {signed(t, secret, now, body), strings.Repeat(" ", inboxBytes+1), fault.BodyTooLarge},
	} {
		if _, err := in.Take(context.Background(), c.header, []byte(c.body)); !fault.Has(err, c.code) {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
	if len(b.reports)+len(b.uplinks) != 0 {
		t.Errorf("refused calls were applied: %+v", b)
	}
	b.err = errors.New("the database is away")
	if _, err := in.Take(context.Background(), signed(t, secret, now, body), []byte(body)); !errors.Is(err, b.err) {
		t.Errorf("err = %v, want the sink's", err)
	}
}

func FuzzNews(f *testing.F) {
	f.Add([]byte(`{"reports":[{"id":"a_1","status":"delivered"}],"uplinks":[{"uplink_id":"u","from":"1"}]}`))
	f.Add([]byte(`{"reports":null}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		reports, uplinks, err := readNews(body)
		if err != nil {
			if fault.Of(err).Code != fault.Parameter {
				t.Fatalf("a refusal that is not a parameter's: %v", err)
			}
			return
		}
		for _, r := range reports {
			if r.ID == "" || len(r.CarrierID) > 128 {
				t.Fatalf("report %+v", r)
			}
		}
		for _, u := range uplinks {
			if u.Ref == "" || u.ID == "" && u.From == "" {
				t.Fatalf("uplink %+v", u)
			}
		}
	})
}
