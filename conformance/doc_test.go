// Package conformance drives the built program from outside: the official KooMessage Go SDK, unmodified, a CMPP carrier, handsets, a browser, a customer's callback server and a
// Kafka consumer. Nothing here imports the rooms' insides; what it proves is what a user can see.
package conformance
