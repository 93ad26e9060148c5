package conformance

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/koomessage/v1/model"
)

// TestOneLinkOneCard: 64 handsets at once ask a thousand times for the card of a link that resolves once, each time as another device. Exactly one gets it.
func TestOneLinkOneCard(t *testing.T) {
	eachEngine(t, func(t *testing.T, e engine) {
		data := t.TempDir()
		a := newAccount(t, e, data, "Example Mall")
		carrier := newCarrier(t)
		s := start(t, e, data, "--channels", carrier.channels())
		c := sdk(t, s, a)
		m := setUp(t, c)
		r, err := c.CreateResolveTask(&model.CreateResolveTaskRequest{Body: &model.CreateResolveTaskRequestBody{
			TplId: m.PlainTplID, SmsSigns: []string{sign}, ResolvingTimes: 1, AimCodeType: "individual", ExpirationTime: 7,
			Params: []model.CreateShortChainParam{{CustFlag: "13100000000"}},
		}})
		code := *(*must(t, "resolve task", r, err).Params)[0].AimCode
		var cards, gone atomic.Int64
		var asked atomic.Int64
		var wg sync.WaitGroup
		for range 64 {
			wg.Go(func() {
				for n := asked.Add(1); n <= 1000; n = asked.Add(1) {
					got, err := tryResolve(s, code, vendors[n%6], fmt.Sprint("device-", n))
					switch {
					case err != nil:
						t.Error(err)
						return
					case got.Status == 200:
						cards.Add(1)
					case got.Status == 410:
						gone.Add(1)
					default:
						t.Errorf("status %d: %s", got.Status, got.Body)
					}
				}
			})
		}
		wg.Wait()
		if cards.Load() != 1 || gone.Load() != 999 {
			t.Fatalf("%d cards and %d refusals, want 1 and 999", cards.Load(), gone.Load())
		}
		eventually(t, patience, "the card is on the bill", func() error { // its fact travels on its own
			if u := usage(t, s, a); u["aim_parse"] != 1 {
				return fmt.Errorf("%v", u)
			}
			return nil
		})
		s.stop(t)
		audit(t, e, data, true)
	})
}
