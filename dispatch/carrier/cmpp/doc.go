// Package cmpp speaks CMPP 2.0 and 3.0, China Mobile's protocol between a service provider and a short-message gateway: the codec for both
// sides, and a client session. It owns the wire, one account's connections, and the tables that give result codes and report
// states their carrier.Class. It refuses to know messages, tenants, rates and storage: it is handed parts, and hands back results, receipts and replies.
//
// Encoders append to the caller's buffer; decoders read without copying, so that decoded byte fields point into the PDU and live as long as it does.
package cmpp
