package dispatch_test

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"cardlink/dispatch"
	"cardlink/dispatch/carrier"
	"cardlink/identity"
	"cardlink/store"
)

// blank is a migrated SQLite file with the tenants t0 … t3, made once and copied.
var blank = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "dispatch")
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "blank.db")
	db, err := store.Open(context.Background(), store.Options{File: file})
	if err != nil {
		return "", err
	}
	if _, err := db.Migrate(context.Background()); err != nil {
		return "", err
	}
	if err := db.Close(); err != nil {
		return "", err
	}
	raw, err := sql.Open("sqlite", file)
	if err != nil {
		return "", err
	}
	v, err := identity.NewVault(make([]byte, 32))
	if err != nil {
		return "", err
	}
	for i := range 4 {
		id := "t" + strconv.Itoa(i)
		if _, err := raw.Exec(`INSERT INTO tenants (id, name, project_id, project_name, data_key, created_ms) VALUES ($1, $1, $1, 'p', $2, 0)`,
			id, base64.RawStdEncoding.EncodeToString(v.NewDataKey(id))); err != nil {
			return "", err
		}
	}
	return file, raw.Close()
})

func TestMain(m *testing.M) {
	code := m.Run()
	if file, err := blank(); err == nil {
		os.RemoveAll(filepath.Dir(file))
	}
	os.Exit(code)
}

// openStore opens a copy of blank.
func openStore(dir string) (*store.DB, string, error) {
	from, err := blank()
	if err != nil {
		return nil, "", err
	}
	in, err := os.Open(from)
	if err != nil {
		return nil, "", err
	}
	defer in.Close()
	f, err := os.CreateTemp(dir, "*.db")
	if err != nil {
		return nil, "", err
	}
	if _, err := io.Copy(f, in); err != nil {
		return nil, "", err
	}
	if err := f.Close(); err != nil {
		return nil, "", err
	}
	v, err := identity.NewVault(make([]byte, 32))
	if err != nil {
		return nil, "", err
	}
	db, err := store.Open(context.Background(), store.Options{File: f.Name(), Vault: v})
	return db, f.Name(), err
}

// fewer lowers the number of cases of a costly property, unless the command line asks for a number.
func fewer(n int) (restore func()) {
	asked := false
	flag.Visit(func(f *flag.Flag) { asked = asked || f.Name == "rapid.checks" })
	if asked {
		return func() {}
	}
	if dispatch.RaceEnabled {
		n /= 8
	}
	f := flag.Lookup("rapid.checks")
	was := f.Value.String()
	_ = f.Value.Set(strconv.Itoa(n)) // a number is a number
	return func() { _ = f.Value.Set(was) }
}

const testNumber = "1069001234"

// queueMessages makes tasks of n messages in all, over tenants, and returns the messages.
func queueMessages(db *store.DB, n int, class func(i int) dispatch.Class, text string) ([]dispatch.Message, error) {
	var all []dispatch.Message
	for t := 0; len(all) < n; t++ {
		first, err := db.LeaseIDs(context.Background(), "messages", 1, 100)
		if err != nil {
			return nil, err
		}
		tenant, now := "t"+strconv.Itoa(t%4), time.Now()
		c := class(t)
		kind := dispatch.KindNotify
		if c == dispatch.Marketing {
			kind = dispatch.KindPromotion
		}
		task := dispatch.SendTask{
			ID: first, UUID: fmt.Sprintf("80959fd0-dc23-42e3-9595-%012d", first), Tenant: tenant, Account: "api", Name: "task", TplID: 600000001,
			SMSTplID: 10000000, Sign: "示例商城", Number: testNumber, Kind: kind, State: dispatch.TaskSuccess, FirstMessage: first, CreatedAt: now,
		}
		var ms []dispatch.Message
		for i := range min(perTask, n-len(all)) {
			number := strconv.FormatInt(13800000000+int64(len(all)+i), 10)
			ms = append(ms, dispatch.Message{
				ID: first + int64(i), Task: task.ID, CustFlag: number, Phone: "+86" + number, Text: text, Carrier: dispatch.CMCC, Class: c,
				Route: testNumber + "/" + dispatch.SMSKind(kind) + "/cmcc", Segments: 1, CreatedAt: now, ExpireAt: now.Add(24 * time.Hour),
			})
		}
		task.Submissions, task.Sends = len(ms), len(ms)
		if _, err := db.CreateSendTask(context.Background(), task, nil, ms, nil); err != nil {
			return nil, err
		}
		all = append(all, ms...)
	}
	return all, nil
}

// perTask is small, so that a few messages make many tasks of all classes and tenants.
const perTask = 7

func mixed(i int) dispatch.Class { return dispatch.Class(i % dispatch.Classes) }

// mortal is a store that dies at its n-th call: the call is done or not, its answer is lost, and no later call is done.
type mortal struct {
	dispatch.Queue
	left atomic.Int64
	done bool // the fatal call itself still happens
	died chan struct{}
}

var errDead = errors.New("the process is gone")

func (m *mortal) call(do func() error) error {
	switch n := m.left.Add(-1); {
	case n > 0:
		return do()
	case n == 0:
		close(m.died)
		if m.done {
			_ = do() // whatever it says, nobody is there to hear it
		}
	}
	return errDead
}

func (m *mortal) ClaimMessages(ctx context.Context, c dispatch.Claim) (ws []dispatch.Waiting, err error) {
	err = m.call(func() (err error) { ws, err = m.Queue.ClaimMessages(ctx, c); return err })
	return ws, err
}

func (m *mortal) Intend(ctx context.Context, owner int64, now time.Time, in []dispatch.Intent) (held map[int64]dispatch.Admission, err error) {
	err = m.call(func() (err error) { held, err = m.Queue.Intend(ctx, owner, now, in); return err })
	return held, err
}

func (m *mortal) RecordResults(ctx context.Context, r dispatch.Record) (t dispatch.Tally, err error) {
	err = m.call(func() (err error) { t, err = m.Queue.RecordResults(ctx, r); return err })
	return t, err
}

func (m *mortal) dead() bool { return m.left.Load() <= 0 }

func (m *mortal) ReleaseMessages(ctx context.Context, owner int64, h []dispatch.Held) error {
	if m.dead() {
		return errDead
	}
	return m.Queue.ReleaseMessages(ctx, owner, h)
}

func (m *mortal) CloseOwner(ctx context.Context, owner int64) error {
	if m.dead() {
		return errDead
	}
	return m.Queue.CloseOwner(ctx, owner)
}

func (m *mortal) SweepMessages(ctx context.Context, now time.Time, n int) (dispatch.Tally, error) {
	if m.dead() {
		return dispatch.Tally{}, errDead
	}
	return m.Queue.SweepMessages(ctx, now, n)
}

func (m *mortal) RecoverMessages(ctx context.Context, now time.Time, n int) (dispatch.Tally, error) {
	if m.dead() {
		return dispatch.Tally{}, errDead
	}
	return m.Queue.RecoverMessages(ctx, now, n)
}

func channel(rate int) dispatch.Channel {
	return dispatch.Channel{Name: "cmcc-1", Protocol: "cmpp", Number: testNumber, Rate: rate}
}

// world is a store, a carrier and a worker inside a synctest bubble.
type world struct {
	db      *store.DB
	file    string
	carrier *fakeCarrier
}

func newWorld(dir string, seed uint64, faults int) (*world, error) {
	db, file, err := openStore(dir)
	if err != nil {
		return nil, err
	}
	return &world{db, file, newFakeCarrier(seed, faults)}, nil
}

func (w *world) close() error {
	w.carrier.close()
	return w.db.Close()
}

// work runs a worker until stop says so.
func (w *world) work(q dispatch.Queue, rate int, stop func()) error {
	worker, err := dispatch.NewWorker(dispatch.Options{
		Store: q, Node: "n1", Channels: []dispatch.Channel{channel(rate)}, Dial: w.carrier.dial, Grace: time.Second,
	})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- worker.Run(ctx) }()
	stop()
	cancel()
	return <-ended
}

// quiet returns when no message has moved for 40 seconds and none waits, or after six hours: with four answers of five gone wrong the breaker lets messages
// through in handfuls, a minute apart.
func (w *world) quiet() {
	var last dispatch.Books
	for same, i := 0, 0; i < 6*360 && same < 4; i++ {
		time.Sleep(10 * time.Second)
		b, err := w.db.Books(context.Background(), "")
		if err != nil || b != last || b.Pending > 0 {
			same = -1
		}
		last, same = b, same+1
	}
}

// facts counts the outbox by type, and how many distinct ids there are.
func (w *world) facts() (map[string]int, error) {
	raw, err := sql.Open("sqlite", w.file)
	if err != nil {
		return nil, err
	}
	defer raw.Close()
	rows, err := raw.Query(`SELECT value->>'type', COUNT(*), COUNT(DISTINCT value->>'id') FROM outbox GROUP BY 1`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	n := map[string]int{}
	for rows.Next() {
		var kind string
		var all, distinct int
		if err := rows.Scan(&kind, &all, &distinct); err != nil {
			return nil, err
		}
		n[kind], n[kind+" distinct"] = all, distinct
	}
	return n, rows.Err()
}

// check proves the promises of docs/dispatch.md about messages after the last worker has gone.
func (w *world) check(messages []dispatch.Message, parts int) error {
	ctx := context.Background()
	books, err := w.db.Books(ctx, "")
	if err != nil {
		return err
	}
	if !books.Balanced() || books.Accepted != int64(len(messages)) {
		return fmt.Errorf("the books do not balance: %+v", books)
	}
	if books.Pending > 0 {
		return fmt.Errorf("messages are stuck: %+v", books)
	}
	var errs []error
	for i := range messages {
		m := &messages[i]
		most := 1
		if m.Class.Resend() {
			most = 2
		}
		if n := w.carrier.copies(m.ID, parts); n > most {
			errs = append(errs, fmt.Errorf("%v message %d went out %d times", m.Class, m.ID, n))
		}
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	// Three days later nothing is open.
	for range 10 {
		if _, err := w.db.SweepMessages(ctx, time.Now().Add(73*time.Hour), 1000); err != nil {
			return err
		}
	}
	books, err = w.db.Books(ctx, "")
	if err != nil {
		return err
	}
	facts, err := w.facts()
	if err != nil {
		return err
	}
	final := int(books.Succeeded + books.Failed + books.TimedOut)
	if !books.Balanced() || books.Submitted+books.Ambiguous > 0 && books.Pending == 0 {
		return fmt.Errorf("after 72 h: %+v", books)
	}
	if facts["aim.send.receipt.v1"] != final || facts["aim.send.receipt.v1 distinct"] != final {
		return fmt.Errorf("%d final messages, receipt facts: %v", final, facts)
	}
	return nil
}

const long = "【示例商城】" // repeated: two parts of UCS-2

// Whatever carriers answer and in whatever order, every accepted message is somewhere, once, and no advertisement goes out twice.
func TestBooksBalanceUnderFaults(t *testing.T) {
	defer fewer(30)()
	dir := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		seed := rapid.Uint64().Draw(rt, "seed")
		faults := rapid.SampledFrom([]int{0, 10, 40, 80}).Draw(rt, "faults")
		n := rapid.IntRange(1, 150).Draw(rt, "messages")
		parts := rapid.IntRange(1, 3).Draw(rt, "parts")
		var err error
		synctest.Test(t, func(*testing.T) { err = faulty(dir, seed, faults, n, parts) })
		if err != nil {
			rt.Fatal(err)
		}
	})
}

func faulty(dir string, seed uint64, faults, n, parts int) (err error) {
	w, err := newWorld(dir, seed, faults)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	text := strings.Repeat(long, parts*10) // 60 units each 10: one part of 60, two of 120, three of 180
	ms, err := queueMessages(w.db, n, mixed, text)
	if err != nil {
		return err
	}
	if err := w.work(w.db, 100, w.quiet); err != nil {
		return err
	}
	return w.check(ms, parts)
}

// The process dies at any moment of any call, again and again; nothing is lost, and the promises hold.
func TestBooksBalanceOverCrashes(t *testing.T) {
	defer fewer(40)()
	dir := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		seed := rapid.Uint64().Draw(rt, "seed")
		faults := rapid.SampledFrom([]int{0, 20}).Draw(rt, "faults")
		n := rapid.IntRange(1, 120).Draw(rt, "messages")
		parts := rapid.IntRange(1, 2).Draw(rt, "parts")
		type death struct {
			Call int
			Done bool
		}
		deaths := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) death {
			return death{rapid.IntRange(1, 25).Draw(rt, "call"), rapid.Bool().Draw(rt, "done")}
		}), 1, 4).Draw(rt, "deaths")
		var err error
		synctest.Test(t, func(*testing.T) {
			err = func() (err error) {
				w, err := newWorld(dir, seed, faults)
				if err != nil {
					return err
				}
				defer func() { err = errors.Join(err, w.close()) }()
				ms, err := queueMessages(w.db, n, mixed, strings.Repeat(long, parts*10))
				if err != nil {
					return err
				}
				for _, d := range deaths {
					m := &mortal{Queue: w.db, done: d.Done, died: make(chan struct{})}
					m.left.Store(int64(d.Call))
					if err := w.work(m, 100, func() {
						select {
						case <-m.died:
						case <-time.After(20 * time.Second):
						}
					}); err != nil && !errors.Is(err, errDead) {
						return err
					}
				}
				if err := w.work(w.db, 100, w.quiet); err != nil {
					return err
				}
				return w.check(ms, parts)
			}()
		})
		if err != nil {
			rt.Fatal(err)
		}
	})
}

var _ carrier.Session = (*fakeSession)(nil)
