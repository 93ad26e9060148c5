package conformance

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// chromium is a headless browser that is steered over a pair of pipes (the DevTools protocol, messages ended by a zero byte).
type chromium struct {
	cmd *exec.Cmd
	to  io.Writer

	mu     sync.Mutex
	serial int
	calls  map[int]chan devtools
	events func(devtools) // of the open page
	closed error
}

// devtools is a message of the protocol.
type devtools struct {
	ID      int             `json:"id,omitempty"`
	Session string          `json:"sessionId,omitempty"`
	Method  string          `json:"method,omitempty"`
	Params  json.RawMessage `json:"params,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   *struct {
		Message string `json:"message"`
	} `json:"error,omitempty"`
}

// startChromium starts the browser that is installed; it ends with the test.
func startChromium(t *testing.T) *chromium {
	t.Helper()
	path := tool(t, "chromium", "chromium-browser", "google-chrome")
	theirs, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	from, ours, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	profile := browserProfile(t) // removed after the browser was killed
	b := &chromium{to: to, calls: map[int]chan devtools{}}
	b.cmd = exec.Command(path, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
		"--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars", "--font-render-hinting=none", "--user-data-dir="+profile, "--remote-debugging-pipe", "about:blank")
	b.cmd.Env = append(os.Environ(), "FONTCONFIG_FILE="+fonts(t))
	b.cmd.ExtraFiles = []*os.File{theirs, ours}
	b.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := b.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	theirs.Close()
	ours.Close()
	done := make(chan struct{})
	go func() {
		defer close(done)
		b.read(from)
	}()
	t.Cleanup(func() {
		syscall.Kill(-b.cmd.Process.Pid, syscall.SIGKILL)
		b.cmd.Wait()
		to.Close()
		from.Close()
		<-done
	})
	return b
}

// browserProfile is a folder for a browser, removed at the end of the test. Its helpers end a moment after the browser and write to it until then, which t.TempDir takes
// for a failure.
func browserProfile(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "cardlink-browser-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		begun := time.Now()
		for err := os.RemoveAll(dir); err != nil; err = os.RemoveAll(dir) {
			if time.Since(begun) > patience {
				t.Logf("the browser's profile stays: %v", err)
				return
			}
			<-time.After(20 * time.Millisecond)
		}
	})
	return dir
}

// fonts makes the phone's system font the one that shows Chinese here, so that pictures of pages look alike on all machines that have it.
func fonts(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "fonts.conf")
	text := `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig><include>/etc/fonts/fonts.conf</include>`
	for _, family := range []string{"system-ui", "sans-serif", "sans", "DejaVu Sans"} {
		text += `<match target="pattern"><test name="family"><string>` + family + `</string></test><edit name="family" mode="prepend" binding="strong"><string>Noto Sans CJK SC</string></edit></match>`
	}
	text += `</fontconfig>`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func (b *chromium) read(from io.Reader) {
	r := bufio.NewReaderSize(from, 1<<20)
	for {
		text, err := r.ReadBytes(0)
		var m devtools
		if err == nil {
			err = json.Unmarshal(text[:len(text)-1], &m)
		}
		b.mu.Lock()
		if err != nil {
			b.closed = err
			for _, c := range b.calls {
				close(c)
			}
			clear(b.calls)
			b.mu.Unlock()
			return
		}
		if c := b.calls[m.ID]; m.ID != 0 && c != nil {
			delete(b.calls, m.ID)
			c <- m
		} else if b.events != nil && m.Session != "" {
			b.events(m)
		}
		b.mu.Unlock()
	}
}

// call makes a request and decodes its result into out, unless that is nil.
func (b *chromium) call(t *testing.T, session, method string, params J, out any) {
	t.Helper()
	text, err := json.Marshal(params)
	if err != nil {
		t.Fatal(err)
	}
	answer := make(chan devtools, 1)
	b.mu.Lock()
	if b.closed != nil {
		b.mu.Unlock()
		t.Fatalf("the browser is gone: %v", b.closed)
	}
	b.serial++
	m := devtools{ID: b.serial, Session: session, Method: method, Params: text}
	b.calls[m.ID] = answer
	b.mu.Unlock()
	if text, err = json.Marshal(m); err == nil {
		_, err = b.to.Write(append(text, 0))
	}
	if err != nil {
		t.Fatal(err)
	}
	select {
	case got, ok := <-answer:
		switch {
		case !ok:
			t.Fatalf("%s: the browser went away", method)
		case got.Error != nil:
			t.Fatalf("%s: %s", method, got.Error.Message)
		case out != nil:
			if err := json.Unmarshal(got.Result, out); err != nil {
				t.Fatalf("%s: %v in %s", method, err, got.Result)
			}
		}
	case <-time.After(patience):
		t.Fatalf("%s: no answer in %v", method, patience)
	}
}

// tab is a page of the browser, a phone's screen.
type tab struct {
	b        *chromium
	target   string
	session  string
	another  chan struct{}   // one token: a document was loaded
	loaded   map[string]bool // the documents that were, by their loaders
	complain []string        // what the console and the security policy said
}

// phoneTab opens a screen of 360 × 800 in a colour scheme.
func (b *chromium) phoneTab(t *testing.T, scheme string) *tab {
	t.Helper()
	p := &tab{b: b, another: make(chan struct{}, 1), loaded: map[string]bool{}}
	var made struct {
		TargetID  string `json:"targetId"`
		SessionID string `json:"sessionId"`
	}
	b.call(t, "", "Target.createTarget", J{"url": "about:blank"}, &made)
	p.target = made.TargetID
	b.call(t, "", "Target.attachToTarget", J{"targetId": made.TargetID, "flatten": true}, &made)
	p.session = made.SessionID
	b.mu.Lock()
	b.events = p.event
	b.mu.Unlock()
	for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
		p.call(t, domain+".enable", nil, nil)
	}
	p.call(t, "Page.setLifecycleEventsEnabled", J{"enabled": true}, nil)
	p.screen(t, 360)
	p.call(t, "Emulation.setTouchEmulationEnabled", J{"enabled": true}, nil)
	p.call(t, "Emulation.setEmulatedMedia", J{"features": L{J{"name": "prefers-color-scheme", "value": scheme}, J{"name": "prefers-reduced-motion", "value": "reduce"}}}, nil)
	return p
}

// screen gives the tab another width.
func (p *tab) screen(t *testing.T, width int) {
	t.Helper()
	p.call(t, "Emulation.setDeviceMetricsOverride", J{"width": width, "height": 800, "deviceScaleFactor": 2, "mobile": true}, nil)
}

func (p *tab) call(t *testing.T, method string, params J, out any) {
	t.Helper()
	if params == nil {
		params = J{}
	}
	p.b.call(t, p.session, method, params, out)
}

// event runs under the browser's lock.
func (p *tab) event(m devtools) {
	if m.Session != p.session {
		return
	}
	note := func(format string, args ...any) { p.complain = append(p.complain, fmt.Sprintf(format, args...)) }
	switch m.Method {
	case "Page.lifecycleEvent":
		var e struct{ FrameID, LoaderID, Name string }
		if json.Unmarshal(m.Params, &e); e.Name != "load" || e.FrameID != p.target { // a tab's own frame has its name
			return
		}
		p.loaded[e.LoaderID] = true
		select {
		case p.another <- struct{}{}:
		default:
		}
	case "Log.entryAdded":
		var e struct {
			Entry struct{ Source, Level, Text, URL string }
		}
		if json.Unmarshal(m.Params, &e); e.Entry.Level == "error" || e.Entry.Source == "security" || e.Entry.Source == "violation" {
			note("%s: %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL)
		}
	case "Runtime.consoleAPICalled", "Runtime.exceptionThrown":
		note("%s: %s", m.Method, m.Params)
	case "Network.loadingFailed":
		var e struct {
			ErrorText     string
			Canceled      bool
			BlockedReason string
		}
		if json.Unmarshal(m.Params, &e); !e.Canceled {
			note("loading failed: %s %s", e.ErrorText, e.BlockedReason)
		}
	}
}

// open loads a page and everything on it.
func (p *tab) open(t *testing.T, url string) {
	t.Helper()
	var at struct {
		LoaderID  string `json:"loaderId"`
		ErrorText string `json:"errorText"`
	}
	if p.call(t, "Page.navigate", J{"url": url}, &at); at.ErrorText != "" || at.LoaderID == "" {
		t.Fatalf("%s: %+v", url, at)
	}
	p.await(t, url, func() bool { return p.loaded[at.LoaderID] }) // not the load of another document, the blank one that a tab begins with for one
}

// follow does what makes the page open another, and waits until that is loaded.
func (p *tab) follow(t *testing.T, script string) {
	t.Helper()
	p.b.mu.Lock()
	before := len(p.loaded)
	p.b.mu.Unlock()
	p.eval(t, script, nil)
	p.await(t, script, func() bool { return len(p.loaded) > before })
}

// await waits for a load; is runs under the browser's lock.
func (p *tab) await(t *testing.T, what string, is func() bool) {
	t.Helper()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	for {
		p.b.mu.Lock()
		ok := is()
		p.b.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-p.another:
		case <-limit.C:
			t.Fatalf("%s: not loaded in %v", what, patience)
		}
	}
}

// eval runs an expression on the page, waits if it is a promise, and decodes its value.
func (p *tab) eval(t *testing.T, script string, out any) {
	t.Helper()
	var got struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails json.RawMessage
	}
	p.call(t, "Runtime.evaluate", J{"expression": script, "awaitPromise": true, "returnByValue": true}, &got)
	if got.ExceptionDetails != nil {
		t.Fatalf("script: %s", got.ExceptionDetails)
	}
	if out != nil {
		if err := json.Unmarshal(got.Result.Value, out); err != nil {
			t.Fatalf("script: %v in %s", err, got.Result.Value)
		}
	}
}

// complaints are what the browser has found wrong since the tab was opened.
func (p *tab) complaints() string {
	p.b.mu.Lock()
	defer p.b.mu.Unlock()
	return strings.Join(p.complain, "\n")
}

// shot is a PNG of the screen.
func (p *tab) shot(t *testing.T) []byte {
	t.Helper()
	var got struct{ Data string }
	p.call(t, "Page.captureScreenshot", J{"format": "png"}, &got)
	b, err := base64.StdEncoding.DecodeString(got.Data)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (p *tab) close(t *testing.T) {
	p.b.call(t, "", "Target.closeTarget", J{"targetId": p.target}, nil)
}
