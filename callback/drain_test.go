package callback

import (
	"context"
	"io"
	"net/http"
	"testing"
	"time"
)

// answering is a network whose answer arrives at the very moment the time for attempts in flight is up.
type answering struct{ abandon context.CancelFunc }

func (a answering) RoundTrip(r *http.Request) (*http.Response, error) {
	_, _ = io.Copy(io.Discard, r.Body)
	a.abandon()
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
}

// An outcome that is known when the time is up is recorded, every time: else the push would be sent again.
func TestAnAnswerInTheLastMomentIsRecorded(t *testing.T) {
	facts := known{replies: map[string]SMSReply{"t/1": {MsgID: "1"}}}
	n := ReplyNews("t", Replies+1, "1")
	for range 100 {
		hard, abandon := context.WithCancel(context.Background())
		s := &Sender{o: SenderOptions{Facts: facts}}
		s.o.defaults()
		s.poster = poster{&http.Client{Transport: answering{abandon}}, time.Minute, nil, time.Now}
		s.took = s.o.Metrics.GetOrCreateHistogram("took")
		results := make(chan laneResult, 1)
		claim := &batch{Claim: Claim{Endpoint: Endpoint{Tenant: "t", URL: "https://hook.example.com/", URLType: n.To}}}
		s.deliver(&run{hard: hard, results: results}, job{Push{ID: "p", Kind: n.Kind, Items: []Item{{ID: 9, FactID: n.FactID, Data: n.Data}}}, claim})
		if len(results) != 1 {
			t.Fatal("the answer was forgotten")
		}
		if r := <-results; len(r.results) != 1 || r.results[0].Verdict != Delivered {
			t.Fatalf("recorded %+v", r.results)
		}
	}
}
