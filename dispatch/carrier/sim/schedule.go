package sim

import (
	"sync"
	"time"
)

// event is something to do at a moment: a receipt to send, or an answer held back.
type event struct {
	at      time.Time
	receipt *receipt
	conn    *conn // of an answer
	answer  answer
}

// grain is how exactly events are kept: many of them share one wake-up.
const grain = time.Millisecond

// schedule does events at their time, in one goroutine. Its size is bounded by Options.MaxPending and the windows.
type schedule struct {
	do   func(*event)
	wake chan struct{}

	mu   sync.Mutex
	heap []event // earliest at 0
}

func newSchedule(do func(*event)) *schedule { return &schedule{do: do, wake: make(chan struct{}, 1)} }

// add plans an event.
func (s *schedule) add(e event) {
	s.mu.Lock()
	s.heap = append(s.heap, e)
	i := len(s.heap) - 1
	for i > 0 {
		up := (i - 1) / 2
		if !s.heap[i].at.Before(s.heap[up].at) {
			break
		}
		s.heap[i], s.heap[up] = s.heap[up], s.heap[i]
		i = up
	}
	s.mu.Unlock()
	if i == 0 {
		select {
		case s.wake <- struct{}{}:
		default:
		}
	}
}

// pop takes the earliest event if it is due.
func (s *schedule) pop(now time.Time) (e event, wait time.Duration, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.heap) == 0 {
		return e, time.Hour, false
	}
	if wait = s.heap[0].at.Sub(now); wait > 0 {
		return e, wait, false
	}
	e = s.heap[0]
	last := len(s.heap) - 1
	s.heap[0] = s.heap[last]
	s.heap[last] = event{}
	s.heap = s.heap[:last]
	for i := 0; ; {
		least := i
		for _, down := range [2]int{2*i + 1, 2*i + 2} {
			if down < last && s.heap[down].at.Before(s.heap[least].at) {
				least = down
			}
		}
		if least == i {
			break
		}
		s.heap[i], s.heap[least] = s.heap[least], s.heap[i]
		i = least
	}
	return e, 0, true
}

// run does events until stop is closed.
func (s *schedule) run(stop <-chan struct{}) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		now := time.Now()
		e, wait, ok := s.pop(now)
		for ; ok; e, wait, ok = s.pop(now) {
			s.do(&e)
		}
		timer.Reset(max(wait, grain))
		select {
		case <-timer.C:
		case <-s.wake:
		case <-stop:
			return
		}
	}
}
