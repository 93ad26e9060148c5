// Package callback owns the webhooks to customers: registration, the durable queue of deliveries, the schedule, signing and the guard
// against private targets. It refuses to know who produces the facts it delivers and how rows are kept.
package callback

// Service keeps registrations.
type Service struct{}
