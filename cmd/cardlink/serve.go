package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"cardlink/app"
)

type serveCmd struct {
	engines `embed:""`

	Demo  bool     `help:"Fill an empty data folder with a tenant, keys, templates and a simulated carrier, and say what to try." env:"CARDLINK_DEMO"`
	Roles []string `help:"Roles of this process: ${enum}." enum:"edge,api,dispatch,billing,callback,report" default:"edge,api,dispatch,billing,callback,report" env:"CARDLINK_ROLES"`

	Edge       string `help:"Address of the short-link face." default:":8080" env:"CARDLINK_EDGE"`
	API        string `name:"api" help:"Address of the API." default:":8081" env:"CARDLINK_API"`
	Ops        string `help:"Address of health, metrics and profiles." default:"127.0.0.1:8082" env:"CARDLINK_OPS"`
	EdgeOrigin string `help:"Public base URL of the edge, such as https://s.example.com." env:"CARDLINK_EDGE_ORIGIN"`

	KafkaListen      string `help:"Address of the embedded broker (without --kafka-brokers); 127.0.0.1:9092 by default, or a free port if that is taken." env:"CARDLINK_KAFKA_LISTEN"`
	KafkaPrefix      string `help:"Text before the names of topics and consumer groups, for shared clusters." env:"CARDLINK_KAFKA_PREFIX"`
	KafkaPartitions  int    `help:"Partitions of topics that this program creates." default:"4" env:"CARDLINK_KAFKA_PARTITIONS"`
	KafkaReplication int    `help:"Replication of topics that this program creates." default:"1" env:"CARDLINK_KAFKA_REPLICATION"`

	Node            string   `help:"Name of this node; made and kept in the data folder by default." env:"CARDLINK_NODE"`
	Domains         []string `help:"Short-link domains for standard codes; the first is the default one." env:"CARDLINK_DOMAINS"`
	CustomDomains   []string `help:"Short-link domains for custom codes." env:"CARDLINK_CUSTOM_DOMAINS"`
	AllowAnyJump    bool     `help:"Let custom_url lead to any host, not only to registered ones." env:"CARDLINK_ALLOW_ANY_JUMP"`
	CodeLength      int      `help:"Length of standard codes, 6-10." default:"8" env:"CARDLINK_CODE_LENGTH"`
	RequireSign     bool     `help:"Refuse resolutions that do not name the signature of their SMS." env:"CARDLINK_REQUIRE_SIGN"`
	TrustedProxies  []string `help:"CIDRs whose X-Forwarded-For is believed." env:"CARDLINK_TRUSTED_PROXIES"`
	JournalMaxBytes int64    `help:"Bound of the edge's event log on disk, in bytes." default:"8589934592" env:"CARDLINK_JOURNAL_MAX_BYTES"`

	ManualReview bool   `help:"Templates, signatures and SMS texts wait for an operator's review." env:"CARDLINK_MANUAL_REVIEW"`
	Strict       bool   `help:"Enforce wording rules (opt-out phrase, trial word) that are only warned about by default." env:"CARDLINK_STRICT"`
	LayoutFile   string `help:"JSON file that overrides facts of the layout catalogue." type:"path" env:"CARDLINK_LAYOUT_FILE"`
	DegradeFile  string `help:"JSON file that overrides what stands in for what a vendor cannot show." type:"path" env:"CARDLINK_DEGRADE_FILE"`
	DialectFile  string `help:"JSON file that overrides how cards are spelt for a vendor." type:"path" env:"CARDLINK_DIALECT_FILE"`

	SensitiveWordsFile string `help:"Words that no text of a template may hold, one a line; none by default." type:"path" env:"CARDLINK_SENSITIVE_WORDS_FILE"`

	Channels jsonList[app.Channel] `help:"Carrier accounts, as JSON text or as a list in the YAML file (docs/dispatch.md)." env:"CARDLINK_CHANNELS"`

	VideoGateway       string `help:"Base address of the operator's video message gateway (docs/video-sms.md); without one, video messages cannot be sent." env:"CARDLINK_VIDEO_GATEWAY"`
	VideoGatewaySecret string `help:"Secret shared with the video message gateway: whsec_ and base64 of 24 to 64 bytes." env:"CARDLINK_VIDEO_GATEWAY_SECRET"`
	VideoGatewayRate   int    `help:"Video messages per second over all nodes." default:"100" env:"CARDLINK_VIDEO_GATEWAY_RATE"`
	VideoSimulator     bool   `help:"Send video messages over a simulated carrier in this process." env:"CARDLINK_VIDEO_SIMULATOR"`
	VideoMaxBytes      int64  `help:"Bound of one video message, texts and contents together, in bytes." default:"2097152" env:"CARDLINK_VIDEO_MAX_BYTES"`

	CallbackAllow        []string `help:"CIDRs or host:port that callbacks may reach although they are private." env:"CARDLINK_CALLBACK_ALLOW"`
	CallbackAllowPrivate bool     `help:"Let callbacks reach any address." env:"CARDLINK_CALLBACK_ALLOW_PRIVATE"`

	Nodes            int                       `help:"How many nodes share budgets; while Redis is away each takes its part of a limit." default:"1" env:"CARDLINK_NODES"`
	APIRate          int                       `name:"api-rate" help:"Reading calls per second of one tenant; -1 for no bound." default:"2000" env:"CARDLINK_API_RATE"`
	APIBurst         int                       `name:"api-burst" help:"Reading calls of one tenant at once; two seconds of the rate by default." env:"CARDLINK_API_BURST"`
	APIWriteRate     int                       `name:"api-write-rate" help:"Changing calls per second of one tenant; as --api-rate by default, -1 for no bound." env:"CARDLINK_API_WRITE_RATE"`
	APIWriteBurst    int                       `name:"api-write-burst" help:"Changing calls of one tenant at once; two seconds of the rate by default." env:"CARDLINK_API_WRITE_BURST"`
	APIRecipientRate int                       `name:"api-recipient-rate" help:"Handsets per second in the sends of one tenant; no bound by default." env:"CARDLINK_API_RECIPIENT_RATE"`
	APICalls         int                       `name:"api-calls" help:"Calls of the API that run at once." default:"512" env:"CARDLINK_API_CALLS"`
	APIFailureRate   int                       `name:"api-failure-rate" help:"Refused credentials per second of one client network; -1 for no bound." default:"10" env:"CARDLINK_API_FAILURE_RATE"`
	APIFailureBurst  int                       `name:"api-failure-burst" help:"Refused credentials of one client network at once." default:"1000" env:"CARDLINK_API_FAILURE_BURST"`
	APITenants       jsonList[app.TenantLimit] `name:"api-tenants" help:"Limits of single tenants, as JSON text or as a list in the YAML file (docs/api.md)." env:"CARDLINK_API_TENANTS"`

	CapabilityFile string `help:"YAML rules about whose handsets draw cards (docs/configuration.md); every mobile number counts by default." type:"path" env:"CARDLINK_CAPABILITY_FILE"`
	SMSApps        int    `name:"sms-apps" help:"SMS applications that one tenant may have; 0 means no bound." default:"0" env:"CARDLINK_SMS_APPS"`
	KeepDays       int    `help:"Days for which send tasks, messages, taps and expired links are kept; -1 for ever. Usage and the ledger always are." default:"400" env:"CARDLINK_KEEP_DAYS"`
	MaxPending     int    `help:"Messages of one tenant, SMS and video together, that may wait to be sent; -1 for no bound." default:"1000000" env:"CARDLINK_MAX_PENDING"`

	PricePlanFile string        `help:"YAML price plan (docs/billing.md); demo prices by default." type:"path" env:"CARDLINK_PRICE_PLAN_FILE"`
	Language      string        `help:"Language of error messages: ${enum}." enum:"en,zh" default:"en" env:"CARDLINK_LANGUAGE"`
	LogLevel      slog.Level    `help:"Lowest level that is logged: debug, info, warn, error." default:"info" env:"CARDLINK_LOG_LEVEL"`
	LogFormat     string        `help:"Form of the log on standard error: ${enum}." enum:"text,json" default:"text" env:"CARDLINK_LOG_FORMAT"`
	DrainTimeout  time.Duration `help:"How long a shutdown may take." default:"30s" env:"CARDLINK_DRAIN_TIMEOUT"`
	JSON          bool          `help:"Print one JSON line with the bound addresses when ready, instead of text."`
}

// engines are the options that say where records and secrets live; every command that opens the store has them.
type engines struct {
	Data         string   `help:"Folder for everything kept on this machine." default:"./data" type:"path" env:"CARDLINK_DATA"`
	Database     string   `help:"PostgreSQL address (postgres://…); SQLite in the data folder by default." env:"CARDLINK_DATABASE"`
	KafkaBrokers []string `help:"Kafka brokers, host:port; an embedded broker by default." env:"CARDLINK_KAFKA_BROKERS"`
	Redis        string   `help:"Redis address (redis://…) for budgets shared by nodes; in-process by default." env:"CARDLINK_REDIS"`
	MasterKey    string   `help:"Master key: 64 hex digits, or a file that holds them; made in the data folder by default." env:"CARDLINK_MASTER_KEY"`
}

// Run serves until a signal comes or a role fails.
func (c *serveCmd) Run(ctx context.Context, s streams) error {
	o := c.options(s)
	a, err := app.New(ctx, o)
	if err != nil {
		return err
	}
	if err := c.announce(s.out, a); err != nil {
		return errors.Join(err, a.Stop(context.WithoutCancel(ctx)))
	}
	select {
	case <-ctx.Done():
		o.Log.Info("shutting down", "reason", "signal")
	case err = <-a.Failed():
		o.Log.Error("shutting down", "reason", err)
	}
	return errors.Join(err, a.Stop(context.WithoutCancel(ctx)))
}

func (c *serveCmd) options(s streams) app.Options {
	handler := slog.Handler(slog.NewTextHandler(s.err, &slog.HandlerOptions{Level: c.LogLevel}))
	if c.LogFormat == "json" {
		handler = slog.NewJSONHandler(s.err, &slog.HandlerOptions{Level: c.LogLevel})
	}
	out := s.out
	if c.JSON {
		out = io.Discard
	}
	return app.Options{
		Data: c.Data, Demo: c.Demo, Roles: c.Roles, Edge: c.Edge, API: c.API, Ops: c.Ops, EdgeOrigin: c.EdgeOrigin,
		Database: c.Database, KafkaBrokers: c.KafkaBrokers, KafkaListen: c.KafkaListen, KafkaPrefix: c.KafkaPrefix, KafkaPartitions: c.KafkaPartitions,
		KafkaReplication: c.KafkaReplication, Redis: c.Redis, MasterKey: c.MasterKey, Node: c.Node,
		Domains: c.Domains, CustomDomains: c.CustomDomains, AllowAnyJump: c.AllowAnyJump, CodeLength: c.CodeLength,
		RequireSign: c.RequireSign, TrustedProxies: c.TrustedProxies, JournalMaxBytes: c.JournalMaxBytes,
		ManualReview: c.ManualReview, Strict: c.Strict, LayoutFile: c.LayoutFile, DegradeFile: c.DegradeFile, DialectFile: c.DialectFile, Channels: c.Channels,
		SensitiveWordsFile: c.SensitiveWordsFile,
		Video: app.VideoGateway{
			URL: c.VideoGateway, Secret: c.VideoGatewaySecret, Rate: c.VideoGatewayRate, Simulator: c.VideoSimulator, MaxBytes: c.VideoMaxBytes,
		},
		CallbackAllow: c.CallbackAllow, CallbackAllowPrivate: c.CallbackAllowPrivate, PricePlanFile: c.PricePlanFile,
		CapabilityFile: c.CapabilityFile, SMSApps: c.SMSApps, MaxPending: c.MaxPending, KeepDays: c.KeepDays,
		Nodes: c.Nodes, Limits: app.APILimits{
			Rate: c.APIRate, Burst: c.APIBurst, WriteRate: c.APIWriteRate, WriteBurst: c.APIWriteBurst, RecipientRate: c.APIRecipientRate, Calls: c.APICalls,
			FailureRate: c.APIFailureRate, FailureBurst: c.APIFailureBurst, Tenants: c.APITenants,
		},
		Language: c.Language, Log: slog.New(handler), Out: out, Version: buildVersion(), DrainTimeout: c.DrainTimeout,
	}
}

func (c *serveCmd) announce(w io.Writer, a *app.App) error {
	if c.JSON {
		return json.NewEncoder(w).Encode(a.Addresses())
	}
	addr := a.Addresses()
	_, err := fmt.Fprintf(w, "cardlink %s is ready\n  edge   %s\n  api    %s\n  ops    %s\n  kafka  %v\n", buildVersion(), addr.Edge, addr.API, addr.Ops, addr.Kafka)
	return err
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
