// Package billing turns facts into money: it meters billable facts into hour buckets, rates closed hours by price plans and answers what a
// tenant used and owes. It owns meters, prices and the rule that says which fact is billable (billing.md).
//
//	Kafka ──▶ Consumer ──▶ usage (one row per billable fact) ──▶ hour buckets ──▶ Rater ──▶ ledger lines, billing.hour.rated facts
//
// It refuses to know how a message was sent, how a card was drawn, who asks, and how rows are kept (package store implements Store).
package billing
