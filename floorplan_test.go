package cardlink_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// floor is who may import whom: package → our packages it may import. A new folder fails until it is drawn here, in doc.go and, if
// the reason is not plain, in docs/adr. "all" is every package. Tests may import what they like.
var floor = map[string]string{
	"fault":          "",
	"event":          "fault",
	"event/journal":  "event fault",
	"event/kafka":    "event fault",
	"event/relay":    "event event/journal fault",
	"event/contract": "event event/journal event/relay fault",

	"identity":                    "fault",
	"idempotency":                 "",
	"previewlink":                 "",
	"templates":                   "previewlink event fault",
	"capability":                  "templates fault",
	"templates/gallery/draw":      "templates/gallery/draw/clip",
	"templates/gallery/draw/clip": "",
	"templates/templatetest":      "templates", // for tests only: nobody's line names it
	"shortlink":                   "templates event event/journal fault",
	"render":                      "templates fault",
	"dispatch":                    "dispatch/carrier shortlink templates event fault",
	"dispatch/carrier":            "fault",
	"dispatch/carrier/cmpp":       "dispatch/carrier fault",
	"dispatch/carrier/sim":        "dispatch/carrier dispatch/carrier/cmpp fault",
	"callback":                    "identity event fault",
	"billing":                     "event fault",
	"report":                      "event fault",
	"review":                      "identity fault",
	"retention":                   "",
	"serviceaccount":              "event event/journal fault",
	"videosms":                    "dispatch previewlink event fault",
	"videosms/httpmms":            "videosms fault",
	"videosms/sim":                "videosms",

	// store serves the rooms, never the other way round.
	"store":          "billing callback dispatch dispatch/carrier idempotency identity report serviceaccount shortlink templates videosms event event/journal fault",
	"store/contract": "billing callback dispatch dispatch/carrier idempotency identity report serviceaccount shortlink templates videosms event event/journal event/relay fault",
	"embedded":       "",
	"enginetest":     "", // for tests only: nobody's line names it

	"gateway/api":         "gateway/api/openapi review billing callback capability dispatch idempotency identity render report serviceaccount shortlink templates videosms event fault",
	"gateway/api/openapi": "fault",
	"gateway/edge":        "previewlink render serviceaccount shortlink templates videosms event event/journal fault",
	"gateway/ops":         "fault",

	"bench": "dispatch/carrier dispatch/carrier/sim identity render templates event fault",
	"app":   "all",
	// identity, billing and dispatch: the administration commands speak to them. dispatch/carrier/sim: `cardlink carrier-sim` is that package with flags.
	"cmd/cardlink": "app bench billing dispatch dispatch/carrier/sim identity review shortlink store fault",
	"conformance":  "", // tests only
}

// homes are the libraries that live in one place: import path prefix → packages (or folders, with a slash at the end) that may import it.
// The reasons stand in docs/adr/0002.
var homes = map[string]string{
	"database/sql":                           "store enginetest",
	"modernc.org/sqlite":                     "store",
	"github.com/jackc/pgx":                   "store enginetest",
	"github.com/pressly/goose":               "store",
	"github.com/valyala/fasthttp":            "gateway/ bench",
	"github.com/dgraph-io/ristretto":         "shortlink",
	"github.com/segmentio/kafka-go":          "event/kafka bench",
	"github.com/twmb/franz-go":               "embedded",
	"github.com/go-redis/redis_rate":         "dispatch gateway/",
	"github.com/redis/go-redis":              "dispatch gateway/ app",
	"github.com/alecthomas/kong":             "cmd/cardlink",
	"github.com/sony/gobreaker":              "dispatch gateway/",
	"code.dny.dev/ssrf":                      "callback templates",
	"github.com/huaweicloud":                 "", // tests only: the product must not depend on what it is compatible with
	"github.com/alicebob/miniredis":          "",
	"github.com/santhosh-tekuri":             "",
	"pgregory.net/rapid":                     "",
	"go.uber.org/goleak":                     "",
	"github.com/google/go-cmp":               "",
	"testing":                                "enginetest",
	"log":                                    "", // log/slog, handed in
	"expvar":                                 "", // a process-wide registry
	"net/http/pprof":                         "", // registers itself; gateway/ops serves fasthttp's
	"github.com/prometheus/client_golang":    "",
	"github.com/standard-webhooks":           "callback videosms/httpmms bench",
	"github.com/nyaruka/phonenumbers":        "capability dispatch shortlink",
	"github.com/mileusna/useragent":          "gateway/edge shortlink",
	"github.com/schollz/progressbar":         "cmd/cardlink bench",
	"golang.org/x/text/encoding/simplifiedc": "dispatch/",
	"rsc.io/qr":                              "render",
}

// pure packages read no clock and touch neither disk nor network.
var pure = []string{"render"}

func TestFloorPlan(t *testing.T) {
	packages := sources(t)
	for pkg, files := range packages {
		allowed, drawn := floor[pkg]
		if pkg == "." {
			allowed, drawn = "", true
		}
		if !drawn {
			t.Errorf("%s is not on the floor plan: draw it in floorplan_test.go and doc.go", pkg)
			continue
		}
		for _, f := range files {
			for _, spec := range f.Imports {
				to, err := strconv.Unquote(spec.Path.Value)
				if err != nil {
					t.Fatal(err)
				}
				if ours, ok := strings.CutPrefix(to, "cardlink/"); ok {
					if allowed != "all" && !slices.Contains(strings.Fields(allowed), ours) {
						t.Errorf("%s imports %s, which its line of the floor plan does not allow", pkg, ours)
					}
					continue
				}
				for prefix, rooms := range homes {
					if to != prefix && !strings.HasPrefix(to, prefix+"/") && (!strings.Contains(prefix, ".") || !strings.HasPrefix(to, prefix)) {
						continue
					}
					if prefix == "log" && to == "log/slog" || prefix == "testing" && to != "testing" {
						continue
					}
					if !at(rooms, pkg) {
						t.Errorf("%s imports %s, whose home is %q", pkg, to, rooms)
					}
				}
				if slices.Contains(pure, pkg) && (to == "os" || to == "net" || strings.HasPrefix(to, "net/") && to != "net/url" || strings.HasPrefix(to, "io/fs")) {
					t.Errorf("%s is pure and imports %s", pkg, to)
				}
			}
		}
	}
	for pkg := range floor {
		if packages[pkg] == nil && pkg != "conformance" {
			t.Errorf("%s is on the floor plan and not in the house", pkg)
		}
	}
}

// at reports whether pkg is one of rooms; a room with a slash at its end is a folder.
func at(rooms, pkg string) bool {
	for r := range strings.FieldsSeq(rooms) {
		if pkg == r || strings.HasSuffix(r, "/") && (strings.HasPrefix(pkg, r) || pkg+"/" == r) {
			return true
		}
	}
	return false
}

// What hides state or ends the process has its place: the environment is read and the process ended in cmd, nothing happens in init, and what is
// pure asks for no time.
func TestHouseRules(t *testing.T) {
	for pkg, files := range sources(t) {
		command := strings.HasPrefix(pkg, "cmd/") || pkg == "templates/gallery/draw" || pkg == "enginetest"
		for _, f := range files {
			names := importNames(t, f)
			for _, d := range f.Decls {
				if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
					t.Errorf("%s has an init function", pkg)
				}
			}
			ast.Inspect(f, func(n ast.Node) bool {
				sel, ok := n.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				x, ok := sel.X.(*ast.Ident)
				if !ok || names[x.Name] == "" {
					return true
				}
				switch what := names[x.Name] + "." + sel.Sel.Name; what {
				case "os.Getenv", "os.LookupEnv", "os.Environ", "os.Exit":
					if !command {
						t.Errorf("%s calls %s; that is for cmd", pkg, what)
					}
				case "time.Now", "time.Since", "time.Until", "time.Sleep", "time.After", "time.NewTimer":
					if slices.Contains(pure, pkg) {
						t.Errorf("%s is pure and uses %s", pkg, what)
					}
				case "time.Tick":
					t.Errorf("%s uses %s, which nothing stops", pkg, what)
				case "http.DefaultClient", "http.Get", "http.Post", "http.DefaultTransport", "http.HandleFunc", "http.Handle", "slog.Default", "slog.SetDefault":
					if pkg != "bench" { // a program of its own, not a part of the product
						t.Errorf("%s uses %s, which the whole process shares", pkg, what)
					}
				}
				return true
			})
		}
	}
}

// importNames maps the names a file's imports have in it to the last element of their paths.
func importNames(t *testing.T, f *ast.File) map[string]string {
	t.Helper()
	names := map[string]string{}
	for _, spec := range f.Imports {
		to, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		name := path.Base(to)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		names[name] = path.Base(to)
	}
	return names
}

// sources parses all Go files of the repository but tests and testdata, by package folder. It parses in this process, so that the test
// cache sees which files were read.
func sources(t *testing.T) map[string][]*ast.File {
	t.Helper()
	packages := map[string][]*ast.File{}
	set := token.NewFileSet()
	err := fs.WalkDir(os.DirFS("."), ".", func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && p != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "node_modules"):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go"):
			return nil
		}
		f, err := parser.ParseFile(set, filepath.FromSlash(p), nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		packages[path.Dir(p)] = append(packages[path.Dir(p)], f)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return packages
}
