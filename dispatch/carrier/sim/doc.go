// Package sim is a carrier to test against: the gateway's side of CMPP 2.0 and 3.0 on one port, strict about what clients send, deterministic about
// what becomes of messages (the number's last digits decide), and able to misbehave as real gateways do (Faults). It owns everything a
// gateway keeps: accounts, limits, receipts under way, the messages received. It knows nothing of the dispatcher that it is there to examine.
package sim
