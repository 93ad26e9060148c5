package report

import "time"

// Day is a UTC day, counted from 1970-01-01.
type Day int32

// DayOf is the day of t.
func DayOf(t time.Time) Day {
	s := t.Unix()
	d := s / 86400
	if s%86400 < 0 {
		d--
	}
	return Day(d)
}

// Time is the first moment of d.
func (d Day) Time() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

// Month is the calendar month of d as a number, 202601 for January 2026.
func (d Day) Month() int {
	t := d.Time()
	return t.Year()*100 + int(t.Month())
}
