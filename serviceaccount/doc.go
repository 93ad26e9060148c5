// Package serviceaccount owns service accounts (api.md §17): the brand profile (pub) with its one home page (portal) and its one menu, the sender
// numbers (ports) bound to it, the pictures they show (media), the company they belong to, and the taps on their menus.
//
// Whatever a tenant changes is a revision: it is written to the change log, waits for a verdict (or gets one at once, unless reviews are by hand) and takes
// effect when it is approved; until then the version that was approved last stays in force. Freezing takes effect at once and covers everything below an
// account; it is undone by a reviewed change.
//
// The package refuses to know HTTP, SQL and where pictures are kept: it declares what it needs of a Store and of Blobs. It does not know who may call what
// either; callers name the tenant they act for.
package serviceaccount
