package conformance

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/koomessage/v1/model"

	"cardlink/enginetest"
)

var (
	kills    = flag.Int("kills", 50, "how often TestKill9 kills the server on the one-machine engines")
	killSeed = flag.Uint64("kill-seed", 0, "seed of TestKill9; 0 = from the clock, printed")
)

// TestKill9 kills the server at random moments of the story and proves that nothing acknowledged is lost, no link over-resolves, nothing is billed twice, and the
// books are clean afterwards.
func TestKill9(t *testing.T) {
	t.Run("one machine", func(t *testing.T) { killStory(t, engine{name: "one machine"}, *kills) })
	t.Run("grown up", func(t *testing.T) { killStory(t, grownUp(t), max(2, *kills/10)) })
}

// ledger is what the outside world was told.
type ledger struct {
	mu        sync.Mutex
	tasks     map[string]int             // acknowledged send task → messages
	links     map[string]int64           // acknowledged group link code → limit
	served    map[string]map[string]bool // code → devices that got a card
	campaigns int
}

func killStory(t *testing.T, e engine, rounds int) {
	seed := *killSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("-kill-seed=%d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	data := t.TempDir()
	a := newAccount(t, e, data, "Example Mall")
	carrier := newCarrier(t)
	hook := newHook(t)
	edge := enginetest.Address(t)
	flags := []string{"--channels", carrier.channels(), "--callback-allow", "127.0.0.1/32", "--edge", edge, "--domains", edge}

	s := start(t, e, data, flags...)
	m := setUp(t, sdk(t, s, a))
	cb, err := sdk(t, s, a).AddCallBack(&model.AddCallBackRequest{Body: &model.AddCallbackRequestBody{CallbackUrl: hook.url, UrlType: new(int32(0))}})
	must(t, "callback", cb, err)
	world := &ledger{tasks: map[string]int{}, links: map[string]int64{}, served: map[string]map[string]bool{}}
	for round := 0; round < rounds || !world.happened(); round++ { // on a loaded machine nobody may be served in the few lives there are at least
		if round == 20*rounds {
			t.Fatalf("the story did not happen: nothing was acknowledged between %d kills", round)
		}
		life := time.Duration(20+rng.IntN(700)) * time.Millisecond
		var wg sync.WaitGroup
		stop := make(chan struct{})
		for worker := range 3 {
			r := rand.New(rand.NewPCG(seed, uint64(round*10+worker+2)))
			wg.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
					}
					world.act(t, s, a, m, carrier, r)
				}
			})
		}
		<-time.After(life)
		s.kill()
		close(stop)
		wg.Wait()
		s = start(t, e, data, flags...)
	}
	settle(t, e, s, a, data, world, carrier)
}

// happened reports whether there is something to lose.
func (w *ledger) happened() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.tasks) > 0 && len(w.served) > 0
}

// act does one random thing a marketer or a handset does. Errors are what a killed server looks like; only answers count.
func (w *ledger) act(t *testing.T, s *server, a account, m marketing, carrier *carrier, r *rand.Rand) {
	c := sdk(t, s, a)
	switch r.IntN(6) {
	case 0:
		w.mu.Lock()
		w.campaigns++
		first, n := w.campaigns*20%9000, 1+r.IntN(20)
		name := fmt.Sprintf("c%d", w.campaigns)
		w.mu.Unlock()
		if resp, err := trySendTask(c, m, name, first, n); err == nil && resp.TaskId != nil {
			w.mu.Lock()
			w.tasks[*resp.TaskId] = n
			w.mu.Unlock()
		}
	case 1:
		limit := 2 + r.Int64N(20)
		resp, err := c.CreateResolveTask(&model.CreateResolveTaskRequest{Body: &model.CreateResolveTaskRequestBody{
			TplId: m.PlainTplID, SmsSigns: []string{sign}, ResolvingTimes: int32(limit), AimCodeType: "group", ExpirationTime: 30,
			Params: []model.CreateShortChainParam{{CustFlag: fmt.Sprint("group-", r.Uint64())}},
		}})
		if err == nil {
			w.mu.Lock()
			w.links[*(*resp.Params)[0].AimCode] = limit
			w.mu.Unlock()
		}
	default:
		w.mu.Lock()
		var code string
		for code = range w.links {
			if r.IntN(4) == 0 {
				break
			}
		}
		w.mu.Unlock()
		if msgs := carrier.messages(); len(msgs) > 0 && r.IntN(2) == 0 {
			if _, rest, ok := strings.Cut(msgs[r.IntN(len(msgs))].Text, strings.TrimPrefix(s.Edge, "http://")+"/"); ok {
				code, _, _ = strings.Cut(rest, " ")
			}
		}
		if code == "" {
			return
		}
		device := fmt.Sprint("handset-", r.IntN(40))
		if got, err := tryResolve(s, code, vendors[r.IntN(6)], device); err == nil && got.Status == 200 && json.Valid([]byte(got.Body)) {
			w.mu.Lock()
			if w.served[code] == nil {
				w.served[code] = map[string]bool{}
			}
			w.served[code][device] = true
			w.mu.Unlock()
		}
	}
}

// settle lets the last start finish its work and compares its books with what the world was told.
func settle(t *testing.T, e engine, s *server, a account, data string, w *ledger, carrier *carrier) {
	c := sdk(t, s, a)
	for task, n := range w.tasks {
		r, err := c.ListAimSendDetails(&model.ListAimSendDetailsRequest{TaskId: &task, Offset: 0, Limit: 100})
		if got := *must(t, "send details", r, err).PageInfo.Total; int(got) != n {
			t.Errorf("acknowledged task %s had %d messages, the books have %d", task, n, got)
		}
	}
	for code, limit := range w.links {
		if n := int64(len(w.served[code])); n > limit {
			t.Errorf("link %s with limit %d showed its card to %d handsets", code, limit, n)
		}
	}
	served := 0
	for code, devices := range w.served {
		if w.links[code] == 0 && len(devices) > 1 {
			t.Errorf("individual link %s showed its card to %d handsets", code, len(devices))
		}
		served += len(devices)
	}
	eventually(t, patience, "all messages are handed over and the carrier owes nothing", func() error {
		var books struct {
			Tenants []struct {
				Messages struct {
					Pending int `json:"pending"`
				} `json:"messages"`
			} `json:"tenants"`
		}
		b := command(t, append([]string{"audit", "--json"}, storeFlags(e, data)...)...)
		if err := json.Unmarshal(b, &books); err != nil || len(books.Tenants) != 1 {
			t.Fatalf("%v: %s", err, b)
		}
		// In this order: what is not handed over any more is what the carrier has.
		if waiting, owed := books.Tenants[0].Messages.Pending, carrier.srv.Stats().Pending; waiting+int(owed) > 0 {
			return fmt.Errorf("%d wait to be sent, the carrier has %d receipts to deliver", waiting, owed)
		}
		return nil
	})
	var u map[string]int
	eventually(t, patience, "every served card is billed, and every bill has its fact", func() error {
		u = usage(t, s, a)
		if u["aim_parse"] < served {
			return fmt.Errorf("%d parses billed, handsets got %d cards", u["aim_parse"], served)
		}
		return nil
	})
	eventually(t, patience, "the bill equals the delivered messages", func() error {
		f := readFacts(t, s, e, a.Tenant)
		u = usage(t, s, a)
		if u["aim_send"] != f.successfulSends() || u["aim_parse"] != f.successfulParses() {
			return fmt.Errorf("billed %v; facts: %d sends, %d parses", u, f.successfulSends(), f.successfulParses())
		}
		return nil
	})
	t.Logf("%d tasks, %d group links, %d cards served, billed %v", len(w.tasks), len(w.links), served, u)
	// Receipts of messages whose answer died with a server find them seconds after they came, so the last facts may be on their way at any moment: that all of them come to be
	// billed is asked of the running server. The stopped one's books are clean.
	command(t, append([]string{"audit", "--json", "--settled", "--wait", (patience / 2).String()}, storeFlags(e, data)...)...)
	s.stop(t)
	audit(t, e, data, false)
}
