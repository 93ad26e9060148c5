package sim

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"cardlink/videosms"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// desk takes reports; while broken it refuses them.
type desk struct {
	mu     sync.Mutex
	broken bool
	got    []videosms.Report
}

func (d *desk) report(_ context.Context, rs []videosms.Report) (videosms.Tally, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.broken {
		return videosms.Tally{}, errors.New("the database is away")
	}
	d.got = append(d.got, rs...)
	return videosms.Tally{Applied: len(rs)}, nil
}

func (d *desk) codes() (out []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, r := range d.got {
		out = append(out, fmt.Sprintf("%s %v %q", r.ID, r.Delivered, r.Code))
	}
	return out
}

func batch(phones ...string) (b videosms.Batch) {
	for _, p := range phones {
		b.Messages = append(b.Messages, videosms.Outgoing{ID: "id" + p, Phone: p})
	}
	return b
}

func TestDeliversAfterAMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &desk{broken: true}
		c, err := New(Options{Report: d.report, Delay: time.Second, Fail: func(phone string) string {
			if phone == "2" {
				return "UNDELIV"
			}
			return ""
		}})
		if err != nil {
			t.Fatal(err)
		}
		out, err := c.Submit(context.Background(), batch("1", "2"))
		if err != nil || len(out) != 2 || out[0].Verdict != videosms.Taken || out[0].CarrierID == "" || out[0].CarrierID == out[1].CarrierID {
			t.Fatalf("%+v, %v", out, err)
		}
		again, err := c.Submit(context.Background(), batch("1"))
		if err != nil || again[0] != out[0] {
			t.Errorf("submitted again: %+v, %v; want %+v", again, err, out[0])
		}
		<-time.After(1500 * time.Millisecond)
		d.mu.Lock()
		d.broken = false
		d.mu.Unlock()
		<-time.After(2 * time.Second)
		synctest.Wait()
		if want := []string{`id1 true ""`, `id2 false "UNDELIV"`}; !slices.Equal(d.codes(), want) {
			t.Errorf("reports %v, want %v", d.codes(), want)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &desk{}
		c, err := New(Options{Report: d.report, Delay: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.mu.Lock()
		c.waiting = make(delivery, maxWaiting)
		for i := range c.waiting {
			c.waiting[i].at = time.Now().Add(time.Hour)
		}
		c.mu.Unlock()
		out, err := c.Submit(context.Background(), batch("1"))
		if err != nil || out[0].Verdict != videosms.Later {
			t.Errorf("a full carrier: %+v, %v", out, err)
		}
		over, cancel := context.WithCancel(context.Background())
		cancel()
		if _, err := c.Submit(over, batch("1")); !errors.Is(err, videosms.ErrUnsent) {
			t.Errorf("a call that ended: %v", err)
		}
		if c.Repeatable() {
			t.Error("it forgets what it reported")
		}
	})
	if _, err := New(Options{}); err == nil {
		t.Error("a carrier that cannot report was made")
	}
}
