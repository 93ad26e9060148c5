package dispatch

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"

	"cardlink/dispatch/carrier"
)

// Limits of replies.
const (
	PartLimit   = 5 * time.Minute     // parts of a long reply are waited for so long (carriers.md §8)
	ReplyRepeat = 72 * time.Hour      // a carrier's repeat of a delivery is known for so long
	ReplyLife   = 90 * 24 * time.Hour // replies can be listed for so long

	replyLimit = 200  // replies of one transaction
	partsLimit = 2000 // waiting parts looked at; a flood of parts delays long replies, not whole ones
)

// ChannelReply is a delivery from a handset and the channel it came over.
type ChannelReply struct {
	Channel string
	carrier.Reply
}

// UnreadReply is a delivery that is on disk and that nothing was done about yet.
type UnreadReply struct {
	ID int64
	ChannelReply
}

// Reply is what a handset wrote to an application.
type Reply struct {
	UID      string // the wire's smsMsgId
	Tenant   string
	AppID    string
	From     string // +86…, or as the carrier gave it if it is no mobile number
	To       string // the number replied to: access number, perhaps with an extension
	Text     string
	OptOut   bool // the text asks for no more marketing
	Complete bool // false: parts never came, … stands for them
	At       time.Time
}

// Settlement says what became of deliveries: a reply of an application, or nobody's.
type Settlement struct {
	Deliveries []int64
	Reply      *Reply // nil: nobody's
}

// ReplyTally counts what SettleReplies did.
type ReplyTally struct {
	Replies, Nobody    int
	OptOuts            int // numbers that were not on a blacklist before
	Queued             int // deliveries to applications
	Incomplete, Passed int // incomplete replies; settlements that another worker was faster with
}

// ReplyQueue is the part of Queue that keeps what handsets write.
type ReplyQueue interface {
	// SaveReplies keeps deliveries, all or none. One that is there already stays as it is.
	SaveReplies(ctx context.Context, rs []ChannelReply) error
	// UnreadReplies lists deliveries nothing was done about, oldest first: at most whole of whole texts, and at most parts of parts of long ones.
	UnreadReplies(ctx context.Context, whole, parts int) ([]UnreadReply, error)
	// Addressee finds the application that a number's reply to one of our numbers is for: the only one whose signatures bear the number, else the one
	// whose message the number got last before the given moment. It reports false if there is none.
	Addressee(ctx context.Context, to, from string, before time.Time) (tenant, app string, found bool, err error)
	// SettleReplies makes it so, in one transaction: deliveries are read, replies kept, opt-outs on the blacklist, and replies queued for their
	// application's address. A settlement whose deliveries were read meanwhile changes nothing.
	SettleReplies(ctx context.Context, now time.Time, ss []Settlement) (ReplyTally, error)
}

// saveReplies makes deliveries durable; only then the carrier is answered.
func (w *Worker) saveReplies(ctx context.Context, rs []ChannelReply, done []func(error)) {
	if len(rs) == 0 {
		return
	}
	err := w.o.Store.SaveReplies(ctx, rs)
	if err != nil && ctx.Err() == nil {
		w.log.Error("save replies; the carrier will repeat them", "count", len(rs), "error", err)
	}
	for _, d := range done {
		d(err)
	}
	select {
	case w.heard <- struct{}{}:
	default:
	}
}

// readReplies does what replies ask for, at once when one was saved here, else every second: another node may have died before it did.
func (w *Worker) readReplies(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		more, err := w.readOnce(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			w.log.Error("read replies", "error", err) // and wait for the next tick
		case more:
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-w.heard:
		case <-tick.C:
		}
	}
}

// readOnce reads one batch. It reports whether there may be more.
func (w *Worker) readOnce(ctx context.Context) (more bool, err error) {
	unread, err := w.o.Store.UnreadReplies(ctx, replyLimit, partsLimit)
	if err != nil || len(unread) == 0 {
		return false, err
	}
	now := w.now()
	ss, whole := joinReplies(unread, now)
	for i := range ss {
		r := ss[i].Reply
		if e164, ok := parseSubscriber(r.From); ok {
			r.From = e164
		}
		var found bool
		if r.Tenant, r.AppID, found, err = w.o.Store.Addressee(ctx, r.To, r.From, r.At); err != nil {
			return false, err
		}
		if !found {
			ss[i].Reply = nil
			continue
		}
		r.UID, r.OptOut = uuid.NewString(), r.Complete && OptsOut(r.Text)
	}
	if len(ss) == 0 {
		return false, nil
	}
	t, err := w.o.Store.SettleReplies(ctx, now, ss)
	if err != nil {
		return false, err
	}
	w.stats.replied(t)
	if t.Queued > 0 && w.o.Delivered != nil {
		w.o.Delivered()
	}
	return whole == replyLimit, nil
}

// parseSubscriber reads a handset's number as carriers write it: with country code and without a plus.
func parseSubscriber(s string) (string, bool) {
	if e164, ok := ParsePhone(s); ok {
		return e164, true
	}
	return ParsePhone("+" + strings.TrimPrefix(s, "+"))
}

// joinReplies makes replies of deliveries: of whole ones, of long ones whose parts are all there, and of those whose first part is PartLimit old.
// Deliveries are ordered by their ids. whole counts the deliveries that were no parts.
func joinReplies(unread []UnreadReply, now time.Time) (ss []Settlement, whole int) {
	type longText struct {
		from, to string
		ref      uint16
		total    uint8
	}
	long := make(map[longText][]UnreadReply)
	var order []longText
	for _, u := range unread {
		if u.Total <= 1 || u.Number < 1 || u.Number > u.Total {
			whole++
			ss = append(ss, Settlement{[]int64{u.ID}, &Reply{From: u.From, To: u.To, Text: u.Text, Complete: true, At: u.At}})
			continue
		}
		k := longText{u.From, u.To, u.Ref, u.Total}
		if long[k] == nil {
			order = append(order, k)
		}
		long[k] = append(long[k], u)
	}
	for _, k := range order {
		if s, ok := joinParts(long[k], int(k.total), now); ok {
			ss = append(ss, s)
		}
	}
	return ss, whole
}

// joinParts makes one reply of the parts that are there, if it is time.
func joinParts(parts []UnreadReply, total int, now time.Time) (Settlement, bool) {
	texts := make([]*string, total)
	have := 0
	var s Settlement
	for i := range parts {
		p := &parts[i]
		s.Deliveries = append(s.Deliveries, p.ID)
		if t := &texts[p.Number-1]; *t == nil { // the first of two with one number counts
			*t = &p.Text
			have++
		}
	}
	first := parts[0].At
	if have < total && now.Sub(first) < PartLimit {
		return s, false
	}
	var b strings.Builder
	gap := false
	for _, t := range texts {
		if t != nil {
			b.WriteString(*t)
		} else if !gap {
			b.WriteString("…")
		}
		gap = t == nil
	}
	s.Reply = &Reply{From: parts[0].From, To: parts[0].To, Text: b.String(), Complete: have == total, At: first}
	return s, true
}
