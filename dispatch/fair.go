package dispatch

// fairQueue holds the messages of one route in memory: by class, within a class by tenant in deficit round robin (cost = segments), within
// a tenant by campaign in turn. It is bounded by whoever fills it and is not safe for concurrent use.
type fairQueue struct {
	classes [Classes]classQueue
}

// quantum is the segments a tenant of weight 1 may send before the next tenant's turn.
const quantum = 8

type classQueue struct {
	tenants map[string]*tenantQueue
	turn    []*tenantQueue // tenants with messages, the one whose turn it is first
	count   int
	front   []*flight // messages that go before all others: they were out already
}

type tenantQueue struct {
	tenant    string
	deficit   int
	served    bool // got its quantum in this turn
	campaigns map[int64]*campaign
	turn      []*campaign
	count     int
}

type campaign struct {
	task  int64
	queue []*flight
}

// push adds a message at the end of its campaign.
func (q *fairQueue) push(f *flight) {
	c := &q.classes[f.Class]
	if c.tenants == nil {
		c.tenants = make(map[string]*tenantQueue)
	}
	t := c.tenants[f.Tenant]
	if t == nil {
		t = &tenantQueue{tenant: f.Tenant, campaigns: make(map[int64]*campaign)}
		c.tenants[f.Tenant] = t
		c.turn = append(c.turn, t)
	}
	p := t.campaigns[f.Task]
	if p == nil {
		p = &campaign{task: f.Task}
		t.campaigns[f.Task] = p
		t.turn = append(t.turn, p)
	}
	p.queue = append(p.queue, f)
	t.count++
	c.count++
}

// pushFront adds a message before all others of its class.
func (q *fairQueue) pushFront(f *flight) {
	c := &q.classes[f.Class]
	c.front = append(c.front, f)
	c.count++
}

// pop takes the next message of a class, or nil. weight gives a tenant's share; nil means equal shares.
func (q *fairQueue) pop(class Class, weight func(tenant string) int) *flight {
	c := &q.classes[class]
	if n := len(c.front); n > 0 {
		f := c.front[0]
		c.front[0] = nil
		if c.front = c.front[1:]; n == 1 {
			c.front = nil
		}
		c.count--
		return f
	}
	for len(c.turn) > 0 {
		t := c.turn[0]
		if !t.served {
			w := 1
			if weight != nil {
				w = max(1, weight(t.tenant))
			}
			t.deficit += quantum * w
			t.served = true
		}
		cost := max(1, t.turn[0].queue[0].Segments)
		if cost > t.deficit {
			t.served = false
			c.turn = append(c.turn[1:], t)
			continue
		}
		t.deficit -= cost
		f := t.pop()
		c.count--
		if t.count == 0 {
			delete(c.tenants, t.tenant)
			c.turn = c.turn[1:]
		}
		return f
	}
	return nil
}

func (t *tenantQueue) pop() *flight {
	p := t.turn[0]
	f := p.queue[0]
	p.queue[0] = nil
	p.queue = p.queue[1:]
	t.count--
	if len(p.queue) == 0 {
		delete(t.campaigns, p.task)
		t.turn = t.turn[1:]
	} else {
		t.turn = append(t.turn[1:], p)
	}
	return f
}

// drain empties the queue.
func (q *fairQueue) drain() (all []*flight) {
	for class := range Class(Classes) {
		for f := q.pop(class, nil); f != nil; f = q.pop(class, nil) {
			all = append(all, f)
		}
	}
	return all
}

// Floors: of every notifyFloor messages at least one is a notification, of every marketingFloor one is marketing, if any wait; else
// the lowest class goes first.
const (
	notifyFloor    = 5
	marketingFloor = 20
)

// picker chooses classes for one channel.
type picker struct{ passed [Classes]int } // messages that went since a class that waited had its turn

// pick chooses among the classes that have messages; false: none has.
func (p *picker) pick(waits [Classes]bool) (Class, bool) {
	chosen, ok := Class(0), false
	switch {
	case waits[Marketing] && p.passed[Marketing] >= marketingFloor-1:
		chosen, ok = Marketing, true
	case waits[Notify] && p.passed[Notify] >= notifyFloor-1:
		chosen, ok = Notify, true
	default:
		for c := range Class(Classes) {
			if waits[c] {
				chosen, ok = c, true
				break
			}
		}
	}
	if !ok {
		return 0, false
	}
	for c := range Class(Classes) {
		if c == chosen || !waits[c] {
			p.passed[c] = 0
		} else {
			p.passed[c]++
		}
	}
	return chosen, true
}
