// Package report owns the read models behind the send and template reports: which fact counts as what, on which UTC day, and who counts as one
// visitor (docs/reports.md defines every number). A consumer applies facts to sums; a service answers questions about them.
//
// It refuses to know what a template or a link is beyond its id, who asks (tenants are handed in), how rows are kept (package store), and money: nothing
// here is billed, so a fact that cannot be read is counted and passed over, where billing would set it aside.
package report
