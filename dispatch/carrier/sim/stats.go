package sim

import "sync/atomic"

// Stats are counts since Start.
type Stats struct {
	Connections   int   `json:"connections"` // open now
	Logins        int64 `json:"logins"`
	RefusedLogins int64 `json:"refused_logins"`

	Submits    int64 `json:"submits"`           // SUBMIT PDUs read
	Accepted   int64 `json:"accepted"`          // messages: a PDU to n numbers counts n
	Flow       int64 `json:"flow_control"`      // PDUs refused with result 8
	Refused    int64 `json:"refused"`           // PDUs refused with another result
	MaxWindow  int64 `json:"max_window"`        // most submits of one connection unanswered at once
	Violations int64 `json:"window_violations"` // submits beyond the window

	Delivered      int64 `json:"delivered"`       // DELIVER PDUs sent, repeats included
	Acked          int64 `json:"acked"`           // answers to them
	DeliverRefused int64 `json:"deliver_refused"` // of those, answers other than 0
	Abandoned      int64 `json:"abandoned"`       // deliveries given up
	Stray          int64 `json:"stray"`           // answers to nothing
	Pending        int64 `json:"pending"`         // deliveries still to come or unanswered

	Heartbeats int64 `json:"heartbeats"` // received
	Unknown    int64 `json:"unknown"`    // PDUs that we do not know
	Broken     int64 `json:"broken"`     // connections that ended with an error
}

// counters are Stats being made.
type counters struct {
	logins, refusedLogins, submits, accepted, flow, refused, maxWindow, violations, reports, delivered, acked, deliverRefused, abandoned,
	stray, heartbeats, unknown, broken atomic.Int64
}

// window notes the number of unanswered submits of a connection.
func (c *counters) window(open int32) {
	for {
		most := c.maxWindow.Load()
		if int64(open) <= most || c.maxWindow.CompareAndSwap(most, int64(open)) {
			return
		}
	}
}

// Stats is a snapshot; its counts are taken one after the other.
func (s *Server) Stats() Stats {
	s.mu.Lock()
	conns := len(s.conns)
	s.mu.Unlock()
	c := &s.count
	return Stats{
		Connections: conns, Logins: c.logins.Load(), RefusedLogins: c.refusedLogins.Load(), Submits: c.submits.Load(), Accepted: c.accepted.Load(),
		Flow: c.flow.Load(), Refused: c.refused.Load(), MaxWindow: c.maxWindow.Load(), Violations: c.violations.Load(),
		Delivered: c.delivered.Load(), Acked: c.acked.Load(), DeliverRefused: c.deliverRefused.Load(), Abandoned: c.abandoned.Load(),
		Stray: c.stray.Load(), Pending: s.pending.Load(), Heartbeats: c.heartbeats.Load(), Unknown: c.unknown.Load(), Broken: c.broken.Load(),
	}
}
