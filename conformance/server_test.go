package conformance

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"cardlink/enginetest"
)

// patience is how long what has to happen may take: a loaded machine stands still for seconds, and a limit costs time only when a test fails.
const patience = 2 * time.Minute

var (
	buildOnce sync.Once
	binary    string
	errBuild  error
)

// program builds cardlink once per test run and returns its path.
func program(t testing.TB) string {
	t.Helper()
	buildOnce.Do(func() {
		dir, err := os.MkdirTemp("", "cardlink-conformance-")
		if err != nil {
			errBuild = err
			return
		}
		binary = filepath.Join(dir, "cardlink")
		out, err := exec.Command("go", "build", "-o", binary, "cardlink/cmd/cardlink").CombinedOutput()
		if err != nil {
			errBuild = fmt.Errorf("build: %w\n%s", err, out)
		}
	})
	if errBuild != nil {
		t.Fatal(errBuild)
	}
	return binary
}

func TestMain(m *testing.M) {
	code := m.Run()
	if binary != "" {
		os.RemoveAll(filepath.Dir(binary))
	}
	os.Exit(code)
}

// engine is one way to run the same program.
type engine struct {
	name  string
	flags []string
}

// eachEngine runs body on the one-machine default and on PostgreSQL, Apache Kafka and Redis, really running.
func eachEngine(t *testing.T, body func(t *testing.T, e engine)) {
	t.Run("one machine", func(t *testing.T) { body(t, engine{name: "one machine"}) })
	t.Run("grown up", func(t *testing.T) { body(t, grownUp(t)) })
}

func grownUp(t testing.TB) engine {
	t.Helper()
	return engine{"grown up", []string{
		"--database", enginetest.Postgres(t), "--kafka-brokers", enginetest.Kafka(t), "--redis", enginetest.Redis(t),
		"--kafka-prefix", "t" + strings.ToLower(rand.Text()) + ".",
	}}
}

// server is a running cardlink.
type server struct {
	Edge  string   `json:"edge"` // http://host:port
	API   string   `json:"api"`
	Ops   string   `json:"ops"`
	Kafka []string `json:"kafka"`

	cmd *exec.Cmd
	log *lockedBuffer
}

// account is what `cardlink tenant create --json` prints.
type account struct {
	Tenant    string `json:"tenant_id"`
	Project   string `json:"project_id"`
	AccessKey string `json:"access_key"`
	SecretKey string `json:"secret_key"`
}

// storeFlags picks the flags that commands other than serve have too.
func storeFlags(e engine, data string) []string {
	flags := []string{"--data", data}
	for i := 0; i+1 < len(e.flags); i += 2 {
		if e.flags[i] == "--database" {
			flags = append(flags, e.flags[i], e.flags[i+1])
		}
	}
	return flags
}

// command runs a subcommand to its end and returns what it printed.
func command(t testing.TB, args ...string) []byte {
	t.Helper()
	built := program(t) // before the deadline: the first caller waits for the build
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(ctx, built, args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("cardlink %s: %v\n%s%s", strings.Join(args, " "), err, out.Bytes(), errs.Bytes())
	}
	return out.Bytes()
}

func newAccount(t testing.TB, e engine, data, name string) account {
	t.Helper()
	var a account
	out := command(t, append([]string{"tenant", "create", name, "--json"}, storeFlags(e, data)...)...)
	if err := json.Unmarshal(out, &a); err != nil || a.AccessKey == "" {
		t.Fatalf("tenant create printed %q: %v", out, err)
	}
	return a
}

// start runs `cardlink serve` and waits for its ready line. The process is killed at the end of the test if it still runs.
func start(t testing.TB, e engine, data string, extra ...string) *server {
	t.Helper()
	args := append([]string{"serve", "--json", "--data", data, "--edge", "127.0.0.1:0", "--api", "127.0.0.1:0", "--ops", "127.0.0.1:0", "--drain-timeout", patience.String()}, e.flags...)
	s, err := launch(t, append(args, extra...))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func launch(t testing.TB, args []string) (*server, error) {
	s := &server{log: &lockedBuffer{}}
	s.cmd = exec.Command(program(t), args...)
	s.cmd.Stderr = s.log
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	t.Cleanup(s.kill)
	ready := make(chan error, 1)
	go func() {
		line, err := bufio.NewReader(out).ReadBytes('\n')
		if err == nil {
			err = json.Unmarshal(line, s)
		}
		ready <- err
	}()
	select {
	case err = <-ready:
	case <-time.After(patience):
		err = fmt.Errorf("not ready after %v", patience)
	}
	if err != nil {
		s.kill()
		return nil, fmt.Errorf("serve: %w\n%s", err, s.log.String())
	}
	return s, nil
}

// kill is kill -9. It is idempotent.
func (s *server) kill() {
	if s.cmd.ProcessState == nil {
		s.cmd.Process.Signal(syscall.SIGKILL)
		s.cmd.Wait()
	}
}

// stop asks for a drain and wants exit code 0.
func (s *server) stop(t testing.TB) {
	t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.cmd.Wait() }()
	select {
	case err := <-done:
		if err != nil {
			t.Fatalf("drain: %v\n%s", err, s.log.String())
		}
	case <-time.After(patience + 10*time.Second):
		s.cmd.Process.Kill()
		<-done // the clean-up looks at how it ended
		t.Fatalf("did not drain within %v\n%s", patience, s.log.String())
	}
}

// eventually polls until check returns nil; it fails the test with the last complaint after limit.
func eventually(t testing.TB, limit time.Duration, what string, check func() error) {
	t.Helper()
	deadline := time.Now().Add(limit)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := check()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %v: %v", what, limit, err)
		}
		<-tick.C
	}
}

// noRedirect is a client that shows redirects instead of following them.
var noRedirect = &http.Client{
	Timeout:       patience,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
