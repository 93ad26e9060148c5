package api

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/valyala/fasthttp"

	"cardlink/callback"
	"cardlink/fault"
	"cardlink/idempotency"
	"cardlink/identity"
	"cardlink/store"
)

// counting makes a thing per call and answers its number.
type counting struct {
	made atomic.Int64
	fail atomic.Pointer[error] // what the next call does instead
}

func (c *counting) add(_ context.Context, r *Request) (any, error) {
	if err := c.fail.Swap(nil); err != nil {
		if errors.Is(*err, errPanic) {
			panic(*err)
		}
		return nil, *err
	}
	r.Response.Header.Set("X-Thing", "x")
	return map[string]any{"n": c.made.Add(1), "body": string(r.PostBody())}, nil
}

func (c *counting) failNext(err error) { c.fail.Store(&err) }

// keyedFace serves POST /v1/things under keys kept in db; clock is both the face's and the keeper's.
func keyedFace(t *testing.T, db *store.DB, clock func() time.Time) (*face, *counting) {
	t.Helper()
	keys, err := idempotency.New(idempotency.Options{Store: db, Lease: time.Minute, Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	c := &counting{}
	return newFace(t, Options{Keys: keys, Now: clock, Timeout: time.Minute}, route{"POST", "/v1/things", "Add", "x:create", aim, c.add}, route{"POST", "/v1/things/{thing_id}", "Push", "x:create", aim, c.add},
		route{"POST", "/v1/others", "Other", "x:create", aim, c.add}, route{"PUT", "/v1/things", "Change", "x:update", aim, c.add},
		route{"POST", "/v1/query", "Query", "x:list", aim, c.add}, route{"POST", "/v1/files", "UploadMedia", "x:create", plain, c.add}), c
}

func TestIdempotencyKey(t *testing.T) {
	eachStore(t, func(t *testing.T, db *store.DB) {
		f, c := keyedFace(t, db, time.Now)
		post := func(key, path, body string, more ...string) told {
			t.Helper()
			return f.call("POST", path, body, append([]string{"Idempotency-Key", key}, more...)...)
		}
		first := post("k", "/v1/things", `{"a":1}`)
		again := post("k", "/v1/things", `{"a":1}`)
		if first.Status != 200 || first.Header["Idempotent-Replayed"] != "" || again.Status != 200 || again.Raw != first.Raw || again.Header["Idempotent-Replayed"] != "true" ||
			again.Header["Content-Type"] != first.Header["Content-Type"] || again.Header["X-Request-Id"] == first.Header["X-Request-Id"] || c.made.Load() != 1 {
			t.Fatalf("%+v\n%+v\n%d made", first, again, c.made.Load())
		}
		post("k", "/v1/things", `{"a":2}`).refused(t, "another body", 422, "KM.90016803", "Idempotency-Key")
		post("k", "/v1/things?x=1", `{"a":1}`).refused(t, "another query", 422, "KM.90016803", "Idempotency-Key")
		for what, a := range map[string]told{
			"another key": post("K", "/v1/things", `{"a":1}`), "another operation": post("k", "/v1/others", `{"a":1}`), "another tenant": post("k", "/v1/things", `{"a":1}`, "X-Test-Tenant", "b"),
			"no key": f.call("POST", "/v1/things", `{"a":1}`), "a method that may be repeated": f.call("PUT", "/v1/things", `{"a":1}`, "Idempotency-Key", "k"),
			"a query": post("k", "/v1/query", `{"a":1}`), "another thing": post("p", "/v1/things/7", ""),
		} {
			if a.Status != 200 || a.Header["Idempotent-Replayed"] != "" {
				t.Errorf("%s: %+v", what, a)
			}
		}
		post("p", "/v1/things/8", "").refused(t, "another path of the operation", 422, "KM.90016803", "Idempotency-Key")
		if a := post("p", "/v1/things/7", ""); a.Header["Idempotent-Replayed"] != "true" {
			t.Errorf("an empty body: %+v", a)
		}

		c.failNext(fault.Required("name"))
		if a := post("bad", "/v1/things", `{}`); a.Status != 400 {
			t.Fatal(a.Raw)
		}
		if a := post("bad", "/v1/things", `{}`); a.Status != 400 || a.Header["Idempotent-Replayed"] != "true" || a.Body["error_msg"] != "name: is required" {
			t.Errorf("a refusal is the answer too: %+v", a)
		}
		made := c.made.Load()
		for _, err := range []error{errors.New("disk full"), fault.New(fault.Throttled, ""), fault.Busy()} {
			c.failNext(err)
			if a := post("later"+err.Error(), "/v1/things", `{}`); a.Status < 429 {
				t.Fatal(a.Raw)
			}
			if a := post("later"+err.Error(), "/v1/things", `{}`); a.Status != 200 || a.Header["Idempotent-Replayed"] != "" || a.Header["Idempotent-Retried"] != "" {
				t.Errorf("after %v: %+v", err, a)
			}
		}
		if got := c.made.Load() - made; got != 3 {
			t.Errorf("%d made, want 3", got)
		}
	})
}

func TestIdempotencyKeyForm(t *testing.T) {
	eachStore(t, func(t *testing.T, db *store.DB) {
		f, c := keyedFace(t, db, time.Now)
		for _, key := range []string{strings.Repeat("k", 129), "schlüssel", ""} {
			f.call("POST", "/v1/things", "{}", "Idempotency-Key", key).refused(t, strconv.Quote(key), 400, "KM.90016803", "Idempotency-Key")
		}
		f.call("POST", "/v1/things", "{}", "Idempotency-Key", "a", "Idempotency-Key", "b").refused(t, "two keys", 400, "KM.90016803", "Idempotency-Key")
		if a := f.call("POST", "/v1/things", "{}", "Idempotency-Key", strings.Repeat("k", 128)); a.Status != 200 || c.made.Load() != 1 {
			t.Errorf("%+v", a)
		}
		if a := f.call("PUT", "/v1/things", "{}", "Idempotency-Key", "schlüssel"); a.Status != 200 {
			t.Errorf("a header without a meaning is not read: %+v", a)
		}
	})
}

// While the first call runs, a repeat is told so. Of a call that never answered, repeats wait for the lease; the one that then runs is marked.
func TestIdempotencyUnderWay(t *testing.T) {
	eachStore(t, func(t *testing.T, db *store.DB) {
		now := time.Now().Truncate(time.Millisecond)
		clock := func() time.Time { return now }
		f, c := keyedFace(t, db, clock)
		keys, err := idempotency.New(idempotency.Options{Store: db, Lease: time.Minute, Now: clock})
		if err != nil {
			t.Fatal(err)
		}
		post := func() told { return f.call("POST", "/v1/things", "{}", "Idempotency-Key", "k") }

		// Another node claims the key and dies.
		var same fasthttp.RequestCtx
		same.Request.SetRequestURI("http://api/v1/things")
		same.Request.SetBodyString("{}")
		if _, hold, err := keys.Begin(context.Background(), idempotency.Call{Tenant: "a", Op: "Add", Key: "k", Fingerprint: fingerprint(&same)}); err != nil || hold == nil {
			t.Fatal(err)
		}
		now = now.Add(10 * time.Second)
		a := post()
		a.refused(t, "still running", 409, "KM.90016803", "still running")
		if a.Header["Retry-After"] != "50" || c.made.Load() != 0 {
			t.Errorf("Retry-After %q, %d made", a.Header["Retry-After"], c.made.Load())
		}
		now = now.Add(50 * time.Second)
		a = post()
		if a.Status != 200 || a.Header["Idempotent-Retried"] != "true" || c.made.Load() != 1 {
			t.Errorf("after the lease: %+v", a)
		}
		if b := post(); b.Raw != a.Raw || b.Header["Idempotent-Replayed"] != "true" || c.made.Load() != 1 {
			t.Errorf("then: %+v", b)
		}

		// What ran out of time or fell over may have had its effect.
		for i, err := range []error{context.DeadlineExceeded, errPanic} {
			key := "t" + strconv.Itoa(i)
			c.failNext(err)
			if a := f.call("POST", "/v1/others", "{}", "Idempotency-Key", key); a.Status < 500 {
				t.Fatal(a.Raw)
			}
			f.call("POST", "/v1/others", "{}", "Idempotency-Key", key).refused(t, err.Error(), 409, "KM.90016803", "still running")
		}

		now = now.Add(idempotency.Life + time.Second)
		if a := post(); a.Status != 200 || a.Header["Idempotent-Replayed"] != "" || a.Header["Idempotent-Retried"] != "" {
			t.Errorf("after 72 hours: %+v", a)
		}
	})
}

var errPanic = errors.New("panic")

// Repeats at the same moment make one thing.
func TestIdempotencyRace(t *testing.T) {
	eachStore(t, func(t *testing.T, db *store.DB) {
		f, c := keyedFace(t, db, time.Now)
		answers := make(chan told, 16)
		for range cap(answers) {
			go func() { answers <- f.call("POST", "/v1/things", "{}", "Idempotency-Key", "k") }()
		}
		for range cap(answers) {
			if a := <-answers; a.Status != 200 && a.Status != 409 {
				t.Errorf("%+v", a)
			}
		}
		if c.made.Load() != 1 {
			t.Errorf("%d made", c.made.Load())
		}
	})
}

// A client makes a new boundary for the same form.
func TestIdempotencyOfUploads(t *testing.T) {
	eachStore(t, func(t *testing.T, db *store.DB) {
		f, c := keyedFace(t, db, time.Now)
		upload := func(boundary, content string) told {
			return f.call("POST", "/v1/files", "--"+boundary+"\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n"+content+"\r\n--"+boundary+"--\r\n",
				"Content-Type", "multipart/form-data; boundary="+boundary, "Idempotency-Key", "k")
		}
		if a := upload("first0000", "x"); a.Status != 200 {
			t.Fatal(a.Raw)
		}
		if a := upload("second111", "x"); a.Header["Idempotent-Replayed"] != "true" || c.made.Load() != 1 {
			t.Errorf("%+v", a)
		}
		upload("third2222", "y").refused(t, "another file", 422, "KM.90016803", "Idempotency-Key")
	})
}

// A store that is away lets no keyed call run; one without a key does.
func TestIdempotencyWithoutStore(t *testing.T) {
	keys, err := idempotency.New(idempotency.Options{Store: brokenCalls{}})
	if err != nil {
		t.Fatal(err)
	}
	c := &counting{}
	f := newFace(t, Options{Keys: keys}, route{"POST", "/v1/things", "Add", "x:create", aim, c.add})
	f.call("POST", "/v1/things", "{}", "Idempotency-Key", "k").refused(t, "no store", 500, "KM.00000500", "")
	if a := f.call("POST", "/v1/things", "{}"); a.Status != 200 || c.made.Load() != 1 {
		t.Errorf("%+v", a)
	}
}

type brokenCalls struct{}

var errBroken = errors.New("broken")

func (brokenCalls) ClaimCall(context.Context, idempotency.Claim) (idempotency.Claimed, error) {
	return idempotency.Claimed{}, errBroken
}
func (brokenCalls) AnswerCall(context.Context, idempotency.Claim, idempotency.Answer) (bool, error) {
	return false, errBroken
}
func (brokenCalls) ReleaseCall(context.Context, idempotency.Claim, bool) error { return errBroken }
func (brokenCalls) SweepCalls(context.Context, time.Time, int) (int, error)    { return 0, errBroken }

// lateCalls keeps an answer if it is still given the time.
type lateCalls struct {
	brokenCalls
	kept []idempotency.Answer
}

func (*lateCalls) ClaimCall(context.Context, idempotency.Claim) (idempotency.Claimed, error) {
	return idempotency.Claimed{State: idempotency.Fresh}, nil
}

func (s *lateCalls) AnswerCall(ctx context.Context, _ idempotency.Claim, a idempotency.Answer) (bool, error) {
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	s.kept = append(s.kept, a)
	return true, nil
}

// The answer of a call that took nearly all of its time is kept like any other: a repeat must not make the thing once more.
func TestIdempotencyOfASlowCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := &lateCalls{}
		keys, err := idempotency.New(idempotency.Options{Store: calls})
		if err != nil {
			t.Fatal(err)
		}
		s := New(Options{Keys: keys, Timeout: 30 * time.Second}, sayers{}, Rooms{})
		s.routes = newTable([]route{{"POST", "/v1/things", "Add", "x:create", aim, func(context.Context, *Request) (any, error) {
			<-time.After(29 * time.Second)
			return ok(nil), nil
		}}})
		var in fasthttp.Request
		in.Header.SetMethod("POST")
		in.Header.Set("Idempotency-Key", "k")
		in.SetRequestURI("/v1/things")
		in.SetBodyString("{}")
		var c fasthttp.RequestCtx
		c.Init(&in, nil, nil)
		s.serve(&c)
		if c.Response.StatusCode() != 200 || len(calls.kept) != 1 || string(calls.kept[0].Body) != string(c.Response.Body()) {
			t.Errorf("%d %s, kept %+v", c.Response.StatusCode(), c.Response.Body(), calls.kept)
		}
	})
}

// The same bytes again are a replay and refused (401); the same request signed anew, with another date or with a nonce, gets the first answer.
func TestIdempotencyOfSignedRequests(t *testing.T) {
	eachStore(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		vault, err := identity.NewVault(make([]byte, 32))
		if err != nil {
			t.Fatal(err)
		}
		people, err := identity.NewService(identity.Options{Store: db, Vault: vault, PasswordRounds: 10})
		if err != nil {
			t.Fatal(err)
		}
		tenant, admin, err := people.CreateTenant(ctx, identity.Actor{}, "shop", "cn-north-4")
		if err != nil {
			t.Fatal(err)
		}
		key, err := people.CreateKey(ctx, identity.Actor{}, tenant.ID, admin.ID)
		if err != nil {
			t.Fatal(err)
		}
		room, err := callback.NewService(callback.ServiceOptions{Store: db})
		if err != nil {
			t.Fatal(err)
		}
		keys, err := idempotency.New(idempotency.Options{Store: db})
		if err != nil {
			t.Fatal(err)
		}
		f := newFace(t, Options{Keys: keys}, callbackHandlers{room}.routes()...)
		f.server.who = people
		const body = `{"callback_url":"https://hook.example.com/a","url_type":0}`
		at := time.Now()
		post := func(at time.Time, nonce string) told {
			t.Helper()
			in := identity.Signing{Access: key.Access, Secret: key.Secret, At: at, Method: http.MethodPost, Path: "/v1/aim/callbacks", Body: []byte(body), Headers: [][2]string{{"Idempotency-Key", "k"}}}
			headers := []string{"Content-Type", "application/json", "Idempotency-Key", "k"}
			if nonce != "" {
				in.Headers = append(in.Headers, [2]string{"X-Sdk-Nonce", nonce})
				headers = append(headers, "X-Sdk-Nonce", nonce)
			}
			date, auth, err := identity.Sign(in)
			if err != nil {
				t.Fatal(err)
			}
			return f.call("POST", "/v1/aim/callbacks", body, append(headers, "X-Sdk-Date", date, "Authorization", auth)...)
		}
		first := post(at, "")
		if first.Status != 200 {
			t.Fatal(first.Raw)
		}
		post(at, "").refused(t, "the same bytes", 401, "APIGW.0301", "used before")
		for what, a := range map[string]told{"a second later": post(at.Add(time.Second), ""), "with a nonce": post(at, "1"), "with another nonce": post(at, "2")} {
			if a.Status != 200 || a.Raw != first.Raw || a.Header["Idempotent-Replayed"] != "true" {
				t.Errorf("%s: %+v", what, a)
			}
		}
	})
}
