package conformance

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// hook is the customer's callback server. It keeps what it was told.
type hook struct {
	url    string
	mu     sync.Mutex
	pushes []push
}

type push struct {
	RequestID    string `json:"request_id"`
	DomainID     string `json:"domain_id"`
	CallbackType string `json:"callback_type"`
	Body         string `json:"body"`
	Retry        bool   `json:"retry"`

	decoded map[string]any
}

func newHook(t testing.TB) *hook {
	h := &hook{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		var p push
		if err == nil {
			err = json.Unmarshal(b, &p)
		}
		if err == nil {
			err = json.Unmarshal([]byte(p.Body), &p.decoded)
		}
		if err != nil || r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("callback %s %s: %v %s", r.Method, r.Header.Get("Content-Type"), err, b)
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		fitsWebhook(t, map[string]string{"sms": "messageReceipt", "shortchain": "linkReceipt"}[p.CallbackType], b)
		h.mu.Lock()
		defer h.mu.Unlock()
		h.pushes = append(h.pushes, p)
	}))
	t.Cleanup(srv.Close)
	h.url = srv.URL + "/receipts"
	return h
}

// count is how many different receipts of a type came: receipts are delivered at least once, and all attempts at one have its request id. Their bodies tell less: those of
// several resolutions of one group link are alike.
func (h *hook) count(kind string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	seen := map[string]bool{}
	for _, p := range h.pushes {
		if p.CallbackType == kind {
			seen[p.RequestID] = true
		}
	}
	return len(seen)
}

// check compares the sms receipts of a send task with what happened.
func (h *hook) check(t testing.TB, a account, task string, delivered int) {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	ok, recipients := 0, map[string]bool{}
	for _, p := range h.pushes {
		if p.DomainID != a.Tenant || p.RequestID == "" {
			t.Errorf("push %+v is not addressed to tenant %s", p, a.Tenant)
		}
		if p.CallbackType != "sms" {
			if p.decoded["status"] != float64(0) {
				t.Errorf("shortchain receipt %s, want status 0", p.Body)
			}
			continue
		}
		for _, field := range []string{"task_id", "cust_flag", "msg_id", "tpl_id", "sms_sign", "aim_code", "aim_url", "send_time", "receive_time", "send_status", "total", "sequence"} {
			if s, text := p.decoded[field].(string); !text || s == "" {
				t.Fatalf("sms receipt lacks %s: %s", field, p.Body)
			}
		}
		if p.decoded["task_id"] != task {
			t.Errorf("sms receipt of a foreign task: %s", p.Body)
		}
		if recipient := p.decoded["cust_flag"].(string); !recipients[recipient] {
			recipients[recipient] = true
			if p.decoded["send_status"] == "DELIVRD" {
				ok++
			}
		}
	}
	if ok != delivered || len(recipients) != 100 {
		t.Errorf("receipts say %d of %d recipients delivered, want %d of 100", ok, len(recipients), delivered)
	}
}
