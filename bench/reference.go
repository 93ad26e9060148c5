package bench

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"os"
	"time"

	"github.com/valyala/fasthttp"
)

// Reference is a bare fasthttp server that answers every request with the same bytes: what the machine and the library allow when nothing is looked up, classified,
// counted or made durable.
type Reference struct {
	Listen      string // host:port
	Status      int
	ContentType string
	Location    string // of a redirect
	BodyFile    string // file whose bytes are the body
}

// Run serves until ctx ends. The first line on out is {"addr":"host:port"}.
func (r Reference) Run(ctx context.Context, out io.Writer) error {
	var body []byte
	if r.BodyFile != "" {
		var err error
		if body, err = os.ReadFile(r.BodyFile); err != nil {
			return err
		}
	}
	ln, err := net.Listen("tcp", r.Listen)
	if err != nil {
		return err
	}
	srv := &fasthttp.Server{Name: "reference", IdleTimeout: time.Minute, Handler: func(c *fasthttp.RequestCtx) {
		c.SetStatusCode(r.Status)
		if r.Location != "" {
			c.Response.Header.Set("Location", r.Location)
			c.Response.Header.Set("Cache-Control", "private, no-store")
		}
		if r.ContentType != "" {
			c.SetContentType(r.ContentType)
		}
		c.SetBody(body)
	}}
	if err := json.NewEncoder(out).Encode(map[string]string{"addr": ln.Addr().String()}); err != nil {
		return err
	}
	stopped := make(chan error, 1)
	go func() { stopped <- srv.Serve(ln) }()
	select {
	case err := <-stopped:
		return err
	case <-ctx.Done():
		return srv.Shutdown()
	}
}
