package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// demo is DIR/demo.json of `cardlink serve --demo`.
type demo struct {
	Edge        string   `json:"edge"`
	API         string   `json:"api"`
	Ops         string   `json:"ops"`
	AccessKey   string   `json:"access_key"`
	SecretKey   string   `json:"secret_key"`
	ProjectID   string   `json:"project_id"`
	Domain      string   `json:"domain"`
	Sign        string   `json:"sign"`
	TplID       string   `json:"tpl_id"`
	TplIDParams string   `json:"tpl_id_params"`
	Kafka       []string `json:"kafka"`
	Link        string   `json:"link"`
	SMSApp      string   `json:"sms_app"`
	SMSTplID    string   `json:"sms_tpl_id"`
	Channel     string   `json:"channel_number"`
}

// TestDemo is what a newcomer does: start the demo, open the printed link in a browser, read the events with a Kafka tool.
func TestDemo(t *testing.T) {
	data := t.TempDir()
	s, err := launch(t, []string{"serve", "--demo", "--json", "--data", data, "--edge", ":0", "--api", ":0", "--ops", "127.0.0.1:0", "--drain-timeout", patience.String()}) // as by default: on all addresses
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(data, "demo.json"))
	if err != nil {
		t.Fatal(err)
	}
	var d demo
	if err := json.Unmarshal(b, &d); err != nil {
		t.Fatal(err)
	}
	if d.Edge != s.Edge || d.API != s.API || len(d.Kafka) == 0 || d.Sign != "示例商城" || d.TplID == "" || d.TplIDParams == "" || d.Domain == "" {
		t.Fatalf("demo.json: %s", b)
	}
	if !strings.HasPrefix(s.Edge, "http://localhost:") || !strings.HasPrefix(d.Link, s.Edge+"/") {
		t.Fatalf("the demo's link %q is not on the edge %s", d.Link, s.Edge)
	}

	if a := fetch(t, strings.Replace(d.Link, "localhost", "127.0.0.1", 1), "Accept", "text/html"); a.Status != 200 {
		t.Errorf("the demo's link by address: %d", a.Status)
	}
	t.Run("browser", func(t *testing.T) { seeCard(t, d.Link) })
	t.Run("kcat", func(t *testing.T) { readWithKcat(t, d.Kafka[0]) })
	t.Run("send", func(t *testing.T) {
		// The demo's own objects are enough for a send task, and its simulated carrier delivers.
		a := account{AccessKey: d.AccessKey, SecretKey: d.SecretKey, Project: d.ProjectID}
		m := marketing{TplID: d.TplIDParams, App: d.SMSApp, Sign: d.Sign, SMSTplID: d.SMSTplID, ChannelNumber: d.Channel}
		if task := sendTask(t, sdk(t, s, a), m, "demo", 0, 3); *task.TaskState != "Success" || len(*task.FailedShortChains) != 0 {
			t.Fatalf("send task: %s %+v", *task.TaskState, *task.FailedShortChains)
		}
		eventually(t, patience, "the demo's carrier delivers", func() error {
			if u := usage(t, s, a); u["aim_send"] < 3 {
				return errorf("%v", u)
			}
			return nil
		})
	})
	s.stop(t)
}

// seeCard opens the link in headless Chromium: the page must hold the card's texts, load its picture and be painted.
func seeCard(t *testing.T, link string) {
	tab := startChromium(t).phoneTab(t, "light")
	defer tab.close(t)
	tab.open(t, link)
	var dom string
	// A page is loaded before its pictures are unfolded.
	tab.eval(t, `Promise.all([...document.images].filter(i => !i.classList.contains('seen')).map(i => i.decode())).then(() => document.documentElement.outerHTML)`, &dom)
	for _, want := range []string{"<img", "拒收请回复R", "og:title"} {
		if !strings.Contains(dom, want) {
			t.Errorf("the page in the browser lacks %q:\n%s", want, dom)
		}
	}
	img, err := png.Decode(bytes.NewReader(tab.shot(t)))
	if err != nil {
		t.Fatal(err)
	}
	if c := tab.complaints(); c != "" {
		t.Errorf("the browser complains: %s", c)
	}
	var at struct{ X, Y, Width, Height, Scale float64 }
	tab.eval(t, `(r => ({X: r.x, Y: r.y, Width: r.width, Height: r.height, Scale: devicePixelRatio}))(document.images[0].getBoundingClientRect())`, &at)
	colours := map[[3]uint32]bool{}
	for y := at.Y + 2; y < at.Y+at.Height-2; y += 2 {
		for x := at.X + 2; x < at.X+at.Width-2; x += 2 {
			r, g, b, _ := img.At(int(x*at.Scale), int(y*at.Scale)).RGBA()
			colours[[3]uint32{r >> 11, g >> 11, b >> 11}] = true
		}
	}
	if len(colours) < 40 {
		t.Errorf("where the picture belongs are %d colours: it was not painted", len(colours))
	}
}

func readWithKcat(t *testing.T, broker string) {
	kcat := tool(t, "kcat", "kafkacat")
	eventually(t, patience, "kcat reads the demo link's birth", func() error { // the fact leaves the outbox on its own
		if out := runTool(t, kcat, "-b", broker, "-t", "cardlink.link", "-C", "-e", "-q"); !strings.Contains(out, `"aim.link.created.v1"`) {
			return errorf("%q", out)
		}
		return nil
	})
}

// tool finds an installed program. With CI=true a missing one is a failure.
func tool(t *testing.T, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is not installed; `make services` installs it", names[0])
	}
	t.Skipf("%s is not installed; `make services` installs it", names[0])
	return ""
}

func runTool(t *testing.T, path string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	out, err := exec.CommandContext(ctx, path, args...).Output()
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return string(out)
}
