package callback_test

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"
)

// request is a push as a customer sees it.
type request struct {
	header http.Header
	raw    []byte
	push
	at time.Time
}

type push struct {
	RequestID    string `json:"request_id"`
	DomainID     string `json:"domain_id"`
	CallbackType string `json:"callback_type"`
	Body         string `json:"body"`
	Retry        bool   `json:"retry"`
}

// messages are the msg_ids of a push of sms receipts, single or batched.
func (p push) messages() (ids []string) {
	type sms struct {
		MsgID string `json:"msg_id"`
	}
	var many []sms
	if err := json.Unmarshal([]byte(p.Body), &many); err != nil {
		var one sms
		if err := json.Unmarshal([]byte(p.Body), &one); err != nil {
			return []string{"unreadable: " + p.Body}
		}
		many = []sms{one}
	}
	for _, m := range many {
		ids = append(ids, m.MsgID)
	}
	return ids
}

// receiver is a customer's server. answer decides about each request; nil = 200.
type receiver struct {
	mu     sync.Mutex
	got    []request
	answer func(r request) (status int, header map[string]string)
}

func (c *receiver) take(h http.Header, body []byte) (int, map[string]string) {
	r := request{header: h, raw: body, at: time.Now()}
	_ = json.Unmarshal(body, &r.push)
	c.mu.Lock()
	c.got = append(c.got, r)
	answer := c.answer
	c.mu.Unlock()
	if answer == nil {
		return 200, nil
	}
	return answer(r)
}

func (c *receiver) requests() []request {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.got)
}

// ServeHTTP makes it a server, RoundTrip a network: the second works in a bubble of fake time.
func (c *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	status, header := c.take(r.Header, body)
	for k, v := range header {
		w.Header().Set(k, v)
	}
	w.WriteHeader(status)
	_, _ = w.Write([]byte("whatever"))
}

func (c *receiver) RoundTrip(r *http.Request) (*http.Response, error) {
	body, _ := io.ReadAll(r.Body)
	status, header := c.take(r.Header, body)
	if status == 0 { // hang
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	h := http.Header{}
	for k, v := range header {
		h.Set(k, v)
	}
	return &http.Response{StatusCode: status, Header: h, Body: http.NoBody, Request: r}, nil
}

type byHost map[string]*receiver

func (b byHost) RoundTrip(r *http.Request) (*http.Response, error) {
	return b[r.URL.Host].RoundTrip(r)
}
