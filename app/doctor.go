package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/redis/go-redis/v9"

	"cardlink/identity"
)

// Finding is one thing that Doctor looked at.
type Finding struct {
	What string `json:"what"`
	OK   bool   `json:"ok"`
	Says string `json:"says"`         // what was found
	Do   string `json:"do,omitempty"` // what to do about it
}

// Doctor looks at everything a server needs, without starting one: options, disk, database, keys, Kafka, Redis, carriers. It changes nothing but a temporary file.
func Doctor(ctx context.Context, o Options) []Finding {
	var found []Finding
	add := func(what string, err error, says, do string) {
		f := Finding{What: what, OK: err == nil, Says: says}
		if err != nil {
			f.Says, f.Do = err.Error(), do
		}
		found = append(found, f)
	}
	add("options", o.Validate(), "all options are valid", "correct the options named")
	o.fill()
	sync, err := syncTime(o.Data)
	add("disk", err, fmt.Sprintf("%s takes %v to make a write durable", o.Data, sync.Round(10*time.Microsecond)), "make the data folder writable, or give another with --data")
	found = append(found, examineRecords(ctx, o)...)
	if len(o.KafkaBrokers) == 0 {
		add("kafka", nil, "embedded broker in the data folder", "")
	} else {
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		add("kafka", reach(ctx, o.KafkaBrokers), "a broker answers", "start Kafka or correct --kafka-brokers; until then facts wait on disk")
		cancel()
	}
	if o.Redis == "" {
		add("redis", nil, "not used; channel budgets are kept in the process, which is right for one dispatching node", "")
	} else {
		add("redis", pingRedis(ctx, o.Redis), "answers", "start Redis or correct --redis; until then each node takes its share of a channel's rate")
	}
	for _, c := range o.Channels {
		conn, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, "tcp", c.Address)
		if err == nil {
			err = conn.Close()
		}
		add("channel "+c.Name, err, c.Address+" takes connections", "ask the carrier whether this machine's address is registered, and look at firewalls")
	}
	return found
}

// examineRecords looks at database and keys. A data folder that does not exist yet is fine: the first start makes it.
func examineRecords(ctx context.Context, o Options) []Finding {
	if _, err := os.Stat(filepath.Join(o.Data, databaseFile)); errors.Is(err, os.ErrNotExist) && o.Database == "" {
		return []Finding{{What: "database", OK: true, Says: "SQLite; made at the first start"}}
	}
	db, vault, err := OpenRecords(ctx, Records{Data: o.Data, Database: o.Database, MasterKey: o.MasterKey})
	if err != nil {
		return []Finding{{What: "database", Says: err.Error(), Do: "start the database, or correct --database, --data and --master-key"}}
	}
	at, _, err := db.SchemaVersion(ctx)
	f := []Finding{{What: "database", OK: err == nil, Says: fmt.Sprintf("%s, schema version %d", db.Engine(), at)}}
	s, err := identity.NewService(identity.Options{Store: db, Vault: vault})
	if err == nil {
		err = s.CheckVault(ctx)
	}
	key := Finding{What: "master key", OK: err == nil, Says: "opens the tenants' data keys"}
	if err != nil {
		key.Says, key.Do = err.Error(), "give the key that this database was made with (--master-key); without it sealed numbers cannot be read"
	}
	if err := db.Close(); err != nil {
		f[0].OK, f[0].Says = false, err.Error()
	}
	return append(f, key)
}

func pingRedis(ctx context.Context, address string) error {
	opts, err := redis.ParseURL(address)
	if err != nil {
		return err
	}
	c := redis.NewClient(opts)
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return errors.Join(c.Ping(ctx).Err(), c.Close())
}

// syncTime measures one durable write in the data folder.
func syncTime(dir string) (time.Duration, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return 0, err
	}
	f, err := os.CreateTemp(dir, "doctor-")
	if err != nil {
		return 0, err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	start := time.Now()
	_, err = f.Write(make([]byte, 4096))
	err = errors.Join(err, f.Sync())
	took := time.Since(start)
	return took, errors.Join(err, f.Close())
}
