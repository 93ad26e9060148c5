package app

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"cardlink/gateway/ops"
)

func TestStopsRunNewestFirstAndAllOfThem(t *testing.T) {
	l := newLifecycle()
	var order []string
	for _, name := range []string{"store", "room", "face"} {
		l.onStop(name, func(context.Context) error {
			order = append(order, name)
			if name == "room" {
				return errors.New("stuck")
			}
			return nil
		})
	}
	err := l.unwind(context.Background(), time.Second)
	if err == nil || err.Error() != "stop room: stuck" || !slices.Equal(order, []string{"face", "room", "store"}) {
		t.Fatalf("order %v, error %v", order, err)
	}
	if err := l.unwind(context.Background(), time.Second); err != nil || len(order) != 3 {
		t.Fatal("a second stop did something")
	}
}

func TestDeadTaskFailsTheWhole(t *testing.T) {
	l := newLifecycle()
	l.run("works", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
	l.run("dies", func(context.Context) error { return errors.New("boom") })
	if err := <-l.failed; err == nil || err.Error() != "dies: boom" {
		t.Fatalf("failed = %v", err)
	}
	if err := l.unwind(context.Background(), time.Second); err == nil {
		t.Fatal("the dead task's error is not part of the stop")
	}
}

// TestTwoServersInOneProcess starts two whole servers side by side, which no package variable may prevent, and stops them without a goroutine left.
func TestTwoServersInOneProcess(t *testing.T) {
	old := goleak.IgnoreCurrent()
	var apps []*App
	for range 2 {
		a, err := New(context.Background(), Options{
			Data: filepath.Join(t.TempDir(), "data"), Demo: true, Edge: "127.0.0.1:0", API: "127.0.0.1:0", Ops: "127.0.0.1:0", KafkaListen: "127.0.0.1:0",
			Log: slog.New(slog.DiscardHandler), DrainTimeout: 5 * time.Minute, // the disk may be busy
		})
		if err != nil {
			t.Fatal(err)
		}
		apps = append(apps, a)
	}
	for _, a := range apps {
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		r, err := client.Get(a.Addresses().Ops + "/readyz")
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r.Body)
		r.Body.Close()
		if err != nil || r.StatusCode != http.StatusOK {
			t.Fatalf("not ready: %d %s %v", r.StatusCode, body, err)
		}
	}
	for _, a := range apps {
		if err := a.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	}
	// Ends of connections hear of it through the system's sockets, which takes its time on a busy machine.
	for end := time.Now().Add(time.Minute); ; {
		err := goleak.Find(old,
			goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"), // sleeps out its cleaning interval
			goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"))    // one per process, for ever
		if err == nil {
			return
		}
		if time.Now().After(end) {
			t.Fatal(err)
		}
	}
}

func TestTakenPortIsSaidBeforeAnythingElse(t *testing.T) {
	a, err := New(context.Background(), Options{Data: filepath.Join(t.TempDir(), "data"), Edge: "127.0.0.1:0", API: "127.0.0.1:0", Ops: "127.0.0.1:0", KafkaListen: "127.0.0.1:0", Roles: []string{RoleEdge}, DrainTimeout: 5 * time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := a.Stop(context.Background()); err != nil { // what still ran would write to the folder that is removed
			t.Error(err)
		}
	}()
	taken := a.Addresses().Edge[len("http://"):]
	_, err = New(context.Background(), Options{Data: filepath.Join(t.TempDir(), "other"), Edge: taken, API: "127.0.0.1:0", Ops: "127.0.0.1:0"})
	if err == nil {
		t.Fatal("the port was given twice")
	}
}

// A face may be stopped before its goroutine has run at all: New's next step failed. It ends then as it does later, at once and with its listener closed.
func TestAFaceIsStoppedAsSoonAsItIsStarted(t *testing.T) {
	for range 200 {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		a := &App{life: newLifecycle()}
		a.serve("ops", ln, ops.New(ops.Options{}))
		if err := a.life.unwind(context.Background(), 30*time.Second); err != nil {
			t.Fatal(err)
		}
		if _, err := ln.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Fatalf("it still listens: %v", err)
		}
	}
}
