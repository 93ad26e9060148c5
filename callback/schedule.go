package callback

import (
	"net/http"
	"strconv"
	"time"
)

// schedule is how long to wait after each failed attempt; with the first attempt at once that makes 10 attempts in about 75 hours
// (the schedule of Standard Webhooks).
var schedule = [...]time.Duration{
	5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
}

// Attempts is how often a delivery is tried before it becomes a dead letter.
const Attempts = len(schedule) + 1

// longestPause bounds what a Retry-After may ask for.
const longestPause = 24 * time.Hour

// backoff is the wait after the given try (1, 2, …) failed; ok is false when that was the last one. random is in [0, 1) and spreads the wait by
// ±20 %. A receiver that asked for a longer pause gets it.
func backoff(try int, random float64, retryAfter time.Duration) (wait time.Duration, ok bool) {
	if try < 1 || try > len(schedule) {
		return 0, false
	}
	wait = time.Duration(float64(schedule[try-1]) * (0.8 + 0.4*random))
	return max(wait, retryAfter), true
}

// retryAfter reads the header of an answer: seconds or a date; 0 if there is none that makes sense.
func retryAfter(h http.Header, now time.Time) time.Duration {
	v := h.Get("Retry-After")
	if v == "" {
		return 0
	}
	if s, err := strconv.ParseInt(v, 10, 64); err == nil {
		return time.Duration(min(max(s, 0), int64(longestPause/time.Second))) * time.Second
	}
	if t, err := http.ParseTime(v); err == nil {
		return min(max(t.Sub(now), 0), longestPause)
	}
	return 0
}
