package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"cardlink/dispatch/carrier"
	"cardlink/dispatch/carrier/cmpp"
	"cardlink/dispatch/carrier/sim"
)

// simLines gives the lines that are written to it.
type simLines struct {
	mu    sync.Mutex
	rest  []byte
	lines chan string
}

func (l *simLines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rest = append(l.rest, p...)
	for {
		line, rest, ok := bytes.Cut(l.rest, []byte("\n"))
		if !ok {
			return len(p), nil
		}
		l.rest = rest
		l.lines <- string(line)
	}
}

type simHandler struct{ receipts chan carrier.Receipt }

func (simHandler) Submitted(carrier.Result)                      {}
func (h simHandler) Receipt(r carrier.Receipt, done func(error)) { done(nil); h.receipts <- r }
func (simHandler) Reply(_ carrier.Reply, done func(error))       { done(nil) }
func simPart(text string, t *testing.T) (parts []*carrier.Part) {
	segments, err := carrier.Split(text, 1)
	if err != nil {
		t.Fatal(err)
	}
	for i, g := range segments {
		p := g.Part()
		p.Key, p.Source, p.Dest = uint64(i), "1069001234", "8613800138000"
		parts = append(parts, &p)
	}
	return parts
}

func TestCarrierSim(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	out := &simLines{lines: make(chan string, 16)}
	c := CarrierSimCmd{Listen: "127.0.0.1:0", Account: []string{"901234:secret"}, HTTP: "127.0.0.1:0", JSON: true, Keep: 10}
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx, streams{out: out, err: io.Discard}) }()
	var ready struct{ CMPP, HTTP string }
	if line := <-out.lines; json.Unmarshal([]byte(line), &ready) != nil || ready.CMPP == "" || ready.HTTP == "" {
		t.Fatal(line)
	}
	h := simHandler{make(chan carrier.Receipt, 10)}
	s, err := cmpp.New(cmpp.Options{Addr: ready.CMPP, SPID: "901234", Secret: "secret"}, h)
	if err != nil {
		t.Fatal(err)
	}
	session, stop := context.WithCancel(ctx)
	stopped := make(chan error, 1)
	go func() { stopped <- s.Run(session) }()
	text := strings.Repeat("您好，", 40)
	if err := s.SubmitParts(ctx, simPart(text, t)); err != nil {
		t.Fatal(err)
	}
	<-h.receipts
	<-h.receipts
	var printed struct{ Message sim.Message }
	if line := <-out.lines; json.Unmarshal([]byte(line), &printed) != nil || printed.Message.Text != text || printed.Message.Dest != "138****8000" {
		t.Error(line)
	}
	r, err := http.Get(ready.HTTP + "/messages")
	if err != nil {
		t.Fatal(err)
	}
	var shown []sim.Message
	if err := json.NewDecoder(r.Body).Decode(&shown); err != nil || len(shown) != 1 || shown[0].Parts != 2 {
		t.Errorf("%+v %v", shown, err)
	}
	r.Body.Close()
	http.DefaultClient.CloseIdleConnections()
	stop()
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if line := <-out.lines; !strings.Contains(line, `"accepted":2`) {
		t.Error(line)
	}
}

func TestCarrierSimComplainsOfEverything(t *testing.T) {
	err := CarrierSimCmd{Account: []string{"9012345:x"}, Fault: []string{"explode"}, Mix: []string{"UNDELIV"}, Rate: -1}.
		Run(context.Background(), streams{out: io.Discard, err: io.Discard})
	for _, want := range []string{"9012345", "explode", "UNDELIV", "rate"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
}

func TestSimDelay(t *testing.T) {
	for in, want := range map[string]simDelay{"500ms": {500 * time.Millisecond, 500 * time.Millisecond}, "1s-5s": {time.Second, 5 * time.Second}} {
		var d simDelay
		if err := d.UnmarshalText([]byte(in)); err != nil || d != want {
			t.Errorf("%s: %v %v", in, d, err)
		}
	}
	for _, in := range []string{"", "5", "2s-1s", "-1s", "1s-"} {
		if err := new(simDelay).UnmarshalText([]byte(in)); err == nil {
			t.Errorf("%q was taken", in)
		}
	}
}

func TestMaskNumber(t *testing.T) {
	for in, want := range map[string]string{"13800138000": "138****8000", "8613800138000": "86138****8000", "10086": "****"} {
		if got := maskNumber(in); got != want {
			t.Errorf("%s: %s", in, got)
		}
	}
}
