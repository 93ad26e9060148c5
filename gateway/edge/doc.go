// Package edge is the visitor's face: it answers short links. A handset's message app gets the card of its vendor and uses up one unit of
// the link's quota; a person gets the customer's page or the template's H5 page; everybody else is classified, counted and served alike.
//
// It owns HTTP: addresses, headers, who the visitor is, the bodies of refusals (docs/handset.md), and the cache of compiled programs. It
// refuses to know quota, codes and how facts become durable (shortlink), and how a card is drawn (render). It never imports the store:
// what a visitor needs is in memory, or behind shortlink's coalesced reads.
package edge
