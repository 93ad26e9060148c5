package callback_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/VictoriaMetrics/metrics"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"go.uber.org/goleak"

	"cardlink/callback"
	"cardlink/fault"
	"cardlink/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func openStore(t testing.TB) *store.DB {
	t.Helper()
	db, err := store.Open(context.Background(), store.Options{File: filepath.Join(t.TempDir(), "callback.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if _, err := db.Migrate(context.Background()); err != nil {
		t.Fatal(err)
	}
	return db
}

// facts knows every message and every link.
type facts struct{}

func (facts) VideoReport(context.Context, string, string, string) (callback.VideoReport, error) {
	return callback.VideoReport{}, errors.New("no video messages here")
}

func (facts) VideoAnswer(context.Context, string, int64) (callback.VideoAnswer, error) {
	return callback.VideoAnswer{}, errors.New("no video messages here")
}

func (facts) SMSReply(_ context.Context, _, id string) (callback.SMSReply, error) {
	return callback.SMSReply{MsgID: id, From: "+8613100000000", To: "1069", Body: "退订 & more"}, nil
}

func (facts) SMSReceipt(_ context.Context, _, msgID string) (callback.SMSReceipt, error) {
	return callback.SMSReceipt{MsgID: msgID, CustFlag: "13100000000", SendStatus: "DELIVRD", Total: "1", Sequence: "1"}, nil
}

func (facts) CustFlag(context.Context, string, int64) (string, error) { return "13100000000", nil }

func register(t interface{ Fatal(...any) }, db callback.Store, tenant, url string, types ...callback.URLType) {
	s, err := callback.NewService(callback.ServiceOptions{Store: db, Targets: callback.Targets{AllowPrivate: true}})
	if err != nil {
		t.Fatal(err)
	}
	for _, ut := range types {
		if _, err := s.Register(context.Background(), tenant, url, ut); err != nil {
			t.Fatal(err)
		}
	}
}

// queue puts n message receipts of a tenant into the queue.
func queue(t interface{ Fatal(...any) }, db callback.Store, tenant string, from, n int) {
	var news []callback.News
	for i := from; i < from+n; i++ {
		news = append(news, callback.News{
			Tenant: tenant, FactID: "rcp:" + strconv.Itoa(i), Kind: callback.KindSMS, Data: fmt.Appendf(nil, `{"msg_id":"%d"}`, i),
		})
	}
	if _, err := db.Enqueue(context.Background(), news, time.Now()); err != nil {
		t.Fatal(err)
	}
}

// start runs a sender; stop ends it and waits.
func start(t interface{ Fatal(...any) }, db callback.Store, mod func(*callback.SenderOptions)) (s *callback.Sender, stop func()) {
	o := callback.SenderOptions{
		Store: db, Facts: facts{}, Holder: "node", Targets: callback.Targets{AllowPrivate: true}, Random: func() float64 { return 0.5 },
	}
	if mod != nil {
		mod(&o)
	}
	s, err := callback.NewSender(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	var once sync.Once
	return s, func() {
		once.Do(func() {
			cancel()
			if err := <-done; err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestPushesOverARealNetwork(t *testing.T) {
	db, c := openStore(t), &receiver{}
	server := httptest.NewServer(c)
	defer server.Close()
	seen := make(chan request, 8)
	c.answer = func(r request) (int, map[string]string) { seen <- r; return 200, nil }
	register(t, db, "t", server.URL+"/in", callback.Single)
	queue(t, db, "t", 0, 1)
	_, stop := start(t, db, func(o *callback.SenderOptions) { o.Timeout, o.Drain = time.Minute, time.Minute })
	r := <-seen
	stop()
	if r.DomainID != "t" || r.CallbackType != "sms" || r.Retry || !slices.Equal(r.messages(), []string{"0"}) {
		t.Errorf("push = %+v", r.push)
	}
	if r.header.Get("Content-Type") != "application/json" || r.header.Get("X-Request-Id") != r.RequestID || r.RequestID == "" {
		t.Errorf("headers = %v", r.header)
	}
	if r.header.Get("webhook-id") != "" || r.header.Get("Authorization") != "" {
		t.Error("signed without a secret")
	}
	if due, err := db.Due(context.Background()); err != nil || len(due) != 0 {
		t.Errorf("after the stop %v is due, %v: the delivery was not recorded", due, err)
	}
}

func TestPrivateTargetsAreRefusedWhenCalled(t *testing.T) {
	db, c := openStore(t), &receiver{}
	server := httptest.NewServer(c)
	defer server.Close()
	register(t, db, "t", server.URL, callback.Single) // by a service that allowed it
	queue(t, db, "t", 0, 1)
	set := metrics.NewSet()
	_, stop := start(t, db, func(o *callback.SenderOptions) { o.Targets, o.Metrics = callback.Targets{}, set })
	defer stop()
	again := set.GetOrCreateCounter(`cardlink_callback_items_total{result="again"}`)
	for deadline := time.Now().Add(time.Minute); again.Get() == 0; {
		if time.Now().After(deadline) {
			t.Fatal("no attempt within a minute")
		}
		breathe()
	}
	if n := len(c.requests()); n != 0 {
		t.Errorf("a private address was called %d times", n)
	}
}

// breathe lets others run while a test outside a bubble waits for them.
func breathe() { <-time.After(time.Millisecond) }

func TestScheduleThenDeadLetterThenReplay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db, c := openStore(t), &receiver{}
		c.answer = func(request) (int, map[string]string) { return 500, nil }
		register(t, db, "t", "https://hook.example.com/", callback.Single)
		begin := time.Now()
		queue(t, db, "t", 0, 1)
		s, stop := start(t, db, func(o *callback.SenderOptions) { o.Transport, o.Poll = c, time.Hour })
		defer stop()
		time.Sleep(80 * time.Hour)
		got := c.requests()
		want := []time.Duration{0, 5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour}
		if len(got) != len(want) {
			t.Fatalf("%d attempts, want %d", len(got), len(want))
		}
		at := begin
		for i, r := range got {
			at = at.Add(want[i])
			if late := r.at.Sub(at); late < 0 || late > 2*time.Second {
				t.Errorf("attempt %d was %v late", i+1, late)
			}
			at = r.at
			if r.Retry != (i > 0) || r.RequestID != got[0].RequestID {
				t.Errorf("attempt %d: retry %v, id %s", i+1, r.Retry, r.RequestID)
			}
		}
		service, err := callback.NewService(callback.ServiceOptions{Store: db, Wake: s.Wake})
		if err != nil {
			t.Fatal(err)
		}
		dead, err := service.DeadLetters(context.Background(), "t", 10)
		if err != nil || len(dead) != 1 || dead[0].Attempts != 10 || dead[0].Result != "500" {
			t.Fatalf("dead letters %+v, %v", dead, err)
		}
		c.mu.Lock()
		c.answer = nil
		c.mu.Unlock()
		if n, err := service.Replay(context.Background(), "t", callback.Single, nil); err != nil || n != 1 {
			t.Fatalf("Replay = %d, %v", n, err)
		}
		time.Sleep(time.Second)
		if got := c.requests(); len(got) != 11 || !got[10].Retry {
			t.Fatalf("%d requests after the replay", len(got))
		}
	})
}

func TestAnswers(t *testing.T) {
	// Each case: what the first answer is, and when the second attempt comes, if it does.
	for _, c := range []struct {
		name   string
		status int
		header map[string]string
		second time.Duration
	}{
		{"200", 200, nil, 0},
		{"any 2xx", 299, nil, 0},
		{"server error", 500, nil, 5 * time.Second},
		{"client error", 404, nil, 5 * time.Second},
		{"a redirect is a failure", 302, map[string]string{"Location": "https://other.example.com/"}, 5 * time.Second},
		{"hang", 0, nil, 15 * time.Second}, // 10 s time-out and 5 s wait
		{"pause asked for", 503, map[string]string{"Retry-After": "600"}, 10 * time.Minute},
		{"gone", 410, nil, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				db, hook, other := openStore(t), &receiver{}, &receiver{}
				first := true
				hook.answer = func(request) (int, map[string]string) {
					if first {
						first = false
						return c.status, c.header
					}
					return 200, nil
				}
				register(t, db, "t", "https://hook.example.com/", callback.Single)
				queue(t, db, "t", 0, 1)
				begin := time.Now()
				_, stop := start(t, db, func(o *callback.SenderOptions) {
					o.Transport = byHost{"hook.example.com": hook, "other.example.com": other}
				})
				defer stop()
				time.Sleep(time.Hour)
				got := hook.requests()
				if c.second == 0 && len(got) != 1 {
					t.Fatalf("%d attempts, want 1", len(got))
				}
				if c.second != 0 {
					if len(got) != 2 {
						t.Fatalf("%d attempts, want 2", len(got))
					}
					if late := got[1].at.Sub(begin) - c.second; late < 0 || late > 2*time.Second {
						t.Errorf("second attempt after %v, want %v", got[1].at.Sub(begin), c.second)
					}
				}
				if len(other.requests()) != 0 {
					t.Error("a redirect was followed")
				}
				es, err := db.Endpoints(context.Background(), "t")
				if err != nil || (es[0].Disabled != "") != (c.status == 410) {
					t.Errorf("disabled = %q, %v", es[0].Disabled, err)
				}
			})
		})
	}
}

func TestBatchesLeaveWhenFullOrAfterTheLinger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db, c := openStore(t), &receiver{}
		register(t, db, "t", "https://hook.example.com/", callback.Batched)
		s, stop := start(t, db, func(o *callback.SenderOptions) { o.Transport = c })
		defer stop()
		time.Sleep(300 * time.Millisecond)
		begin := time.Now()
		queue(t, db, "t", 0, 230)
		s.Wake()
		synctest.Wait()
		time.Sleep(time.Millisecond)
		var sizes []int
		for _, r := range c.requests() {
			sizes = append(sizes, len(r.messages()))
		}
		if !slices.Equal(sizes, []int{100, 100}) {
			t.Fatalf("at once: pushes of %v, want 100 and 100", sizes)
		}
		time.Sleep(5 * time.Second)
		got := c.requests()
		if len(got) != 3 || len(got[2].messages()) != 30 {
			t.Fatalf("%d pushes, want 3", len(got))
		}
		if after := got[2].at.Sub(begin); after < callback.Linger || after > callback.Linger+time.Second {
			t.Errorf("the rest left after %v, want %v", after, callback.Linger)
		}
	})
}

func TestOneSlowAddressDelaysNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db, fast := openStore(t), &receiver{}
		net := byHost{"fast.example.com": fast}
		for i := range 5 {
			tenant := "slow" + strconv.Itoa(i)
			net[tenant+".example.com"] = &receiver{answer: func(request) (int, map[string]string) { return 0, nil }}
			register(t, db, tenant, "https://"+tenant+".example.com/", callback.Single)
			queue(t, db, tenant, 0, 200)
		}
		register(t, db, "fast", "https://fast.example.com/", callback.Single)
		_, stop := start(t, db, func(o *callback.SenderOptions) { o.Transport, o.Total = net, 32 })
		defer stop()
		time.Sleep(time.Minute) // the slow ones hang by now
		queue(t, db, "fast", 0, 300)
		time.Sleep(2 * time.Second)
		if n := len(fast.requests()); n != 300 {
			t.Errorf("%d of 300 arrived within 2 s while others hang", n)
		}
		calls := 0
		for host, c := range net {
			if host != "fast.example.com" {
				calls += len(c.requests())
			}
		}
		if calls > 60 {
			t.Errorf("%d attempts at hanging addresses in a minute: their lanes did not narrow", calls)
		}
	})
}

func TestACrashRepeatsWhatIsUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db, c := openStore(t), &receiver{}
		register(t, db, "t", "https://hook.example.com/", callback.Single)
		queue(t, db, "t", 0, 3)
		// A node claims, perhaps sends, and dies without a word.
		if _, err := db.Claim(context.Background(), "t", callback.Single, "node", time.Now(), time.Hour, 2); err != nil {
			t.Fatal(err)
		}
		_, stop := start(t, db, func(o *callback.SenderOptions) { o.Transport = c })
		defer stop()
		time.Sleep(2 * time.Second)
		retry := map[string]bool{}
		for _, r := range c.requests() {
			retry[r.messages()[0]] = r.Retry
		}
		if want := map[string]bool{"0": true, "1": true, "2": false}; fmt.Sprint(retry) != fmt.Sprint(want) {
			t.Errorf("retry flags %v, want %v", retry, want)
		}
	})
}

func TestStopGivesAttemptsTimeAndKeepsTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db, c := openStore(t), &receiver{}
		c.answer = func(request) (int, map[string]string) { time.Sleep(2 * time.Second); return 200, nil }
		register(t, db, "t", "https://hook.example.com/", callback.Single)
		queue(t, db, "t", 0, 50)
		_, stop := start(t, db, func(o *callback.SenderOptions) { o.Transport = c })
		time.Sleep(time.Second)
		stop()
		first := c.requests()
		c.mu.Lock()
		c.answer = nil
		c.mu.Unlock()
		_, stop = start(t, db, func(o *callback.SenderOptions) { o.Transport, o.Holder = c, "another node" })
		defer stop()
		time.Sleep(2 * time.Second)
		seen := map[string]int{}
		for i, r := range c.requests() {
			seen[r.messages()[0]]++
			if i >= len(first) && r.Retry {
				t.Errorf("message %s was never sent, yet its push says retry", r.messages()[0])
			}
		}
		if len(seen) != 50 {
			t.Errorf("%d of 50 arrived", len(seen))
		}
		for id, n := range seen {
			if n != 1 {
				t.Errorf("message %s arrived %d times: an attempt in flight was not recorded", id, n)
			}
		}
	})
}

// signed is a store whose tenants have a secret; sealing is the store's own business and tested there.
type signed struct {
	callback.Store
	how callback.Signing
}

func (s signed) Signing(context.Context, string) (callback.Signing, error) { return s.how, nil }

func TestSignatures(t *testing.T) {
	const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	send := func(t *testing.T, how callback.Signing, sign callback.SignFunc) []request {
		var got []request
		synctest.Test(t, func(t *testing.T) {
			db, c := openStore(t), &receiver{}
			register(t, db, "t", "https://hook.example.com/in?x=1", callback.Single)
			queue(t, db, "t", 0, 1)
			_, stop := start(t, signed{db, how}, func(o *callback.SenderOptions) { o.Transport, o.Sign = c, sign })
			time.Sleep(2 * time.Second)
			stop()
			got = c.requests()
		})
		return got
	}
	t.Run("Standard Webhooks", func(t *testing.T) {
		got := send(t, callback.Signing{Mode: callback.StandardWebhooks, Secret: secret}, nil)
		w, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.VerifyIgnoringTimestamp(got[0].raw, got[0].header); err != nil || got[0].header.Get("webhook-id") != got[0].RequestID {
			t.Errorf("%v, %v", err, got[0].header)
		}
	})
	t.Run("access key", func(t *testing.T) {
		got := send(t, callback.Signing{Mode: callback.AccessKey, Access: "AK", Secret: "SK"},
			func(r *http.Request, body []byte, access, secret string, _ time.Time) error {
				r.Header.Set("Authorization", fmt.Sprintf("%s %s %d", access, secret, len(body)))
				return nil
			})
		if want := fmt.Sprintf("AK SK %d", len(got[0].raw)); got[0].header.Get("Authorization") != want {
			t.Errorf("Authorization = %q, want %q", got[0].header.Get("Authorization"), want)
		}
	})
	t.Run("never unsigned by mistake", func(t *testing.T) {
		if got := send(t, callback.Signing{Mode: callback.AccessKey, Access: "AK", Secret: "SK"}, nil); len(got) != 0 {
			t.Errorf("%d pushes left without the signature the tenant asked for", len(got))
		}
	})
}

func TestServiceRefusesBadRegistrations(t *testing.T) {
	s, err := callback.NewService(callback.ServiceOptions{Store: openStore(t)})
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	for field, err := range map[string]error{
		"url_type":     second(s.Register(ctx, "t", "https://hook.example.com", 3)),
		"callback_url": second(s.Register(ctx, "t", "https://127.0.0.1", 0)),
		"mode":         s.SetSigning(ctx, "t", callback.Signing{Mode: "md5"}),
		"secret":       s.SetSigning(ctx, "t", callback.Signing{Mode: callback.StandardWebhooks, Secret: "whsec_c2hvcnQ="}),
	} {
		if !fault.Has(err, fault.Parameter) || fault.Of(err).Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	if es, err := s.List(ctx, "t"); err != nil || len(es) != 0 {
		t.Errorf("%v, %v", es, err)
	}
}

func second[T any](_ T, err error) error { return err }

// BenchmarkSender: a fast receiver on the loopback, records on disk.
func BenchmarkSender(b *testing.B) {
	db := openStore(b)
	var n sync.WaitGroup
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		n.Done()
	}))
	defer server.Close()
	register(b, db, "t", server.URL, callback.Single)
	s, stop := start(b, db, nil)
	defer stop()
	const size = 5000
	sent := 0
	for b.Loop() {
		n.Add(size)
		queue(b, db, "t", sent, size)
		sent += size
		s.Wake()
		n.Wait()
	}
	b.ReportMetric(float64(sent)/b.Elapsed().Seconds(), "deliveries/s")
}
