package app

import (
	"fmt"
	"net/http"
	"os"
	"time"

	"go.yaml.in/yaml/v3"

	"cardlink/billing"
	"cardlink/callback"
	"cardlink/dispatch"
	"cardlink/event/relay"
	"cardlink/identity"
	"cardlink/report"
)

// startBilling runs the consumer that turns facts into usage, and the rater.
func (a *App) startBilling() error {
	source, err := a.bus.consumer(a, billing.Group, billing.Topics())
	if err != nil {
		return err
	}
	c, err := billing.NewConsumer(billing.ConsumerOptions{
		Source: source, Store: a.db, Quarantine: a.bus.writer, Now: a.o.Now, Log: a.log("billing"), Metrics: a.metrics,
	})
	if err != nil {
		return err
	}
	r, err := billing.NewRater(billing.RaterOptions{
		Store: a.db, Lease: a.db, Holder: a.node, Plans: a.plans, Now: a.o.Now, Log: a.log("billing"), Metrics: a.metrics,
	})
	if err != nil {
		return err
	}
	a.life.run("billing consumer", c.Run)
	a.life.run("rater", r.Run)
	return nil
}

// startReport runs the consumer that counts facts for the reports.
func (a *App) startReport() error {
	source, err := a.bus.consumer(a, report.Group, report.Topics())
	if err != nil {
		return err
	}
	c, err := report.NewConsumer(report.ConsumerOptions{Source: source, Store: a.db, Now: a.o.Now, Log: a.log("report"), Metrics: a.metrics})
	if err != nil {
		return err
	}
	a.life.run("report consumer", c.Run)
	return nil
}

// startCallback runs the producer that turns facts into deliveries, and the sender.
func (a *App) startCallback(targets callback.Targets) error {
	source, err := a.bus.consumer(a, callback.Group, callback.Topics())
	if err != nil {
		return err
	}
	s, err := callback.NewSender(callback.SenderOptions{
		Store: a.db, Facts: a.db, Holder: a.node, Targets: targets, Sign: signPush, Now: a.o.Now, Log: a.log("callback"), Metrics: a.metrics,
	})
	if err != nil {
		return err
	}
	wake := s.Wake
	a.wake.sender.Store(&wake)
	p, err := callback.NewProducer(callback.ProducerOptions{Source: source, Store: a.db, Wake: wake, Now: a.o.Now, Log: a.log("callback"), Metrics: a.metrics})
	if err != nil {
		return err
	}
	a.life.run("callback sender", s.Run)
	a.life.run("callback producer", p.Run)
	return nil
}

// startDispatch runs the relay of the outbox and the worker that sends due messages. The relay starts first and stops last: what the worker writes
// while it drains still leaves.
func (a *App) startDispatch(channels []dispatch.Channel) error {
	r, err := relay.NewOutbox(relay.OutboxOptions{Store: a.db, Sink: a.bus.writer, Node: a.node, Now: a.o.Now, Log: a.log("relay"), Metrics: a.metrics})
	if err != nil {
		return err
	}
	wakeRelay := r.Wake
	a.wake.relay.Store(&wakeRelay)
	a.life.run("outbox relay", r.Run)

	budget, err := a.openBudget()
	if err != nil {
		return err
	}
	dial := sessions{channels: map[string]Channel{}, log: a.log("carrier"), metrics: a.metrics, now: a.o.Now}
	for _, c := range a.o.Channels {
		dial.channels[c.Name] = c
	}
	var nodes func(int)
	if shared, ok := budget.(*dispatch.RedisBudget); ok {
		nodes = shared.SetNodes // the workers that are registered, instead of what somebody configured
	}
	w, err := dispatch.NewWorker(dispatch.Options{
		Store: a.db, Node: a.node, Channels: channels, Dial: dial.open, Budget: budget, Nodes: nodes, Delivered: a.wake.deliveries, Now: a.o.Now, Log: a.log("dispatch"), Metrics: a.metrics,
	})
	if err != nil {
		return err
	}
	wake := w.Wake
	a.wake.dispatcher.Store(&wake)
	a.life.run("dispatcher", w.Run)
	if err := a.startRetention(); err != nil {
		return err
	}
	return a.startVideos(budget)
}

// openBudget shares the channels' rates through Redis, or within this process.
func (a *App) openBudget() (dispatch.Budget, error) {
	client, err := a.redisClient()
	if err != nil {
		return nil, err
	}
	if client == nil {
		return dispatch.NewMemoryBudget(a.o.Now), nil
	}
	return dispatch.NewRedisBudget(dispatch.RedisBudgetOptions{Client: client, Nodes: a.o.Nodes, Log: a.log("dispatch"), Metrics: a.metrics}), nil
}

// loadPlans reads the price plans, or takes the demo prices.
func loadPlans(file string) (billing.Plans, error) {
	if file == "" {
		return billing.DemoPlans(), nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("price plan: %w", err)
	}
	defer func() { _ = f.Close() }()
	var plans billing.Plans
	d := yaml.NewDecoder(f)
	d.KnownFields(true)
	if err := d.Decode(&plans); err != nil {
		return nil, fmt.Errorf("price plan %s: %w", file, err)
	}
	return plans, plans.Validate()
}

// signPush signs a push to a customer as the KooMessage SDKs sign their requests.
func signPush(r *http.Request, body []byte, access, secret string, at time.Time) error {
	date, auth, err := identity.Sign(identity.Signing{
		Access: access, Secret: secret, At: at, Method: r.Method, Path: r.URL.EscapedPath(), Query: r.URL.RawQuery, Host: r.URL.Host, Body: body,
	})
	if err != nil {
		return err
	}
	r.Header.Set("X-Sdk-Date", date)
	r.Header.Set("Authorization", auth)
	return nil
}
