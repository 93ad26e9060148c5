package videosms_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"image"
	"image/png"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"cardlink/callback"
	"cardlink/dispatch"
	"cardlink/event"
	"cardlink/identity"
	"cardlink/previewlink"
	"cardlink/store"
	"cardlink/templates"
	"cardlink/videosms"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// house is the room over a real store.
type house struct {
	t     testing.TB
	db    *store.DB
	blobs *templates.Folder
	room  *videosms.Service
	web   map[string][]byte // what stands at which address
	asked []string          // addresses that were fetched
}

const tenant, other = "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1", "b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1"

var ctx = context.Background()

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newHouse(t testing.TB, change func(*videosms.Options)) *house {
	t.Helper()
	vault, err := identity.NewVault(make([]byte, 32))
	must(t, err)
	db, err := store.Open(ctx, store.Options{File: filepath.Join(t.TempDir(), "videos.db"), Vault: vault})
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	_, err = db.Migrate(ctx)
	must(t, err)
	for _, id := range []string{tenant, other} {
		must(t, db.AddTenant(ctx, identity.Tenant{ID: id, Name: id, Project: identity.Project{ID: id, Name: "p"}, CreatedAt: time.Now(), DataKey: vault.NewDataKey(id)},
			identity.User{ID: id, Tenant: id, Name: "api", CreatedAt: time.Now()}, identity.Entry{At: time.Now()}))
	}
	h := &house{t: t, db: db, web: map[string][]byte{}}
	h.blobs, err = templates.NewFolder(t.TempDir())
	must(t, err)
	looks, err := previewlink.New(make([]byte, previewlink.KeyBytes))
	must(t, err)
	o := videosms.Options{Store: db, Blobs: h.blobs, Fetch: h.fetch, Sends: true, Origin: "https://s.example.com", Previews: looks}
	if change != nil {
		change(&o)
	}
	h.room, err = videosms.NewService(o)
	must(t, err)
	return h
}

func (h *house) fetch(_ context.Context, address string, limit int64) ([]byte, error) {
	h.asked = append(h.asked, address)
	data, ok := h.web[address]
	switch {
	case !ok:
		return nil, errors.New("no route to 10.0.0.1")
	case int64(len(data)) > limit:
		return nil, videosms.ErrTooLarge
	}
	return data, nil
}

// picture is a small png; different n make different ones.
func picture(n int) []byte {
	var b bytes.Buffer
	m := image.NewGray(image.Rect(0, 0, 2, 2))
	m.Pix[0] = byte(n)
	_ = png.Encode(&b, m)
	return b.Bytes()
}

func pictureFile(n int) videosms.Resource {
	return videosms.Resource{Type: "png", Name: "p", Source: "file", Content: base64.StdEncoding.EncodeToString(picture(n))}
}

func text(s string) videosms.Resource {
	return videosms.Resource{Type: "txt", Name: "t", Source: "txt", Content: s}
}

func draftOf(rs ...videosms.Resource) videosms.Draft {
	return videosms.Draft{Days: "30", Name: "spring", Title: "Sale", Resources: rs}
}

func (h *house) template(rs ...videosms.Resource) *videosms.Template {
	h.t.Helper()
	if len(rs) == 0 {
		rs = []videosms.Resource{text("【商城】Hi #p_1#")}
	}
	t, err := h.room.CreateTemplate(ctx, tenant, draftOf(rs...))
	must(h.t, err)
	return t
}

func value(name, s string) videosms.Param {
	return videosms.Param{Name: name, Type: "txt", Source: "txt", Detail: s}
}

func phones(n int) (out []string) {
	for i := range n {
		out = append(out, fmt.Sprintf("131%08d", i+1))
	}
	return out
}

// send makes a task of n numbers.
func (h *house) send(tplID int64, n int) *videosms.Task {
	h.t.Helper()
	t, err := h.room.CreateTask(ctx, tenant, "api", videosms.SendRequest{Name: "go", TplID: fmt.Sprint(tplID), Mobiles: phones(n), Params: []videosms.Param{value("p_1", "Ann")}})
	must(h.t, err)
	return t
}

func (h *house) task(uuid string) videosms.Task {
	h.t.Helper()
	list, _, err := h.room.Tasks(ctx, tenant, videosms.TaskFilter{ID: uuid, Page: videosms.Page{Limit: 1}})
	must(h.t, err)
	if len(list) != 1 {
		h.t.Fatalf("no task %s", uuid)
	}
	return list[0]
}

// counts of a task in one line.
func counts(t videosms.Task) string {
	return fmt.Sprintf("%s: %d submitted, %d success, %d failed, %d timeout", t.Status(), t.Submitted, t.Success, t.Failed, t.Timeout)
}

// facts counts the facts of the outbox by type and final state.
func (h *house) facts() map[string]int {
	h.t.Helper()
	_, recs, err := h.db.OutboxBatch(ctx, 10_000)
	must(h.t, err)
	out := map[string]int{}
	seen := map[string]bool{}
	for _, r := range recs {
		f, err := event.Decode(r.Value)
		must(h.t, err)
		if seen[f.ID] {
			h.t.Errorf("the fact %s is told twice", f.ID)
		}
		seen[f.ID] = true
		name := string(f.Type)
		for _, final := range []string{event.FinalSuccess, event.FinalFail, event.FinalTimeout} {
			if bytes.Contains(f.Data, []byte(`"final":"`+final+`"`)) {
				name += " " + final
			}
		}
		out[name]++
	}
	return out
}

// pushes lists the kinds of callbacks that wait for an address.
func (h *house) pushes(t callback.URLType) (out []callback.Push) {
	h.t.Helper()
	c, err := h.db.Claim(ctx, tenant, t, "test", time.Now().Add(time.Minute), time.Minute, 100)
	must(h.t, err)
	return c.Pushes
}

// asked is one call of a gateway.
type asked struct {
	ids   []string
	batch videosms.Batch
}

// gateway is a videosms.Gateway with faults. answer decides about each call; nil takes everything.
type gateway struct {
	mu         sync.Mutex
	calls      []asked
	repeatable bool
	answer     func(call int, b videosms.Batch) ([]videosms.Outcome, error)
	seen       map[string]int // submissions by id
}

func (g *gateway) Repeatable() bool { return g.repeatable }

func (g *gateway) Submit(ctx context.Context, b videosms.Batch) ([]videosms.Outcome, error) {
	g.mu.Lock()
	n := len(g.calls)
	a := asked{batch: b}
	for _, m := range b.Messages {
		a.ids = append(a.ids, m.ID)
		if g.seen == nil {
			g.seen = map[string]int{}
		}
		g.seen[m.ID]++
	}
	g.calls = append(g.calls, a)
	answer := g.answer
	g.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if answer == nil {
		return takeAll(n, b)
	}
	return answer(n, b)
}

func takeAll(_ int, b videosms.Batch) (out []videosms.Outcome, err error) {
	for _, m := range b.Messages {
		out = append(out, videosms.Outcome{ID: m.ID, Verdict: videosms.Taken, CarrierID: "c-" + m.ID})
	}
	return out, nil
}

func (g *gateway) asked() []asked {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.calls)
}

// works runs a worker in a bubble of time until the body ends, and stops it.
func works(t *testing.T, h *house, g videosms.Gateway, change func(*videosms.WorkerOptions), body func()) {
	t.Helper()
	o := videosms.WorkerOptions{Queue: h.db, Gateway: g, Node: "n1", Rate: 1000, Expire: h.room.Expire, Random: func() float64 { return 0.5 }}
	if change != nil {
		change(&o)
	}
	w, err := videosms.NewWorker(o)
	must(t, err)
	run, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- w.Run(run) }()
	body()
	stop()
	must(t, <-done)
}

// slowly is for tests of days: a worker that looks around rarely.
func slowly(o *videosms.WorkerOptions) { o.Poll, o.House = time.Hour, time.Hour }

// after lets time pass in a bubble.
func after(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func msgID(t *videosms.Task, i int) string { return dispatch.MsgID(t.UUID, t.ID+int64(i)) }
