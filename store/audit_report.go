package store

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// AuditReport is what the books say at one moment. Clean and Settled are its two verdicts.
type AuditReport struct {
	At      time.Time     `json:"at"`
	Outbox  int64         `json:"outbox"` // facts of this database that wait for the relay
	Tenants []TenantAudit `json:"tenants"`
}

// TenantAudit is one tenant's part. Every figure counts rows of all time; those of messages and links the rows that are kept (store/retention.go), those of meters what was swept, too.
type TenantAudit struct {
	Tenant   string       `json:"tenant"`
	Messages MessageAudit `json:"messages"`
	Links    LinkAudit    `json:"links"`
	Videos   MessageAudit `json:"video_messages"`
	Sends    MeterAudit   `json:"aim_send"`
	Parses   MeterAudit   `json:"aim_parse"`
	Basic    MeterAudit   `json:"aim_basic_send"`
	Clicks   MeterAudit   `json:"sa_menu_click"`
	Hours    HourAudit    `json:"hours"`
}

// MessageAudit is about SMS or video messages. It holds if accepted = success + fail + timeout + pending + submitted + ambiguous. Accepted is counted from the tasks, the rest from the messages.
type MessageAudit struct {
	Accepted  int64 `json:"accepted"`
	Pending   int64 `json:"pending"`   // not handed to a carrier yet
	Submitted int64 `json:"submitted"` // the receipt is awaited
	Ambiguous int64 `json:"ambiguous"` // perhaps handed over; the crash or the line ate the answer
	Success   int64 `json:"success"`
	Fail      int64 `json:"fail"`
	Timeout   int64 `json:"timeout"`
	BadTasks  int64 `json:"bad_tasks"` // tasks that do not have the messages they accepted; of video messages also those whose counters are wrong
}

// LinkAudit holds if no link is resolved more often than it may be, and the counters are what the resolutions add up to.
type LinkAudit struct {
	Links       int64 `json:"links"`
	Resolutions int64 `json:"resolutions"`
	OverLimit   int64 `json:"over_limit"`   // resolutions beyond a link's quota
	Duplicates  int64 `json:"duplicates"`   // ordinals given twice
	BadCounts   int64 `json:"bad_counters"` // links whose counters disagree with their resolutions
}

// MeterAudit sets facts and usage side by side.
type MeterAudit struct {
	Facts      int64 `json:"facts"`      // messages delivered, links resolved, menus clicked: what ought to be billed
	Usage      int64 `json:"usage"`      // rows on the books
	InFlight   int64 `json:"in_flight"`  // facts without a usage row: in the outbox, an edge's journal, Kafka or quarantine
	Unfounded  int64 `json:"unfounded"`  // usage rows without their fact
	Duplicates int64 `json:"duplicates"` // usage rows beyond the first of a fact
}

// HourAudit holds if buckets are the sum of their facts, and what was rated is what the bucket holds.
type HourAudit struct {
	Buckets    int64 `json:"buckets"`
	BadSums    int64 `json:"bad_sums"`    // buckets that are not the sum of their usage rows
	Rated      int64 `json:"rated"`       // buckets on the ledger
	BadRatings int64 `json:"bad_ratings"` // buckets whose line is missing, too many or of another quantity
}

// Balanced reports whether every accepted message is in exactly one place.
func (m MessageAudit) Balanced() bool {
	return m.BadTasks == 0 && m.Accepted == m.Pending+m.Submitted+m.Ambiguous+m.Success+m.Fail+m.Timeout
}

// Problems lists what contradicts itself, in words; empty means clean.
func (r *AuditReport) Problems() []string {
	var out []string
	for i := range r.Tenants {
		t := &r.Tenants[i]
		say := func(bad bool, format string, args ...any) {
			if bad {
				out = append(out, "tenant "+t.Tenant+": "+fmt.Sprintf(format, args...))
			}
		}
		say(!t.Messages.Balanced(), "%d messages were accepted, %d are accounted for, %d tasks disagree", t.Messages.Accepted,
			t.Messages.Pending+t.Messages.Submitted+t.Messages.Ambiguous+t.Messages.Success+t.Messages.Fail+t.Messages.Timeout, t.Messages.BadTasks)
		say(!t.Videos.Balanced(), "%d video messages were accepted, %d are accounted for, %d tasks disagree", t.Videos.Accepted,
			t.Videos.Pending+t.Videos.Submitted+t.Videos.Ambiguous+t.Videos.Success+t.Videos.Fail+t.Videos.Timeout, t.Videos.BadTasks)
		say(t.Basic.Unfounded > 0, "%d video messages billed that were not delivered", t.Basic.Unfounded)
		say(t.Basic.Duplicates > 0, "%d video messages billed twice", t.Basic.Duplicates)
		say(t.Links.OverLimit > 0, "%d resolutions beyond a link's quota", t.Links.OverLimit)
		say(t.Links.Duplicates > 0, "%d ordinals given twice", t.Links.Duplicates)
		say(t.Links.BadCounts > 0, "%d links whose counters disagree with their resolutions", t.Links.BadCounts)
		say(t.Sends.Unfounded > 0, "%d messages billed that were not delivered", t.Sends.Unfounded)
		say(t.Sends.Duplicates > 0, "%d messages billed twice", t.Sends.Duplicates)
		say(t.Parses.Duplicates > 0, "%d resolutions billed twice", t.Parses.Duplicates)
		say(t.Clicks.Duplicates > 0, "%d clicks billed twice", t.Clicks.Duplicates)
		say(t.Hours.BadSums > 0, "%d hours that are not the sum of their facts", t.Hours.BadSums)
		say(t.Hours.BadRatings > 0, "%d rated hours whose line disagrees", t.Hours.BadRatings)
	}
	return out
}

// Clean reports whether nothing contradicts itself. It holds at every moment, whatever is on its way or was killed.
func (r *AuditReport) Clean() bool { return len(r.Problems()) == 0 }

// Settled reports whether every billable fact is on the books and every usage row has its fact. While facts travel it does not hold: the outbox,
// Kafka, and the journal of an edge, which may reach Kafka before it is applied here.
func (r *AuditReport) Settled() bool {
	for _, t := range r.Tenants {
		if t.Sends.InFlight != 0 || t.Basic.InFlight != 0 || t.Parses.InFlight != 0 || t.Parses.Unfounded != 0 || t.Clicks.InFlight != 0 || t.Clicks.Unfounded != 0 {
			return false
		}
	}
	return true
}

// MarshalJSON adds the verdicts to the figures.
func (r *AuditReport) MarshalJSON() ([]byte, error) {
	type figures AuditReport
	return json.Marshal(struct {
		*figures
		Clean    bool     `json:"clean"`
		Settled  bool     `json:"settled"`
		Problems []string `json:"problems,omitempty"`
	}{(*figures)(r), r.Clean(), r.Settled(), r.Problems()})
}

// WriteTo prints the report for people.
func (r *AuditReport) WriteTo(w io.Writer) (int64, error) {
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight|tabwriter.Debug)
	row := func(cells ...any) {
		for _, c := range cells {
			fmt.Fprintf(t, "%v\t", c)
		}
		fmt.Fprintln(t)
	}
	row("tenant", "accepted", "success", "fail", "timeout", "submitted", "pending", "ambiguous")
	for _, a := range r.Tenants {
		m := a.Messages
		row(a.Tenant, m.Accepted, m.Success, m.Fail, m.Timeout, m.Submitted, m.Pending, m.Ambiguous)
	}
	t.Flush()
	b.WriteByte('\n')
	row("tenant", "links", "resolved", "over limit", "sent", "billed", "in flight", "parsed", "billed", "in flight", "clicked", "billed", "in flight", "hours", "rated")
	for _, a := range r.Tenants {
		row(a.Tenant, a.Links.Links, a.Links.Resolutions, a.Links.OverLimit, a.Sends.Facts, a.Sends.Usage, a.Sends.InFlight,
			a.Parses.Facts, a.Parses.Usage, a.Parses.InFlight, a.Clicks.Facts, a.Clicks.Usage, a.Clicks.InFlight, a.Hours.Buckets, a.Hours.Rated)
	}
	t.Flush()
	b.WriteByte('\n')
	row("tenant", "video messages", "success", "fail", "timeout", "submitted", "pending", "ambiguous", "billed", "in flight")
	for _, a := range r.Tenants {
		m := a.Videos
		row(a.Tenant, m.Accepted, m.Success, m.Fail, m.Timeout, m.Submitted, m.Pending, m.Ambiguous, a.Basic.Usage, a.Basic.InFlight)
	}
	t.Flush()
	fmt.Fprintf(&b, "\n%d facts in the outbox\n", r.Outbox)
	for _, p := range r.Problems() {
		b.WriteString("PROBLEM " + p + "\n")
	}
	switch {
	case !r.Clean():
		b.WriteString("The books contradict themselves.\n")
	case r.Settled():
		b.WriteString("The books are clean and settled: billed = successful.\n")
	default:
		b.WriteString("The books are clean; facts are still on their way.\n")
	}
	n, err := io.WriteString(w, b.String())
	return int64(n), err
}
