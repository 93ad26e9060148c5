// Package cardlink is the map of the system; the code lives one folder down, a room per capability.
//
//	handset  ── GET /{code} ───────▶ gateway/edge ─▶ shortlink ─▶ render ─▶ card, page or redirect
//	                                                    └─▶ event/journal ──┐ (durable before the answer)
//	marketer ── POST /v1/… ────────▶ gateway/api ─▶ identity                │
//	                                      ├─▶ templates, shortlink          ├─▶ event/relay ─▶ Kafka ─┬─▶ billing ─▶ rated hours
//	                                      └─▶ dispatch ─▶ store (outbox) ───┘                        ├─▶ report ─▶ sums of days
//	                                             │                                                   └─▶ callback ─▶ customer
//	                                             └─▶ pacer ─▶ dispatch/carrier ─▶ carrier ─▶ receipts
//	operator ── /healthz, /metrics ▶ gateway/ops
//	         ── verdicts: /x/v1/reviews, `cardlink review` ▶ review ─▶ the queues of templates, dispatch, shortlink, serviceaccount, videosms
//
// Arrows are calls or one-way messages; nothing points back at gateway. What a room must remember it says in an interface of its own, and store
// implements all of them on SQLite and PostgreSQL. embedded is the Kafka of an installation that has none. app sets the rooms up in one straight
// line and takes them down in reverse; cmd/cardlink turns flags and signals into that. bench drives the product from outside (but for
// its render workload, which times the renderer itself), conformance proves it with the unmodified KooMessage SDK, and fault holds every failure a caller may see.
//
// Beside the main roads: serviceaccount owns the brand profiles behind sender numbers, their pages and the taps on them. videosms is the same road as dispatch for
// video messages, over an operator's gateway. capability says whose handsets draw cards. review is the operator's one list of what waits for a verdict. retention
// forgets what was kept long enough. idempotency makes a repeated call of the API one call. previewlink signs the addresses under which templates can be looked
// at. templates/gallery/draw draws the gallery's pictures and films, templates/gallery/draw/clip codes the films. gateway/api/openapi describes the API and is
// held to it by tests. templates/templatetest has a complete card of every layout for tests, and
// enginetest tells them where PostgreSQL, Redis and Kafka are.
//
// Who may import whom is floorplan_test.go; why things are as they are is docs/adr.
package cardlink
