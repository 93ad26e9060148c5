package sim

import (
	"slices"
	"sync"
	"time"

	"cardlink/dispatch/carrier"
	"cardlink/dispatch/carrier/cmpp"
)

// Message is one that was accepted: a whole text to one number. A long message whose parts have not all come is handed out after five minutes, or
// when too many wait, with Whole false.
type Message struct {
	Account string    `json:"account"`
	Source  string    `json:"source"`
	Dest    string    `json:"dest"`
	Text    string    `json:"text"`
	Format  uint8     `json:"format"`
	Parts   int       `json:"parts"`
	Whole   bool      `json:"whole"`
	MsgIDs  []string  `json:"msg_ids"` // of the parts, in their order
	Stat    string    `json:"stat"`    // that the report says or will say; of the last part to come
	At      time.Time `json:"at"`      // of the first part
}

// Bounds of what waits for its other parts.
const (
	joinLimit = 1 << 14
	joinWait  = 5 * time.Minute
)

// joinKey names a long message under way.
type joinKey struct {
	account, source, dest string
	ref                   uint16
	total                 uint8
}

// joining is a long message of which some parts have come.
type joining struct {
	first time.Time
	texts []string
	ids   []string
	have  int
	m     Message
}

// inbox joins parts and keeps the latest messages.
type inbox struct {
	tell func(Message)
	most int // messages kept

	mu    sync.Mutex
	ring  []Message
	next  int // where the next goes; the oldest once the ring is full
	open  map[joinKey]*joining
	order []joinKey // of arrival, from first on; may name keys that are gone
	first int
}

func newInbox(keep int, tell func(Message)) *inbox {
	keep = max(keep, 0)
	return &inbox{tell: tell, most: keep, ring: make([]Message, 0, keep), open: map[joinKey]*joining{}}
}

// idle reports that nobody looks at messages, so that none need be read.
func (b *inbox) idle() bool { return b.most == 0 && b.tell == nil }

// add takes one accepted part to one number.
func (b *inbox) add(account string, s *cmpp.Submit, dest []byte, id cmpp.MsgID, stat string, now time.Time) {
	var c carrier.Concat
	text := s.Content
	if cmpp.HasUDH(s.UDHI) {
		c, text, _ = carrier.CutHeader(s.Content)
	}
	m := Message{
		Account: account, Source: string(s.Source), Dest: string(dest), Text: carrier.Decode(s.Format, text), Format: s.Format,
		Parts: 1, Whole: true, MsgIDs: []string{id.String()}, Stat: stat, At: now,
	}
	b.mu.Lock()
	out := b.expire(now, nil)
	if c.Total > 1 && c.Number >= 1 && c.Number <= c.Total {
		if whole, ok := b.join(c, m); ok {
			out = append(out, whole)
		}
	} else {
		out = append(out, m)
	}
	for _, m := range out {
		b.keep(m)
	}
	b.mu.Unlock()
	if b.tell != nil {
		for _, m := range out {
			b.tell(m)
		}
	}
}

// join adds a part, and gives the message when it was the last.
func (b *inbox) join(c carrier.Concat, m Message) (Message, bool) {
	key := joinKey{m.Account, m.Source, m.Dest, c.Ref, c.Total}
	j := b.open[key]
	if j == nil {
		j = &joining{first: m.At, texts: make([]string, c.Total), ids: make([]string, c.Total)}
		b.open[key] = j
		b.order = append(b.order, key)
	}
	at := c.Number - 1
	if j.ids[at] == "" {
		j.have++
	}
	j.texts[at], j.ids[at] = m.Text, m.MsgIDs[0]
	m.At = j.first
	j.m = m
	if j.have < int(c.Total) {
		return Message{}, false
	}
	delete(b.open, key)
	return j.message(), true
}

// message is what there is of it.
func (j *joining) message() Message {
	m := j.m
	m.Text, m.MsgIDs = "", nil
	for i, id := range j.ids {
		if id != "" {
			m.Text += j.texts[i]
			m.MsgIDs = append(m.MsgIDs, id)
		}
	}
	m.Parts, m.Whole = len(j.ids), j.have == len(j.ids)
	return m
}

// expire appends messages that have waited too long for their other parts, or that must make room.
func (b *inbox) expire(now time.Time, out []Message) []Message {
	for ; b.first < len(b.order); b.first++ {
		key := b.order[b.first]
		j := b.open[key]
		if j == nil {
			continue
		}
		if len(b.order)-b.first < joinLimit && now.Sub(j.first) < joinWait {
			break
		}
		delete(b.open, key)
		out = append(out, j.message())
	}
	if 2*b.first >= len(b.order) {
		b.order = slices.Delete(b.order, 0, b.first)
		b.first = 0
	}
	return out
}

// keep puts a message into the ring.
func (b *inbox) keep(m Message) {
	switch {
	case b.most == 0:
	case len(b.ring) < b.most:
		b.ring = append(b.ring, m)
	default:
		b.ring[b.next] = m
		b.next = (b.next + 1) % len(b.ring)
	}
}

// all is a copy of what is kept, oldest first.
func (b *inbox) all() []Message {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append(append(make([]Message, 0, len(b.ring)), b.ring[b.next:]...), b.ring[:b.next]...)
}
