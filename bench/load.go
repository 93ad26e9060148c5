package bench

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
	"time"
)

// Load is a closed-loop HTTP load: Conns connections, each sending its next request when the answer to the last one is read. The same generator
// drives product and reference, so its own cost is in both.
type Load struct {
	Addr  string // host:port
	Conns int
	For   time.Duration
	// Request appends the n-th request of connection conn, headers and blank line included, to dst.
	Request func(dst []byte, conn, n int, r *rand.Rand) []byte
	// Status is the status code every answer must have.
	Status int
	// Count ends a connection after so many requests; 0 = when For is over.
	Count int
}

// Outcome is what a load did.
type Outcome struct {
	Requests uint64
	Errors   uint64 // answers of another status, and broken connections
	Took     time.Duration
	Latency  Histogram
	First    string // the first wrong answer, for the reader of the report
}

// Rate is requests per second.
func (o *Outcome) Rate() float64 { return float64(o.Requests) / o.Took.Seconds() }

// Run applies the load. It returns an error only if it could not connect at all.
func (l Load) Run(ctx context.Context) (*Outcome, error) {
	ctx, cancel := context.WithTimeout(ctx, l.For)
	defer cancel()
	conns := make([]net.Conn, l.Conns)
	for i := range conns {
		c, err := net.DialTimeout("tcp", l.Addr, 5*time.Second)
		if err != nil {
			for _, open := range conns[:i] {
				open.Close()
			}
			return nil, fmt.Errorf("connect to %s: %w", l.Addr, err)
		}
		conns[i] = c
	}
	outs := make([]Outcome, l.Conns)
	start := time.Now()
	var wg sync.WaitGroup
	for i, c := range conns {
		wg.Go(func() {
			defer c.Close()
			l.drive(ctx, c, i, &outs[i])
		})
	}
	wg.Wait()
	total := &Outcome{Took: time.Since(start)}
	for i := range outs {
		total.Requests += outs[i].Requests
		total.Errors += outs[i].Errors
		total.Latency.Merge(&outs[i].Latency)
		if total.First == "" {
			total.First = outs[i].First
		}
	}
	return total, nil
}

func (l Load) drive(ctx context.Context, c net.Conn, conn int, out *Outcome) {
	r := rand.New(rand.NewPCG(uint64(conn), 7))
	in := bufio.NewReaderSize(c, 16<<10)
	var req []byte
	for n := 0; ctx.Err() == nil && (l.Count == 0 || n < l.Count); n++ {
		req = l.Request(req[:0], conn, n, r)
		at := time.Now()
		if _, err := c.Write(req); err != nil {
			out.wrong("write: " + err.Error())
			return
		}
		status, err := readAnswer(in)
		if err != nil {
			out.wrong("read: " + err.Error())
			return
		}
		out.Latency.Record(time.Since(at))
		out.Requests++
		if status != l.Status {
			out.wrong(fmt.Sprintf("status %d to %q", status, firstLine(req)))
		}
	}
}

func (o *Outcome) wrong(what string) {
	o.Errors++
	if o.First == "" {
		o.First = what
	}
}

func firstLine(b []byte) []byte {
	line, _, _ := bytes.Cut(b, []byte("\r\n"))
	return line
}

// readAnswer reads one HTTP/1.1 answer with a Content-Length and throws its body away. It allocates nothing.
func readAnswer(in *bufio.Reader) (status int, err error) {
	line, err := in.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	if len(line) < 12 {
		return 0, errors.New("not an HTTP answer")
	}
	if status, err = atoi(line[9:12]); err != nil {
		return 0, err
	}
	length := 0
	for {
		if line, err = in.ReadSlice('\n'); err != nil {
			return 0, err
		}
		if len(line) <= 2 {
			break
		}
		if rest, ok := cutLength(line); ok {
			if length, err = atoi(bytes.TrimSpace(rest)); err != nil {
				return 0, err
			}
		}
	}
	if status == 204 || status == 304 {
		return status, nil
	}
	_, err = in.Discard(length)
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return status, err
}

func cutLength(line []byte) ([]byte, bool) {
	const name = "content-length:"
	if len(line) < len(name) {
		return nil, false
	}
	for i := range len(name) {
		c := line[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != name[i] {
			return nil, false
		}
	}
	return line[len(name):], true
}

func atoi(b []byte) (int, error) {
	n := 0
	for _, c := range b {
		if c < '0' || c > '9' || n > 1<<40 {
			return 0, errors.New("not a number: " + strconv.Quote(string(b)))
		}
		n = n*10 + int(c-'0')
	}
	return n, nil
}
