package app

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Roles a process can play. The default is all of them.
const (
	RoleEdge     = "edge"     // answers visitors of short links; ships its journal to Kafka
	RoleAPI      = "api"      // answers marketers' programs
	RoleDispatch = "dispatch" // sends due messages over the carrier channels; relays the outbox to Kafka
	RoleBilling  = "billing"  // turns facts into usage and rated hours
	RoleCallback = "callback" // delivers receipts to customers
	RoleReport   = "report"   // counts facts for the send and template reports
)

// AllRoles lists the roles in the order in which they start.
func AllRoles() []string {
	return []string{RoleEdge, RoleAPI, RoleDispatch, RoleBilling, RoleCallback, RoleReport}
}

// Options are all that can be set about a server. Zero values mean the defaults named below; Validate says what is wrong with the rest.
type Options struct {
	Data  string   // folder for everything that is kept on this machine; default "./data", created if missing
	Demo  bool     // fill an empty data folder with something to play with, and run a simulated carrier
	Roles []string // default AllRoles

	Edge string // listen addresses; port 0 takes a free one. Defaults :8080, :8081, 127.0.0.1:8082
	API  string
	Ops  string

	EdgeOrigin string // public base URL of the edge, "https://s.example.com"; default: http and the bound address

	Database string // postgres://…; default: SQLite in the data folder

	KafkaBrokers     []string // default: the embedded broker
	KafkaListen      string   // address of the embedded broker; default 127.0.0.1:9092, or a free port if that is taken
	KafkaPrefix      string   // before every topic and consumer group name, for clusters that are shared
	KafkaPartitions  int      // of topics this program creates; default 4
	KafkaReplication int      // default 1

	Redis string // redis://…; default: budgets in this process
	Nodes int    // how many nodes share the budgets: while Redis is away each takes its part of a limit. Default 1

	MasterKey string // the master key as 64 hex digits, or a file that holds it; default: master.key in the data folder, made at the first start
	Node      string // this node's name; default: made at the first start and kept in the data folder

	Domains         []string // shared short-link domains for standard codes; the first is the default. Default: the bound edge address
	CustomDomains   []string // shared short-link domains for custom codes
	AllowAnyJump    bool     // custom_url may lead to any host, not only to registered ones
	CodeLength      int      // of standard codes, 6-10; default 8
	RequireSign     bool     // a resolution must carry the signature of its SMS
	TrustedProxies  []string // CIDRs whose X-Forwarded-For is believed
	JournalMaxBytes int64    // bound of the edge's event log; at it resolutions answer 503. Default 8 GiB

	ManualReview bool   // templates, signatures and SMS texts wait for an operator's review
	Strict       bool   // enforce the wording rules that are only warned about by default (D-13)
	LayoutFile   string // JSON that overrides facts of the layout catalogue
	DegradeFile  string // JSON that overrides what stands in for what a vendor lacks
	DialectFile  string // JSON that overrides how cards are spelt for a vendor

	SensitiveWordsFile string // words that no text of a template may hold, one a line (api.md D-39); default: none

	Channels []Channel // carrier accounts

	Video VideoGateway // of video messages

	CallbackAllow        []string // CIDRs or host:port to which callbacks may go although they are private
	CallbackAllowPrivate bool     // callbacks may go anywhere

	Limits APILimits // of the API

	CapabilityFile string // rules about whose handsets draw cards; default: every mobile number counts
	SMSApps        int    // SMS applications of one tenant; 0 = no bound
	// KeepDays is for how many days send tasks, messages, taps on service accounts and, from their expiry on, links are kept; default 400, -1 = for ever. Usage and ledger
	// always are.
	KeepDays   int
	MaxPending int // messages of one tenant that wait to be sent, SMS and video together; default 1,000,000, -1 = no bound

	PricePlanFile string // YAML price plan; default: the built-in demo prices

	Language string // of error messages: "en" (default) or "zh"
	Log      *slog.Logger
	Out      io.Writer // what the demo prints; default: nothing
	Version  string
	Now      func() time.Time
	// DrainTimeout bounds Stop; default 30 s.
	DrainTimeout time.Duration
}

func (o *Options) fill() {
	text := func(s *string, def string) {
		if *s == "" {
			*s = def
		}
	}
	text(&o.Data, "./data")
	text(&o.Edge, ":8080")
	text(&o.API, ":8081")
	text(&o.Ops, "127.0.0.1:8082")
	text(&o.Language, "en")
	text(&o.Version, "dev")
	if len(o.Roles) == 0 {
		o.Roles = AllRoles()
	}
	if o.KafkaPartitions == 0 {
		o.KafkaPartitions = 4
	}
	if o.KafkaReplication == 0 {
		o.KafkaReplication = 1
	}
	if o.CodeLength == 0 {
		o.CodeLength = 8
	}
	if o.KeepDays == 0 {
		o.KeepDays = 400
	}
	if o.MaxPending == 0 {
		o.MaxPending = 1_000_000
	}
	if o.JournalMaxBytes == 0 {
		o.JournalMaxBytes = 8 << 30
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Out == nil {
		o.Out = io.Discard
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.DrainTimeout == 0 {
		o.DrainTimeout = 30 * time.Second
	}
}

// Validate names everything that is wrong, each complaint with the option it is about.
func (o Options) Validate() error {
	o.fill()
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	for _, r := range o.Roles {
		if !slices.Contains(AllRoles(), r) {
			bad("roles: %q is none of %s", r, strings.Join(AllRoles(), ", "))
		}
	}
	for name, addr := range map[string]string{"edge": o.Edge, "api": o.API, "ops": o.Ops, "kafka.listen": o.KafkaListen} {
		if addr == "" { // chosen at start
			continue
		}
		if _, _, err := net.SplitHostPort(addr); err != nil {
			bad("%s: %q is not host:port", name, addr)
		}
	}
	if u, err := url.Parse(o.EdgeOrigin); o.EdgeOrigin != "" && (err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || strings.Trim(u.Path, "/") != "") {
		bad("edge-origin: %q must be http(s)://host without a path", o.EdgeOrigin)
	}
	if o.Database != "" && !strings.HasPrefix(o.Database, "postgres://") && !strings.HasPrefix(o.Database, "postgresql://") {
		bad("database: must begin with postgres://")
	}
	if o.Redis != "" && !strings.HasPrefix(o.Redis, "redis://") && !strings.HasPrefix(o.Redis, "rediss://") {
		bad("redis: must begin with redis://")
	}
	if o.CodeLength < 6 || o.CodeLength > 10 {
		bad("code-length: must be 6-10")
	}
	if o.KafkaPartitions < 1 || o.KafkaPartitions > 1000 {
		bad("kafka.partitions: must be 1-1000")
	}
	if o.Language != "en" && o.Language != "zh" {
		bad("language: %q is neither en nor zh", o.Language)
	}
	for _, c := range o.TrustedProxies {
		if _, _, err := net.ParseCIDR(c); err != nil {
			bad("trusted-proxies: %q is not a CIDR such as 10.0.0.0/8", c)
		}
	}
	if o.SMSApps < 0 {
		bad("sms-apps: must not be negative")
	}
	if o.KeepDays != -1 && (o.KeepDays < 30 || o.KeepDays > 36500) {
		bad("keep-days: must be -1 (for ever) or 30-36500")
	}
	if o.MaxPending < -1 {
		bad("max-pending: must be -1 (no bound) or at least 1")
	}
	if o.JournalMaxBytes < 64<<20 {
		bad("journal-max-bytes: must be at least 64 MiB")
	}
	if o.Nodes < 0 || o.Nodes > 10_000 {
		bad("nodes: must be 1-10000")
	}
	if err := o.Limits.validate(); err != nil {
		errs = append(errs, err)
	}
	names := map[string]bool{}
	errs = append(errs, o.Video.validate())
	for _, c := range o.Channels {
		errs = append(errs, c.validate())
		if names[c.Name] {
			bad("channels: two are named %q", c.Name)
		}
		names[c.Name] = true
	}
	return errors.Join(errs...)
}

func (o *Options) plays(role string) bool { return slices.Contains(o.Roles, role) }
