package videosms

import (
	"context"
	"log/slog"
	"strings"
	"unicode/utf8"

	"cardlink/dispatch"
)

// Bounds of one call.
const (
	MaxReports = 1000 // reports or uplinks of one call
	maxCode    = 32   // characters of a carrier's code that are kept
	maxUplink  = 1000 // characters of an answer that are kept
)

// Report takes carriers' final words. When it returns nil, they are durable. It may be called again with the same ones.
func (s *Service) Report(ctx context.Context, rs []Report) (Tally, error) {
	now := s.o.Now()
	for i := range rs {
		r := &rs[i]
		r.Code = firstChars(strings.ToValidUTF8(strings.ReplaceAll(r.Code, "\x00", ""), ""), maxCode)
		switch {
		case r.Delivered:
			r.Code = CodeDelivered
		case r.Code == "" || r.Code == CodeDelivered:
			r.Code = CodeUndelivered
		}
		if r.At.IsZero() || r.At.After(now) {
			r.At = now
		}
	}
	t, err := s.o.Store.ReportVideo(ctx, rs, now)
	if err == nil && t.Unmatched+t.Conflict+t.Late > 0 {
		s.o.Log.LogAttrs(ctx, slog.LevelWarn, "video reports that changed nothing", slog.Int("unmatched", t.Unmatched), slog.Int("conflict", t.Conflict),
			slog.Int("late", t.Late))
	}
	return t, err
}

// Codes of final states that carriers do not choose.
const (
	CodeDelivered   = "DELIVRD"
	CodeUndelivered = "UNDELIV"
	CodeExpired     = "EXPIRED" // its time was over before any carrier took it
	CodeTimeout     = "TIMEOUT" // no report within 72 hours
)

// Answer takes what handsets answered. When it returns nil, the answers are durable and queued for the customers. It may be called again with the same ones.
func (s *Service) Answer(ctx context.Context, us []Uplink) (Tally, error) {
	now := s.o.Now()
	for i := range us {
		u := &us[i]
		u.Content = strings.ToValidUTF8(strings.ReplaceAll(u.Content, "\x00", ""), "")
		if utf8.RuneCountInString(u.Content) > maxUplink {
			u.Content = firstChars(u.Content, maxUplink)
		}
		if u.From != "" {
			u.From, _ = dispatch.ParsePhone(u.From)
		}
		if u.At.IsZero() || u.At.After(now) {
			u.At = now
		}
	}
	t, err := s.o.Store.AddVideoUplinks(ctx, us, now)
	if err == nil {
		s.o.WakeNews()
		if t.Unmatched > 0 {
			s.o.Log.LogAttrs(ctx, slog.LevelWarn, "video uplinks of no known message", slog.Int("unmatched", t.Unmatched))
		}
	}
	return t, err
}
