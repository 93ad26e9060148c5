package callback

import (
	"net/http"
	"testing"
	"time"
)

func TestBackoff(t *testing.T) {
	f := func(try int, random float64, asked, want time.Duration, wantOK bool) {
		t.Helper()
		if got, ok := backoff(try, random, asked); got != want || ok != wantOK {
			t.Errorf("backoff(%d, %v, %v) = %v, %v; want %v, %v", try, random, asked, got, ok, want, wantOK)
		}
	}
	f(1, 0.5, 0, 5*time.Second, true)
	f(1, 0, 0, 4*time.Second, true)
	f(2, 1, 0, 6*time.Minute, true)
	f(2, 0.5, time.Hour, time.Hour, true)
	f(9, 0.5, time.Hour, 24*time.Hour, true)
	f(10, 0.5, 0, 0, false)
	f(0, 0.5, 0, 0, false)
	var sum time.Duration
	for try := 1; ; try++ {
		wait, ok := backoff(try, 0.5, 0)
		if !ok {
			if try != Attempts {
				t.Errorf("%d attempts, want %d", try, Attempts)
			}
			break
		}
		sum += wait
	}
	if sum < 75*time.Hour || sum > 76*time.Hour {
		t.Errorf("the schedule takes %v, want about 75 h", sum)
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	f := func(value string, want time.Duration) {
		t.Helper()
		if got := retryAfter(http.Header{"Retry-After": {value}}, now); got != want {
			t.Errorf("%q = %v, want %v", value, got, want)
		}
	}
	f("", 0)
	f("120", 2*time.Minute)
	f("-1", 0)
	f("99999999999999", longestPause)
	f("soon", 0)
	f("Fri, 02 Jan 2026 03:05:05 GMT", time.Minute)
	f("Fri, 02 Jan 2026 03:00:00 GMT", 0)
	f("Fri, 02 Jan 2099 03:00:00 GMT", longestPause)
}
