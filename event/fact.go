// Package event owns the facts of the house: what happened, to whom, when, under which deterministic id, and on which topic
// it travels. A fact is encoded as a CloudEvents 1.0 JSON envelope (billing.md §10). The package refuses to know who reads the
// facts, how they are stored before they reach Kafka (event/journal, store) and how they get there (event/kafka, event/relay).
//
// No fact carries a phone number in clear: recipients appear as cust_ref, a keyed hash.
package event

import (
	"encoding/json"
	"fmt"
	"time"
)

// Type is a CloudEvents type of this house, for example "aim.parse.result.v1".
type Type string

// The facts (billing.md §10). The names are the contract with every consumer and never change; a new shape is a new version.
const (
	TypeLinkCreated   Type = "aim.link.created.v1"
	TypeSendAccepted  Type = "aim.send.accepted.v1"
	TypeSendSubmitted Type = "aim.send.submitted.v1"
	TypeSendReceipt   Type = "aim.send.receipt.v1"
	TypeParseResult   Type = "aim.parse.result.v1"
	TypeLinkClick     Type = "aim.link.click.v1"
	TypeCardExpose    Type = "aim.card.expose.v1"
	TypeCardClick     Type = "aim.card.click.v1"
	TypeTemplateAudit Type = "template.audit.changed.v1"
	TypeHourRated     Type = "billing.hour.rated.v1"

	TypeMenuClick      Type = "sa.menu.click.v1"
	TypeBasicSubmitted Type = "basic.send.submitted.v1"
	TypeBasicReceipt   Type = "basic.send.receipt.v1"
)

// Topics carry facts. Partition key = link or message id, so facts of one link or message stay in order.
const (
	TopicLink       = "cardlink.link"     // aim.link.created, aim.link.click, aim.card.*
	TopicSend       = "cardlink.send"     // aim.send.accepted, aim.send.submitted, aim.send.receipt
	TopicParse      = "cardlink.parse"    // aim.parse.result
	TopicTemplate   = "cardlink.template" // template.audit.changed
	TopicBilling    = "cardlink.billing"  // billing.*
	TopicAccount    = "cardlink.account"  // sa.menu.click
	TopicBasic      = "cardlink.basic"    // basic.send.submitted, basic.send.receipt
	TopicQuarantine = "cardlink.quarantine"
)

// Topics lists every topic in the order in which a deployment should create them.
func Topics() []string {
	return []string{TopicLink, TopicSend, TopicParse, TopicTemplate, TopicBilling, TopicAccount, TopicBasic, TopicQuarantine}
}

// TopicOf names the topic a type travels on; the quarantine topic for a type nobody declared.
func TopicOf(t Type) string {
	switch t {
	case TypeLinkCreated, TypeLinkClick, TypeCardExpose, TypeCardClick:
		return TopicLink
	case TypeSendAccepted, TypeSendSubmitted, TypeSendReceipt:
		return TopicSend
	case TypeParseResult:
		return TopicParse
	case TypeTemplateAudit:
		return TopicTemplate
	case TypeHourRated:
		return TopicBilling
	case TypeMenuClick:
		return TopicAccount
	case TypeBasicSubmitted, TypeBasicReceipt:
		return TopicBasic
	}
	return TopicQuarantine
}

// Record is a fact encoded and addressed: what the outbox stores, the journal holds and Kafka carries.
type Record struct {
	Topic string
	Key   []byte // partition key
	Value []byte // CloudEvents JSON
}

// Fact is a decoded envelope. ID is derived from what happened, never random: the same fact has the same id however often
// it is written, and (Tenant, Source, ID) is the deduplication key of every consumer.
type Fact struct {
	ID     string
	Source string // "/aim-gw/edge", "/aim-gw/dispatch", …
	Type   Type
	Tenant string // CloudEvents subject
	Time   time.Time
	Data   json.RawMessage
}

// Sources of facts.
const (
	SourceEdge      = "/aim-gw/edge"
	SourceAPI       = "/aim-gw/api"
	SourceDispatch  = "/aim-gw/dispatch"
	SourceTemplates = "/aim-gw/templates"
	SourceBilling   = "/aim-gw/billing"
)

type envelope struct {
	SpecVersion     string          `json:"specversion"`
	ID              string          `json:"id"`
	Source          string          `json:"source"`
	Type            Type            `json:"type"`
	Subject         string          `json:"subject"`
	Time            time.Time       `json:"time"`
	DataContentType string          `json:"datacontenttype"`
	Data            json.RawMessage `json:"data"`
}

// Encode wraps data in an envelope and addresses it. key is the partition key, normally the link code or message id.
func Encode(f Fact, key string) (Record, error) {
	v, err := json.Marshal(envelope{"1.0", f.ID, f.Source, f.Type, f.Tenant, f.Time.UTC(), "application/json", f.Data})
	if err != nil {
		return Record{}, fmt.Errorf("encode %s %s: %w", f.Type, f.ID, err)
	}
	return Record{Topic: TopicOf(f.Type), Key: []byte(key), Value: v}, nil
}

// Decode reads an envelope from outside bytes. It refuses a missing id, type, source or time; an empty tenant is left to the consumer, which
// quarantines it (billing.md §10).
func Decode(b []byte) (Fact, error) {
	var e envelope
	if err := json.Unmarshal(b, &e); err != nil {
		return Fact{}, fmt.Errorf("decode fact: %w", err)
	}
	if e.SpecVersion != "1.0" || e.ID == "" || e.Type == "" || e.Source == "" || e.Time.IsZero() {
		return Fact{}, fmt.Errorf("decode fact: specversion, id, type, source and time are required (id %q, type %q)", e.ID, e.Type)
	}
	return Fact{e.ID, e.Source, e.Type, e.Subject, e.Time, e.Data}, nil
}
