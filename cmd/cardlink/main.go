// Command cardlink is the gateway: one binary for every role, the simulator, the load tests and the administration.
//
// It turns flags, environment variables and a YAML file into options, signals into a context, and errors into an exit code; everything else
// lives in the rooms.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/alecthomas/kong"
)

// version is set by the linker: -X main.version=v1.2.3.
var version string

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// cli is the command line. Every option of a command is a flag, an environment variable CARDLINK_… and a key of the YAML file.
type cli struct {
	Config kong.ConfigFlag `help:"YAML file with options; its keys are the flags' names (kafka: {brokers: […]} is --kafka-brokers)." placeholder:"FILE" env:"CARDLINK_CONFIG"`

	Serve      serveCmd      `cmd:"" help:"Run the gateway: all roles, or those you name."`
	CarrierSim CarrierSimCmd `cmd:"" help:"Run a carrier simulator with faults on one port."`
	Bench      benchCmd      `cmd:"" help:"Load-test the product and print a table, JSON and an HTML report."`
	Tenant     tenantCmd     `cmd:"" help:"Manage tenants."`
	Key        keyCmd        `cmd:"" help:"Manage access keys."`
	Review     reviewCmd     `cmd:"" help:"Approve and reject what tenants submit."`
	Billing    billingCmd    `cmd:"" help:"Correct bills, and list corrections."`
	SMSApp     smsAppCmd     `cmd:"" name:"sms-app" help:"List, suspend and resume SMS applications."`
	Domain     domainCmd     `cmd:"" help:"Manage short-link domains and the hosts links may jump to."`
	Template   templateCmd   `cmd:"" help:"Judge card templates before they are created."`
	Migrate    migrateCmd    `cmd:"" help:"Bring the database to this version's schema."`
	Copy       copyCmd       `cmd:"" help:"Copy a one-machine deployment's records to PostgreSQL."`
	Doctor     doctorCmd     `cmd:"" help:"Check configuration, engines and disk, and say what to do."`
	Audit      auditCmd      `cmd:"" help:"Prove the books: accepted = sent + failed + pending + ambiguous, billed = facts."`
	Version    versionCmd    `cmd:"" help:"Print the version."`
}

// streams are what a command may write to.
type streams struct{ out, err io.Writer }

// errReported ends a command with exit code 1 after it has said itself what is wrong.
var errReported = errors.New("reported")

// run is main without the process around it: arguments in, exit code out.
func run(ctx context.Context, args []string, out, errw io.Writer) int {
	var c cli
	exit := -1
	parser, err := kong.New(&c,
		kong.Name("cardlink"),
		kong.Description("Rich-message and short-link gateway, wire-compatible with KooMessage v1."),
		kong.UsageOnError(),
		kong.Configuration(yamlConfig),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Writers(out, errw),
		kong.Exit(func(code int) { exit = code }),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(streams{out, errw}),
	)
	if err != nil {
		fmt.Fprintln(errw, "cardlink:", err)
		return 2
	}
	k, err := parser.Parse(args)
	if exit >= 0 { // --help
		return exit
	}
	if err != nil {
		fmt.Fprintf(errw, "cardlink: %v\nRun `cardlink --help` for the commands and `cardlink COMMAND --help` for their options.\n", err)
		return 2
	}
	switch err := k.Run(); {
	case err == nil:
		return 0
	case errors.Is(err, errReported):
		return 1
	default:
		fmt.Fprintln(errw, "cardlink:", err)
		return 1
	}
}

type versionCmd struct {
	JSON bool `help:"Print JSON."`
}

// Run prints the version.
func (v versionCmd) Run(s streams) error {
	if v.JSON {
		return writeJSON(s.out, map[string]string{"version": buildVersion(), "go": goVersion()})
	}
	_, err := fmt.Fprintf(s.out, "cardlink %s (%s)\n", buildVersion(), goVersion())
	return err
}

func buildVersion() string {
	if version != "" {
		return version
	}
	if b, ok := debug.ReadBuildInfo(); ok && b.Main.Version != "" && b.Main.Version != "(devel)" {
		return b.Main.Version
	}
	return "dev"
}

func goVersion() string {
	if b, ok := debug.ReadBuildInfo(); ok {
		return b.GoVersion
	}
	return "go"
}
