package api

import (
	"context"
	"net"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/valyala/fasthttp"
	"github.com/valyala/fasthttp/fasthttputil"

	"cardlink/billing"
	"cardlink/callback"
	"cardlink/identity"
	"cardlink/store"
)

// byHeader lets each caller in as the tenant named by a header; what the header may say is identity's business and tested there.
type byHeader struct{}

func (byHeader) Identify(_ context.Context, c identity.Credential) (identity.Principal, error) {
	return identity.Principal{Tenant: c.Header("X-Test-Tenant")[0]}, nil
}
func (byHeader) Allowed(identity.Principal, string) bool { return true }

// askRooms serves rooms and returns a function that calls them: method, path, body → "status body".
func askRooms(t *testing.T, rooms Rooms) func(tenant, method, path, body string) string {
	t.Helper()
	s := New(Options{}, byHeader{}, rooms)
	ln := fasthttputil.NewInmemoryListener()
	done := make(chan error, 1)
	go func() { done <- s.Serve(ln) }()
	t.Cleanup(func() {
		if err := s.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		<-done
	})
	client := fasthttp.Client{Dial: func(string) (net.Conn, error) { return ln.Dial() }}
	return func(tenant, method, path, body string) string {
		t.Helper()
		var in fasthttp.Request
		var out fasthttp.Response
		in.Header.SetMethod(method)
		in.SetRequestURI("http://api" + path)
		in.Header.Set("X-Test-Tenant", tenant)
		in.SetBodyString(body)
		if err := client.DoTimeout(&in, &out, time.Minute); err != nil {
			t.Fatal(err)
		}
		return string(regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`).ReplaceAll(out.Body(), []byte("UUID")))
	}
}

func openRoomStore(t *testing.T) *store.DB {
	t.Helper()
	db, err := store.Open(context.Background(), store.Options{File: filepath.Join(t.TempDir(), "api.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if _, err := db.Migrate(context.Background()); err != nil {
		t.Fatal(err)
	}
	return db
}

func TestCallbackOperations(t *testing.T) {
	room, err := callback.NewService(callback.ServiceOptions{Store: openRoomStore(t)})
	if err != nil {
		t.Fatal(err)
	}
	call := askRooms(t, Rooms{Callbacks: room})
	post := func(body, want string) {
		t.Helper()
		if got := call("a", "POST", "/v1/aim/callbacks", body); got != want {
			t.Errorf("%s\n got %s\nwant %s", body, got, want)
		}
	}
	fails := func(field, rule string) string {
		text := field + ": " + rule
		return `{"error_code":"KM.90016803","error_message":"` + text + `","error_msg":"` + text + `"}`
	}
	list := func(tenant, want string) {
		t.Helper()
		if got := call(tenant, "GET", "/v1/aim/callbacks", ""); got != `{"status":"200","message":"success","data":[`+want+`]}` {
			t.Errorf("list of %s: %s", tenant, got)
		}
	}
	list("a", "")
	post(`{"callback_url":"https://hook.example.com/receipts?a=1&b=2"}`,
		`{"status":"200","message":"success","data":{"id":"UUID","callback_url":"https://hook.example.com/receipts?a=1&b=2","url_type":0}}`)
	post(`{"callback_url":"https://hook.example.com/batch","url_type":"2"}`,
		`{"status":"200","message":"success","data":{"id":"UUID","callback_url":"https://hook.example.com/batch","url_type":2}}`)
	post(`{"callback_url":"https://hook.example.com/new","url_type":0}`,
		`{"status":"200","message":"success","data":{"id":"UUID","callback_url":"https://hook.example.com/new","url_type":0}}`)
	post(`{"url_type":1}`, fails("callback_url", "is required"))
	post(`{"callback_url":"https://hook.example.com","url_type":3}`, fails("url_type", "must be 0, 1 or 2"))
	post(`{"callback_url":"https://10.0.0.1/x"}`, fails("callback_url", "host must be a domain name or a public IP address"))
	post(`{"callback_url":"https://hook.example.com/`+strings.Repeat("x", 1000)+`"}`, fails("callback_url", "must be at most 1000 characters"))
	list("a", `{"id":"UUID","callback_url":"https://hook.example.com/new","url_type":0},{"id":"UUID","callback_url":"https://hook.example.com/batch","url_type":2}`)
	list("b", "")
}

func TestShowUsage(t *testing.T) {
	db := openRoomStore(t)
	at := time.Date(2026, 1, 2, 8, 30, 0, 0, time.UTC)
	item := billing.Item{Meter: billing.AimSend, Kind: billing.Notify}
	var rows []billing.Usage
	for i, id := range []string{"1", "2", "3"} {
		when := at.Add(time.Duration(i/2) * time.Hour)
		rows = append(rows, billing.Usage{
			Key: billing.Key{Tenant: "a", Source: "s", ID: id}, Item: item, OccurredAt: when, Hour: billing.HourOf(when), Segments: 1,
		})
	}
	if _, err := db.ApplyUsage(context.Background(), rows); err != nil {
		t.Fatal(err)
	}
	now := at.Add(75 * time.Minute) // 09:45: hour 08 is closed
	clock := func() time.Time { return now }
	rater, err := billing.NewRater(billing.RaterOptions{Store: db, Lease: db, Holder: "x", Plans: billing.DemoPlans(), Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := rater.Rate(context.Background()); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	room, err := billing.NewService(db, billing.DemoPlans(), clock)
	if err != nil {
		t.Fatal(err)
	}
	call := askRooms(t, Rooms{Usage: room})
	f := func(tenant, query, want string) {
		t.Helper()
		if got := call(tenant, "GET", "/x/v1/usage?"+query, ""); got != want {
			t.Errorf("%s\n got %s\nwant %s", query, got, want)
		}
	}
	const day = `"from":"2026-01-02T00:00:00Z","to":"2026-01-03T00:00:00Z"`
	const totals = `"totals":{"items":[{"meter":"aim_send","kind":"notify","quantity":3,"rated":false,"amount":"0.14"}],"amount":"0.14","currency":"CNY","rated":false}`
	const query = "from=2026-01-02T00:00:00Z&to=2026-01-03T00:00:00Z"
	f("a", query, `{`+day+`,"group":"hour","usage":[`+
		`{"meter":"aim_send","kind":"notify","hour":"2026-01-02T08:00:00Z","quantity":2,"rated":true,"amount":"0.09"},`+
		`{"meter":"aim_send","kind":"notify","hour":"2026-01-02T09:00:00Z","quantity":1,"rated":false,"amount":"0.05"}],`+totals+`}`)
	f("a", query+"&group=day", `{`+day+`,"group":"day","usage":[{"meter":"aim_send","kind":"notify","hour":"2026-01-02T00:00:00Z","quantity":3,"rated":false,"amount":"0.14"}],`+totals+`}`)
	f("a", query+"&group=none", `{`+day+`,"group":"none","usage":[{"meter":"aim_send","kind":"notify","quantity":3,"rated":false,"amount":"0.14"}],`+totals+`}`)
	f("a", "from=2026-01-02T08:59:59Z&to=2026-01-02T08:59:59.5Z&group=none", `{"from":"2026-01-02T08:00:00Z","to":"2026-01-02T09:00:00Z","group":"none",`+
		`"usage":[{"meter":"aim_send","kind":"notify","quantity":2,"rated":true,"amount":"0.09"}],`+
		`"totals":{"items":[{"meter":"aim_send","kind":"notify","quantity":2,"rated":true,"amount":"0.09"}],"amount":"0.09","currency":"CNY","rated":true}}`)
	f("b", query+"&group=none", `{`+day+`,"group":"none","usage":[],"totals":{"items":[],"amount":"0.00","currency":"CNY","rated":true}}`)
	f("a", query+"&group=minute", `{"error_code":"KM.90016803","error_msg":"group: must be hour, day or none"}`)
	f("a", "from=yesterday", `{"error_code":"KM.90016803","error_msg":"from: must be a time such as 2026-01-02T03:04:05Z"}`)
	f("a", "to=0001-01-01T00:00:00Z", `{"error_code":"KM.90016803","error_msg":"to: must be a year from 1971 to 9998"}`)
}
