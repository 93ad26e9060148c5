package sim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cardlink/dispatch/carrier"
	"cardlink/dispatch/carrier/cmpp"

	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// client is a hand-driven client: it writes PDUs and reads PDUs, and does nothing by itself.
type client struct {
	t   *testing.T
	v   cmpp.Version
	nc  net.Conn
	in  *cmpp.Reader
	seq uint32
}

var testAccounts = map[string]string{"901234": "secret"}

func open(t *testing.T, o Options) (*Server, *Pipe) {
	t.Helper()
	pipe := NewPipe()
	o.Listener = pipe
	if o.Accounts == nil {
		o.Accounts = testAccounts
	}
	s, err := Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, pipe
}

// dial connects and logs in, and returns the status.
func dial(t *testing.T, pipe *Pipe, v cmpp.Version, spid, secret string) (*client, uint32) {
	t.Helper()
	nc, err := pipe.Dial(t.Context(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close() })
	c := &client{t: t, v: v, nc: nc, in: cmpp.NewReader(nc), seq: 1}
	stamp := cmpp.Timestamp(time.Now())
	b, err := cmpp.AppendConnect(nil, 1, cmpp.Connect{SourceAddr: spid, Auth: cmpp.AuthSource(spid, secret, stamp), Version: v, Timestamp: stamp})
	if err != nil {
		t.Fatal(err)
	}
	c.write(b)
	h, body := c.read()
	r, err := cmpp.ParseConnectResp(body)
	if err != nil || h.Command != cmpp.CmdConnect|cmpp.Response {
		t.Fatal(h, err)
	}
	return c, r.Status
}

func (c *client) write(b []byte) {
	c.t.Helper()
	if _, err := c.nc.Write(b); err != nil {
		c.t.Fatal(err)
	}
}

func (c *client) read() (cmpp.Header, []byte) {
	c.t.Helper()
	h, body, err := c.in.Next()
	if err != nil {
		c.t.Fatal(err)
	}
	return h, body
}

// good is a SUBMIT that breaks no rule.
func good(digits int) *cmpp.Submit {
	return &cmpp.Submit{
		Total: 1, Number: 1, Report: 1, FeeUser: 2, Format: 8, Src: []byte("901234"), FeeType: []byte("01"), FeeCode: []byte("000000"),
		Source: []byte("1069001234"), Dest: [][]byte{fmt.Appendf(nil, "138%08d", digits)}, Content: []byte{0x4f, 0x60}, Service: []byte("svc"),
	}
}

func (c *client) submit(s *cmpp.Submit) {
	c.t.Helper()
	c.seq++
	b, err := cmpp.AppendSubmit(nil, c.v, c.seq, s)
	if err != nil {
		c.t.Fatal(err)
	}
	c.write(b)
}

// result submits and reads the answer, which must be next.
func (c *client) result(s *cmpp.Submit) uint32 {
	c.t.Helper()
	c.submit(s)
	h, body := c.read()
	r, err := cmpp.ParseSubmitResp(body)
	if err != nil || h.Seq != c.seq {
		c.t.Fatal(h, err)
	}
	return r.Result
}

func TestLogins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, pipe := open(t, Options{Version: cmpp.V20, MaxConnections: 1, ClockTolerance: time.Minute})
		for _, c := range []struct {
			v            cmpp.Version
			spid, secret string
			status       uint32
		}{
			{cmpp.V20, "901234", "secret", cmpp.ConnectOK},
			{cmpp.V20, "901234", "secret", cmpp.ConnectTooMany},
			{cmpp.V20, "901234", "other", cmpp.ConnectAuth},
			{cmpp.V20, "999999", "secret", cmpp.ConnectAddress},
			{cmpp.V30, "901234", "secret", cmpp.ConnectVersion},
		} {
			if _, status := dial(t, pipe, c.v, c.spid, c.secret); status != c.status {
				t.Errorf("%+v: status %d", c, status)
			}
		}
		synctest.Wait()
		if st := s.Stats(); st.Logins != 1 || st.RefusedLogins != 4 || st.Connections != 1 {
			t.Errorf("%+v", st)
		}
	})
}

func TestStrictFields(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*cmpp.Submit)
		result uint32
	}{
		{"nothing wrong", func(*cmpp.Submit) {}, 0},
		{"part 2 of 1", func(s *cmpp.Submit) { s.Number = 2 }, 1},
		{"part 0", func(s *cmpp.Submit) { s.Number = 0 }, 1},
		{"valid time", func(s *cmpp.Submit) { s.ValidTime = []byte("260304050607032+") }, 0},
		{"valid time without zone", func(s *cmpp.Submit) { s.ValidTime = []byte("260304050607") }, 1},
		{"valid time of month 13", func(s *cmpp.Submit) { s.ValidTime = []byte("261304050607032+") }, 1},
		{"no content", func(s *cmpp.Submit) { s.Content = nil }, 4},
		{"fee type", func(s *cmpp.Submit) { s.FeeType = []byte("1") }, 5},
		{"fee code", func(s *cmpp.Submit) { s.FeeCode = []byte("1.00") }, 5},
		{"ascii over 159 does not encode, 150 does", func(s *cmpp.Submit) { s.Format, s.Content = 0, bytes.Repeat([]byte("a"), 150) }, 0},
		{"ascii with a high byte", func(s *cmpp.Submit) { s.Format, s.Content = 0, []byte("\xe4") }, 1},
		{"ucs-2 of an odd length", func(s *cmpp.Submit) { s.Content = []byte{1, 2, 3} }, 1},
		{"unknown format", func(s *cmpp.Submit) { s.Format = 77 }, 1},
		{"service", func(s *cmpp.Submit) { s.Service = []byte("other") }, 7},
		{"access number", func(s *cmpp.Submit) { s.Source = []byte("106") }, 10},
		{"other access number", func(s *cmpp.Submit) { s.Source = []byte("1068001234") }, 10},
		{"msg src", func(s *cmpp.Submit) { s.Src = []byte("901235") }, 11},
		{"fee number", func(s *cmpp.Submit) { s.FeeUser = 3 }, 12},
		{"number", func(s *cmpp.Submit) { s.Dest = [][]byte{[]byte("10086")} }, 13},
		{"number with 86", func(s *cmpp.Submit) { s.Dest = [][]byte{[]byte("8613800138000")} }, 0},
		{"one bad number of two", func(s *cmpp.Submit) { s.Dest = append(s.Dest, []byte("1380013800")) }, 13},
		{"header and fields disagree", func(s *cmpp.Submit) { s.UDHI, s.Content = 1, []byte{5, 0, 3, 1, 2, 1, 0, 65} }, 1},
		{"header longer than content", func(s *cmpp.Submit) { s.UDHI, s.Content = 1, []byte{9, 0, 3, 1, 2, 1} }, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, pipe := open(t, Options{ServiceID: "svc", AccessNumber: "1069", DeliverAfter: Delay{Min: time.Hour}})
				for _, v := range []cmpp.Version{cmpp.V20, cmpp.V30} {
					c2, _ := dial(t, pipe, v, "901234", "secret")
					s := good(1)
					c.change(s)
					if got := c2.result(s); got != c.result {
						t.Errorf("%v: result %d, want %d", v, got, c.result)
					}
				}
			})
		})
	}
}

func TestSeveralDestinations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, pipe := open(t, Options{DeliverAfter: Delay{Min: time.Second}})
		c, _ := dial(t, pipe, cmpp.V30, "901234", "secret")
		sub := good(1)
		sub.Dest = append(sub.Dest, []byte("13800000404"), []byte("13800000002"))
		c.submit(sub)
		_, body := c.read()
		r, _ := cmpp.ParseSubmitResp(body)
		ids := map[cmpp.MsgID]string{r.MsgID: "DELIVRD", r.MsgID.Of(1): "UNDELIV", r.MsgID.Of(2): "DELIVRD"}
		for range 3 {
			_, body := c.read()
			var d cmpp.Deliver
			if err := cmpp.ParseDeliver(c.v, body, &d); err != nil {
				t.Fatal(err)
			}
			report, err := cmpp.ParseReport(d.Content)
			if err != nil || string(report.Stat) != ids[report.MsgID] || len(d.Content) != 71 {
				t.Errorf("%+v %v", report, err)
			}
			delete(ids, report.MsgID)
		}
		if len(ids) != 0 || s.Stats().Accepted != 3 {
			t.Errorf("missing %v, %+v", ids, s.Stats())
		}
	})
}

func TestWindowIsEnforced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, pipe := open(t, Options{Window: 3, ResponseAfter: Delay{Min: time.Second}})
		c, _ := dial(t, pipe, cmpp.V30, "901234", "secret")
		for range 4 {
			c.submit(good(408))
		}
		var results []uint32
		for range 4 {
			_, body := c.read()
			r, _ := cmpp.ParseSubmitResp(body)
			results = append(results, r.Result)
		}
		slices.Sort(results)
		if st := s.Stats(); !slices.Equal(results, []uint32{0, 0, 0, 8}) || st.Violations != 1 || st.MaxWindow != 4 {
			t.Errorf("%v %+v", results, st)
		}
	})
}

// No second, wherever it begins, holds more than the limit, and the limit is used in full.
func TestLimitIsAStrictSlidingWindow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.IntRange(1, 20).Draw(t, "rate")
		l := newLimit(rate)
		now := time.Unix(1e9, 0)
		var taken []time.Time
		for range rapid.IntRange(1, 200).Draw(t, "asks") {
			now = now.Add(time.Duration(rapid.IntRange(0, 300).Draw(t, "gap")) * time.Millisecond)
			n := rapid.IntRange(1, 3).Draw(t, "n")
			open := 0
			for _, at := range taken {
				if now.Sub(at) < time.Second {
					open++
				}
			}
			if ok, want := l.take(now, n), open+n <= rate; ok != want {
				t.Fatalf("%d of %d taken in the last second, %d asked for: %v", open, rate, n, ok)
			} else if ok {
				for range n {
					taken = append(taken, now)
				}
			}
		}
	})
}

func TestRateCountsOverConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, pipe := open(t, Options{Rate: 5, Accounts: map[string]string{"901234": "secret", "905678": "secret"}})
		a, _ := dial(t, pipe, cmpp.V30, "901234", "secret")
		b, _ := dial(t, pipe, cmpp.V20, "901234", "secret")
		other, _ := dial(t, pipe, cmpp.V30, "905678", "secret")
		var flow int
		for range 4 {
			for _, c := range []*client{a, b} {
				if c.result(good(408)) == cmpp.ResultFlow {
					flow++
				}
			}
		}
		sub := good(408)
		sub.Src = []byte("905678")
		if flow != 3 || other.result(sub) != 0 || s.Stats().Flow != 3 {
			t.Errorf("%d refused of 8 at a rate of 5; %+v", flow, s.Stats())
		}
		time.Sleep(time.Second) // the bubble's
		if a.result(good(408)) != 0 {
			t.Error("a second later it is still closed")
		}
	})
}

func TestUnansweredDeliveriesAreRepeatedAndGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, pipe := open(t, Options{ResendAfter: 10 * time.Second, DeliverWindow: 1})
		c, _ := dial(t, pipe, cmpp.V30, "901234", "secret")
		if c.result(good(1)) != 0 {
			t.Fatal("refused")
		}
		began := time.Now()
		for i := range tries {
			if h, _ := c.read(); h.Command != cmpp.CmdDeliver {
				t.Fatal(h)
			}
			if took, want := time.Since(began), time.Duration(i)*10*time.Second; took < want || took > want+6*time.Second {
				t.Errorf("copy %d after %v", i+1, took)
			}
		}
		time.Sleep(time.Minute)
		if st := s.Stats(); st.Abandoned != 1 || st.Pending != 0 || st.Delivered != 3 {
			t.Errorf("%+v", st)
		}
	})
}

func TestDeliveriesOutliveTheirConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, pipe := open(t, Options{})
		c, _ := dial(t, pipe, cmpp.V30, "901234", "secret")
		if c.result(good(1)) != 0 {
			t.Fatal("refused")
		}
		c.read() // the report, not answered
		c.nc.Close()
		synctest.Wait()
		if st := s.Stats(); st.Pending != 1 || st.Connections != 0 {
			t.Fatalf("%+v", st)
		}
		c, _ = dial(t, pipe, cmpp.V20, "901234", "secret")
		h, body := c.read()
		var d cmpp.Deliver
		if err := cmpp.ParseDeliver(cmpp.V20, body, &d); err != nil || len(d.Content) != 60 {
			t.Fatal(err)
		}
		c.write(cmpp.AppendDeliverResp(nil, cmpp.V20, h.Seq, cmpp.DeliverResp{MsgID: d.MsgID}))
		synctest.Wait()
		if st := s.Stats(); st.Pending != 0 || st.Acked != 1 {
			t.Errorf("%+v", st)
		}
	})
}

func TestPendingDeliveriesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, pipe := open(t, Options{MaxPending: 2, DeliverAfter: Delay{Min: time.Minute}})
		c, _ := dial(t, pipe, cmpp.V30, "901234", "secret")
		got := []uint32{c.result(good(1)), c.result(good(2)), c.result(good(3))}
		if !slices.Equal(got, []uint32{0, 0, cmpp.ResultFlow}) {
			t.Error(got)
		}
	})
}

func TestMessagesAreJoinedKeptAndTold(t *testing.T) {
	var told []Message
	b := newInbox(2, func(m Message) { told = append(told, m) })
	now := time.Unix(1e9, 0)
	text := strings.Repeat("短信😀", 40)
	segments, err := carrier.Split(text, 300)
	if err != nil {
		t.Fatal(err)
	}
	add := func(g carrier.Segment, dest string, at time.Time) {
		s := good(1)
		s.Format, s.Content, s.Total, s.Number, s.UDHI = g.Format, g.Content, g.Total, g.Number, 0
		if g.UDH {
			s.UDHI = 0x40 // as some gateways pass it
		}
		b.add("901234", s, []byte(dest), cmpp.MsgID(at.Unix()), "DELIVRD", at)
	}
	for i := range slices.Backward(segments) { // the last part first
		add(segments[i], "13800000001", now.Add(time.Duration(i)*time.Second))
		add(segments[i], "13800000001", now.Add(time.Duration(i)*time.Second)) // a repeat changes nothing
	}
	if len(told) != 1 || told[0].Text != text || !told[0].Whole || told[0].Parts != 3 || len(told[0].MsgIDs) != 3 {
		t.Fatalf("%+v", told)
	}
	// The repeat of the first part began a message that never ends.
	add(carrier.Segment{Format: 0, Content: []byte("hi"), Total: 1, Number: 1}, "13800000002", now.Add(joinWait+time.Minute))
	if len(told) != 3 || told[1].Whole || told[1].Parts != 3 || len(told[1].MsgIDs) != 1 || told[2].Text != "hi" {
		t.Fatalf("%+v", told[1:])
	}
	if kept := b.all(); !reflect.DeepEqual(kept, told[1:]) {
		t.Errorf("kept %+v", kept)
	}
	if len(b.open)+len(b.order) != 0 {
		t.Errorf("%d open, %d in order", len(b.open), len(b.order))
	}
}

func TestJoiningIsBounded(t *testing.T) {
	b := newInbox(-1, func(Message) {})
	now := time.Unix(1e9, 0)
	for i := range 2 * joinLimit {
		s := good(1)
		s.Total, s.Number, s.UDHI, s.Content = 2, 1, 1, []byte{5, 0, 3, 1, 2, 1, 0, 65}
		b.add("901234", s, fmt.Appendf(nil, "138%08d", i), 1, "", now)
	}
	if len(b.open) > joinLimit || len(b.order) > 2*joinLimit {
		t.Errorf("%d open, %d in order", len(b.open), len(b.order))
	}
}

func TestScheduleKeepsOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newSchedule(nil)
		base := time.Unix(1e9, 0)
		offsets := rapid.SliceOfN(rapid.IntRange(0, 50), 0, 100).Draw(t, "offsets")
		for _, o := range offsets {
			s.add(event{at: base.Add(time.Duration(o))})
		}
		slices.Sort(offsets)
		for i, o := range offsets {
			if _, wait, ok := s.pop(base.Add(time.Duration(o) - 1)); ok || wait != 1 {
				t.Fatalf("event %d came early (%v)", i, wait)
			}
			e, _, ok := s.pop(base.Add(time.Duration(o)))
			if !ok || !e.at.Equal(base.Add(time.Duration(o))) {
				t.Fatalf("event %d: %v %v", i, e.at, ok)
			}
		}
	})
}

func TestOutcomes(t *testing.T) {
	for number, want := range map[string]Outcome{
		"13800000404": {Stat: "UNDELIV"}, "8613800000408": {}, "13800000913": {Result: 13}, "13800138000": {Stat: "DELIVRD"}, "404": {Stat: "DELIVRD"},
	} {
		if got := OutcomeOf(number); got != want {
			t.Errorf("%s: %+v, want %+v", number, got, want)
		}
	}
	mix := []Share{{"UNDELIV", 0.02}, {"", 0.01}}
	count := map[string]int{}
	const n = 100_000
	for i := range n {
		number := fmt.Sprintf("138%08d", i)
		o := mixed(mix, number, Outcome{Stat: "DELIVRD"})
		if o != mixed(mix, "86"+number, Outcome{Stat: "DELIVRD"}) {
			t.Fatal("86 changes the fate of", number)
		}
		count[o.Stat]++
	}
	for stat, share := range map[string]float64{"UNDELIV": 0.02, "": 0.01, "DELIVRD": 0.97} {
		if got := float64(count[stat]) / n; math.Abs(got-share) > 0.003 {
			t.Errorf("%q: %v, want %v", stat, got, share)
		}
	}
	if o := mixed([]Share{{"UNDELIV", 1}}, "1", Outcome{Stat: "EXPIRED"}); o.Stat != "EXPIRED" {
		t.Error("only the delivered are mixed")
	}
}

func TestParseFaults(t *testing.T) {
	got, err := ParseFaults([]string{"drop-after=100", "split", "connect-status=3", "duplicate-every=2"})
	if want := (Faults{DropAfter: 100, Split: true, ConnectStatus: 3, DuplicateEvery: 2}); err != nil || got != want {
		t.Errorf("%+v %v", got, err)
	}
	for _, bad := range []string{"", "drop-after", "drop-after=", "drop-after=-1", "split=1", "explode", "connect-status=x"} {
		if _, err := ParseFaults([]string{bad}); err == nil || !strings.Contains(err.Error(), "mute-every=N") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if n := len(FaultNames()); n != reflect.TypeFor[Faults]().NumField() {
		t.Errorf("%d names for %d faults", n, reflect.TypeFor[Faults]().NumField())
	}
}

func TestOptionsSayEverythingThatIsWrong(t *testing.T) {
	_, err := Start(Options{Accounts: map[string]string{"9012345": ""}, Rate: -1, Mix: []Share{{"TOOLONGSTATE", 0.6}, {"", 0.6}}})
	for _, want := range []string{"9012345", "rate", "TOOLONGSTATE", "more than 1"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
	if _, err := Start(Options{}); err == nil {
		t.Error("started without accounts")
	}
}

func TestStrangers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, pipe := open(t, Options{Heartbeat: 10 * time.Second})
		nc, err := pipe.Dial(t.Context(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := nc.Write(cmpp.AppendActiveTest(nil, 1)); err != nil {
			t.Fatal(err)
		}
		if _, err := nc.Read(make([]byte, 1)); err == nil {
			t.Error("was answered before CONNECT")
		}
		c, _ := dial(t, pipe, cmpp.V30, "901234", "secret")
		c.write(cmpp.AppendCancel(nil, 5, 1))
		if h, body := c.read(); h.Command != cmpp.CmdCancel|cmpp.Response || len(body) != 4 || body[3] != 1 {
			t.Errorf("%v %x", h, body)
		}
		for range 2 { // probed, and then dropped
			if h, _ := c.read(); h.Command != cmpp.CmdActiveTest {
				t.Errorf("%v", h)
			}
		}
		if _, _, err := c.in.Next(); err == nil {
			t.Error("a silent client was kept")
		}
		synctest.Wait()
		if st := s.Stats(); st.Connections != 0 {
			t.Errorf("%+v", st)
		}
	})
}

func TestHandler(t *testing.T) {
	s, err := Start(Options{Accounts: testAccounts})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	do := func(method, path, body string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
		return w
	}
	s.inbox.add("901234", good(1), []byte("13800000001"), 7, "DELIVRD", time.Now())
	var messages []Message
	if w := do("GET", "/messages", ""); json.Unmarshal(w.Body.Bytes(), &messages) != nil || len(messages) != 1 || messages[0].Text != "你" || messages[0].MsgIDs[0] != "7" {
		t.Errorf("%s", w.Body)
	}
	if w := do("POST", "/replies", `{"account":"901234","from":"13800138000","to":"1069","text":"TD"}`); w.Code != http.StatusNoContent || s.Stats().Pending != 1 {
		t.Error(w.Code, w.Body)
	}
	if w := do("POST", "/replies", `{"account":"nobody"}`); w.Code != http.StatusBadRequest {
		t.Error(w.Code)
	}
	var st Stats
	if w := do("GET", "/stats", ""); json.Unmarshal(w.Body.Bytes(), &st) != nil || st.Pending != 1 {
		t.Errorf("%s", w.Body)
	}
}

func TestPipe(t *testing.T) {
	p := NewPipe()
	p.Close()
	if _, err := p.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
	if _, err := p.Dial(t.Context(), "", ""); !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
}

// FuzzServer gives a logged-in connection any bytes: the server must neither panic nor hang on to it.
func FuzzServer(f *testing.F) {
	pdu, _ := cmpp.AppendSubmit(nil, cmpp.V30, 2, good(1))
	f.Add(pdu)
	f.Add(append(cmpp.AppendActiveTest(nil, 1), cmpp.AppendTerminate(nil, 2)...))
	f.Add([]byte{0, 0, 0, 12, 0x80, 0, 0, 5, 0, 0, 0, 1})
	f.Fuzz(func(t *testing.T, in []byte) {
		s, pipe := open(t, Options{})
		c, _ := dial(t, pipe, cmpp.V30, "901234", "secret")
		gone := make(chan struct{})
		go func() { // read whatever it answers
			defer close(gone)
			buf := make([]byte, 4096)
			for {
				if _, err := c.nc.Read(buf); err != nil {
					return
				}
			}
		}()
		_, _ = c.nc.Write(in) // it may close before reading all
		c.nc.Close()
		<-gone
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	})
}
