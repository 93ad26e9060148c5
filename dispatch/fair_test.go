package dispatch

import (
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func msg(id int64, tenant string, task int64, class Class, segments int) *flight {
	return &flight{Waiting: Waiting{ID: id, Tenant: tenant, Task: task, Class: class, Segments: segments}}
}

// order pops everything of a class and writes it down as tenant+task.
func order(q *fairQueue, class Class, weight func(string) int) string {
	var b strings.Builder
	for f := q.pop(class, weight); f != nil; f = q.pop(class, weight) {
		b.WriteString(f.Tenant + strconv.FormatInt(f.Task, 10) + " ")
	}
	return strings.TrimSpace(b.String())
}

func TestFairQueue(t *testing.T) {
	t.Run("a campaign of thousands does not delay another tenant", func(t *testing.T) {
		var q fairQueue
		for i := range 1000 {
			q.push(msg(int64(i), "a", 1, Marketing, 1))
		}
		q.push(msg(2000, "b", 2, Marketing, 1))
		for i := range quantum + 1 {
			f := q.pop(Marketing, nil)
			if f.Tenant == "b" {
				return
			}
			if i == quantum {
				t.Fatalf("tenant b still waits after %d messages", i+1)
			}
		}
	})
	t.Run("campaigns of a tenant take turns", func(t *testing.T) {
		var q fairQueue
		for i := range 6 {
			q.push(msg(int64(i), "a", int64(i/3+1), Marketing, 1))
		}
		if got := order(&q, Marketing, nil); got != "a1 a2 a1 a2 a1 a2" {
			t.Errorf("order %s", got)
		}
	})
	t.Run("what was out goes first", func(t *testing.T) {
		var q fairQueue
		q.push(msg(1, "a", 1, Notify, 1))
		q.pushFront(msg(2, "b", 2, Notify, 1))
		if got := order(&q, Notify, nil); got != "b2 a1" {
			t.Errorf("order %s", got)
		}
	})
}

// While tenants wait, their shares in segments follow their weights, within what one turn and one message may tilt.
func TestSharesFollowWeights(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tenants := rapid.IntRange(2, 5).Draw(t, "tenants")
		weights := make(map[string]int)
		var q fairQueue
		id := int64(0)
		for i := range tenants {
			name := strconv.Itoa(i)
			weights[name] = rapid.IntRange(1, 4).Draw(t, "weight")
			segments := rapid.IntRange(1, 7).Draw(t, "segments")
			for range 400 {
				id++
				q.push(msg(id, name, 1, Notify, segments))
			}
		}
		used := make(map[string]int)
		for range 300 {
			f := q.pop(Notify, func(tenant string) int { return weights[tenant] })
			used[f.Tenant] += f.Segments
		}
		for a := range weights {
			for b := range weights {
				x, y := float64(used[a])/float64(weights[a]), float64(used[b])/float64(weights[b])
				if x-y > 2*quantum+14 {
					t.Fatalf("weights %v got %v segments", weights, used)
				}
			}
		}
		seen := 300
		for q.pop(Notify, nil) != nil {
			seen++
		}
		if seen != int(id) || q.classes[Notify].count != 0 {
			t.Fatalf("%d of %d came out, count %d", seen, id, q.classes[Notify].count)
		}
	})
}

func TestClassesHaveFloors(t *testing.T) {
	var p picker
	got := make(map[Class]int)
	for range 1000 {
		c, ok := p.pick([Classes]bool{true, true, true})
		if !ok {
			t.Fatal("nothing picked")
		}
		got[c]++
	}
	if got[Marketing] < 1000/marketingFloor-1 || got[Notify] < 1000/notifyFloor-60 || got[Verification] < 700 {
		t.Errorf("shares %v", got)
	}
	if c, _ := p.pick([Classes]bool{false, false, true}); c != Marketing {
		t.Errorf("picked %v although only marketing waits", c)
	}
	if _, ok := p.pick([Classes]bool{}); ok {
		t.Error("picked from nothing")
	}
}
