package billing

import "time"

// CloseAfter is how long after its beginning an hour takes facts: bucket 08 closes at 09:45, so that it can be deducted by 10:00
// (billing.md §3).
const CloseAfter = 105 * time.Minute

// HourOf is the bucket of a moment, in UTC.
func HourOf(t time.Time) time.Time { return t.UTC().Truncate(time.Hour) }

// OldestOpen is the first bucket that still takes facts at now. Every bucket before it is closed.
func OldestOpen(now time.Time) time.Time { return HourOf(now.Add(-CloseAfter)).Add(time.Hour) }

// MonthOf is the accumulation cycle of a bucket: the first hour of its calendar month, in UTC.
func MonthOf(hour time.Time) time.Time {
	y, m, _ := hour.UTC().Date()
	return time.Date(y, m, 1, 0, 0, 0, 0, time.UTC)
}
