package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"time"

	"cardlink/dispatch/carrier/sim"
)

// Pipeline measures the whole way of a message: accepted over the API, paced, submitted over CMPP 3.0, acknowledged by a receipt, on Kafka and on the bill.
// The carrier is the simulator in this process; everything else is one child process on its default engines. There is no reference: the bar is messages per second,
// and nothing may be lost or billed that was not delivered.
func Pipeline(ctx context.Context, c Config) (r *Result, err error) {
	messages := c.Messages
	if messages == 0 {
		messages = 20_000
	}
	r = &Result{Workload: "pipeline", Unit: "messages", Started: time.Now().UTC(), Machine: ThisMachine(),
		About: fmt.Sprintf("%d messages a round: API (100 a call, signed, durable) → pacer → CMPP 3.0 → receipt → Kafka → bill, from the first call to the last billed message", messages)}
	cleanup, err := c.fill()
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, cleanup()) }()
	var submitted atomic.Int64
	carrier, err := sim.Start(sim.Options{
		Accounts: map[string]string{"901234": "bench"}, Window: 256, DeliverWindow: 256, DeliverAfter: sim.Delay{Min: 5 * time.Millisecond, Max: 50 * time.Millisecond}, Keep: -1,
		Outcome:   func(string) sim.Outcome { return sim.Outcome{Stat: "DELIVRD"} },
		OnMessage: func(sim.Message) { submitted.Add(1) },
	})
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, carrier.Close()) }()
	data := filepath.Join(c.Dir, "pipeline")
	if err := os.MkdirAll(data, 0o700); err != nil {
		return r, err
	}
	access, secret, err := createTenant(ctx, c.Program, data)
	if err != nil {
		return r, err
	}
	channels, err := json.Marshal([]map[string]any{{"name": "bench", "protocol": "cmpp", "number": "10690012345", "rate": 50_000, "address": carrier.Addr(),
		"account": "901234", "secret": "bench", "connections": 4, "window": 256}})
	if err != nil {
		return r, err
	}
	product, err := spawn(ctx, c.Program, "serve", "--json", "--data", data, "--edge", "127.0.0.1:0", "--api", "127.0.0.1:0", "--ops", "127.0.0.1:0",
		"--channels", string(channels), "--log-level", "error")
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, product.stop()) }()
	api := newClient(product.API, access, secret)
	campaign, err := api.setUpCampaign(ctx)
	if err != nil {
		return r, err
	}
	for round := range c.Rounds {
		before, at := product.cpu(), time.Now()
		sent := submitted.Load()
		o := &Outcome{}
		latency := make(chan time.Duration, messages/100+1)
		first := round * messages
		err := parallel(ctx, messages/100, 8, func(ctx context.Context, i int) error {
			begin := time.Now()
			err := campaign.send(ctx, api, first+i*100, 100)
			latency <- time.Since(begin)
			return err
		})
		if err != nil {
			return r, err
		}
		accepted := time.Since(at)
		want := int64(first + messages)
		billed, err := awaitBilled(ctx, api, want, func(done int64) { c.Progress(fmt.Sprintf("round %d", round+1), int(done)-first, messages) })
		if err != nil {
			return r, err
		}
		o.Took, o.Requests = time.Since(at), uint64(messages)
		close(latency)
		for d := range latency {
			o.Latency.Record(d)
		}
		if got := submitted.Load() - sent; got != int64(messages) {
			o.wrong(fmt.Sprintf("the carrier got %d of %d messages", got, messages))
		}
		if billed != want {
			o.wrong(fmt.Sprintf("%d messages are billed, %d were delivered", billed, want))
		}
		r.Rounds = append(r.Rounds, roundOf("product", o, product.cpu()-before))
		r.Notes = append(r.Notes, fmt.Sprintf("round %d: accepted at %.0f/s, billed at %.0f/s; %d lost, %d billed of %d delivered", round+1,
			float64(messages)/accepted.Seconds(), o.Rate(), int64(messages)-(submitted.Load()-sent), billed-int64(first), messages))
	}
	r.Notes = append(r.Notes, "latency columns: one API call of 100 messages", fmt.Sprintf("product's resident memory at the end: %d MiB", product.rss()>>20))
	r.conclude(1000)
	return r, nil
}

// awaitBilled waits until n sends are billed and nothing moves any more, at most two minutes.
func awaitBilled(ctx context.Context, api *client, n int64, progress func(int64)) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	tick := time.NewTicker(25 * time.Millisecond)
	defer tick.Stop()
	for {
		var usage struct {
			Totals struct {
				Items []struct {
					Meter    string `json:"meter"`
					Quantity int64  `json:"quantity"`
				} `json:"items"`
			} `json:"totals"`
		}
		if err := api.call(ctx, http.MethodGet, "/x/v1/usage", nil, &usage); err != nil {
			return 0, err
		}
		var billed int64
		for _, t := range usage.Totals.Items {
			if t.Meter == "aim_send" {
				billed += t.Quantity
			}
		}
		progress(billed)
		if billed >= n {
			return billed, nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return billed, fmt.Errorf("%d of %d messages are billed after two minutes", billed, n)
		}
	}
}

// campaign is what a send task of the benchmark needs.
type campaign struct {
	tpl     string
	params  []string
	channel map[string]any
}

// setUpCampaign creates application, signature and SMS text through the API and takes a card with parameters from the gallery.
func (c *client) setUpCampaign(ctx context.Context) (*campaign, error) {
	tpl, names, err := c.publicTemplate(ctx, true)
	if err != nil {
		return nil, err
	}
	var app struct {
		ID string `json:"app_id"`
	}
	if err := c.call(ctx, http.MethodPost, "/v1/sms/apps", map[string]any{"app_name": "bench"}, &app); err != nil {
		return nil, err
	}
	file, err := c.uploadLicence(ctx)
	if err != nil {
		return nil, err
	}
	var sign struct {
		ID string `json:"signature_id"`
	}
	if err := c.call(ctx, http.MethodPost, "/v1/sms/signatures", map[string]any{"signature_name": "示例商城", "signature_type": "PROMOTION_TYPE", "app_id": app.ID,
		"file_id": file, "signature_source": 0, "is_involved_third": "no"}, &sign); err != nil {
		return nil, err
	}
	var text struct {
		ID string `json:"template_id"`
	}
	if err := c.call(ctx, http.MethodPost, "/v1/sms/templates", map[string]any{"signature_id": sign.ID, "template_name": "bench",
		"template_content": "尊敬的会员，优惠券待领取，点击 ${1} 查看。拒收请回复R", "variable_attributes": []map[string]any{{"variable_index": 1, "variable_type": "NEWTEXT"}}}, &text); err != nil {
		return nil, err
	}
	return &campaign{tpl: tpl, params: names, channel: map[string]any{
		"channel_number": "10690012345", "sms_tpl_id": text.ID, "sms_sign": "示例商城", "sms_app_name": "bench",
	}}, nil
}

// send sends to n numbers from 13100000000+first on.
func (m *campaign) send(ctx context.Context, api *client, first, n int) error {
	params := make([]map[string]any, n)
	for i := range params {
		values := map[string]string{}
		for _, name := range m.params {
			values[name[2:len(name)-1]] = "8"
		}
		params[i] = map[string]any{"cust_flag": strconv.Itoa(13100000000 + first + i), "dync_params": values, "sms_params": []string{}}
	}
	var out struct {
		State string `json:"task_state"`
	}
	err := api.call(ctx, http.MethodPost, "/v1/aim/send-tasks", map[string]any{"task_name": "bench", "sms_channel": m.channel,
		"resolve_task": map[string]any{"tpl_id": m.tpl, "resolve_times": 1, "aim_code_type": "individual", "expiration_time": 7, "params": params}}, &out)
	if err == nil && out.State != "Success" {
		err = fmt.Errorf("send task is %s", out.State)
	}
	return err
}
