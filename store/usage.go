package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"cardlink/billing"
)

// errKnownUsage rolls an apply back when some of its rows exist already.
var errKnownUsage = errors.New("some usage rows exist already")

// applyRounds bounds how often an apply meets rows that another consumer wrote a moment ago.
const applyRounds = 8

// ApplyUsage implements billing.Store. New rows, which is nearly all, take the straight way: one insert, and the buckets follow from the batch.
// If a row exists (a replay), nothing is kept, the known ones are taken out, and the rest goes the straight way.
func (db *DB) ApplyUsage(ctx context.Context, rows []billing.Usage) (added int, err error) {
	for range applyRounds {
		if len(rows) == 0 {
			return 0, nil
		}
		if err = db.applyNewUsage(ctx, rows); !errors.Is(err, errKnownUsage) {
			if err != nil {
				return 0, fmt.Errorf("apply usage: %w", err)
			}
			return len(rows), nil
		}
		keys := make([]billing.Key, len(rows))
		for i := range rows {
			keys[i] = rows[i].Key
		}
		known, err := db.KnownUsage(ctx, keys)
		if err != nil {
			return 0, err
		}
		fresh := make([]billing.Usage, 0, len(rows))
		for _, u := range rows {
			if !known[u.Key] {
				fresh = append(fresh, u)
			}
		}
		rows = fresh
	}
	return 0, fmt.Errorf("apply usage: %w in each of %d rounds", err, applyRounds)
}

// insertUsage takes what the rows of a group share as parameters and only the rest as JSON: decoding JSON is most of the work.
const insertUsage = `INSERT INTO usage_facts (tenant, source, fact_id, meter, kind, hour_ms, original_hour_ms, occurred_ms, segments, link_id, ordinal)
	SELECT CAST($2 AS TEXT), CAST($3 AS TEXT), value->>0, CAST($4 AS TEXT), CAST($5 AS TEXT), CAST($6 AS BIGINT), CAST($7 AS BIGINT),
	       CAST(value->>1 AS BIGINT), CAST(value->>2 AS INTEGER), CAST(value->>3 AS BIGINT), CAST(value->>4 AS BIGINT)
	FROM `

func (db *DB) applyNewUsage(ctx context.Context, rows []billing.Usage) error {
	groups := groupUsage(rows)
	share := ""
	if db.dialect.name == postgres.name {
		share = " FOR SHARE" // CloseHours waits for us, so no row lands in an hour that is being rated
	}
	return db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		var closed int64
		if err := tx.QueryRowContext(ctx, `SELECT closed_before_ms FROM billing_clock WHERE id = 1`+share).Scan(&closed); err != nil {
			return err
		}
		insert, err := tx.PrepareContext(ctx, insertUsage+db.dialect.rows("$1")+` WHERE true ON CONFLICT (tenant, source, fact_id) DO NOTHING`)
		if err != nil {
			return err
		}
		defer func() { _ = insert.Close() }()
		for i := range groups {
			g := &groups[i]
			hour := max(g.hour, closed)
			var original *int64
			if g.original != hour {
				original = &g.original
			}
			res, err := insert.ExecContext(ctx, g.facts, g.tenant, g.source, string(g.Meter), g.Kind, hour, original)
			if err != nil {
				return err
			}
			if n, err := res.RowsAffected(); err != nil || n != g.quantity {
				return errors.Join(err, errKnownUsage)
			}
		}
		return db.addToBuckets(ctx, tx, bucketsOf(groups, closed))
	})
}

// usageGroup is the rows of a batch that differ in nothing but id, time and link. A batch has few of them.
type usageGroup struct {
	groupKey
	quantity, segments int64
	facts              string // JSON: [[id, occurred, segments, link, ordinal], …]
}

type groupKey struct {
	tenant, source string
	billing.Item
	hour, original int64
}

func groupUsage(rows []billing.Usage) []usageGroup {
	at := make(map[groupKey]int, 8)
	var groups []usageGroup
	var facts [][]byte
	for i := range rows {
		u := &rows[i]
		k := groupKey{u.Tenant, u.Source, u.Item, u.Hour.UnixMilli(), billing.HourOf(u.OccurredAt).UnixMilli()}
		n, ok := at[k]
		if !ok {
			n = len(groups)
			at[k] = n
			groups = append(groups, usageGroup{groupKey: k})
			facts = append(facts, []byte{'['})
		}
		g, b := &groups[n], facts[n]
		g.quantity++
		g.segments += int64(u.Segments)
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(appendJSON(append(b, '['), u.ID), ',')
		b = append(appendInt(b, u.OccurredAt.UnixMilli()), ',')
		b = append(appendInt(b, int64(u.Segments)), ',')
		b = append(appendInt(b, u.LinkID), ',')
		facts[n] = append(appendInt(b, u.Ordinal), ']')
	}
	for n := range groups {
		groups[n].facts = string(append(facts[n], ']'))
	}
	return groups
}

type bucketKey struct {
	tenant string
	billing.Item
	hour int64
}

type bucketSum struct {
	bucketKey
	quantity, segments int64
}

// bucketsOf sums a batch up by bucket, in one order for all: two nodes that update the same buckets then never wait in a circle.
func bucketsOf(groups []usageGroup, closed int64) []bucketSum {
	at := make(map[bucketKey]int, len(groups))
	var sums []bucketSum
	for i := range groups {
		g := &groups[i]
		k := bucketKey{g.tenant, g.Item, max(g.hour, closed)}
		n, ok := at[k]
		if !ok {
			n = len(sums)
			at[k] = n
			sums = append(sums, bucketSum{bucketKey: k})
		}
		sums[n].quantity += g.quantity
		sums[n].segments += g.segments
	}
	slices.SortFunc(sums, func(a, b bucketSum) int {
		if c := strings.Compare(a.tenant, b.tenant); c != 0 {
			return c
		}
		if c := strings.Compare(string(a.Meter), string(b.Meter)); c != 0 {
			return c
		}
		if c := strings.Compare(a.Kind, b.Kind); c != 0 {
			return c
		}
		return int(a.hour/1000 - b.hour/1000)
	})
	return sums
}

func (db *DB) addToBuckets(ctx context.Context, tx *sql.Tx, sums []bucketSum) error {
	rows := make([][7]any, len(sums))
	for i, s := range sums {
		month := billing.MonthOf(time.UnixMilli(s.hour)).UnixMilli()
		rows[i] = [7]any{s.tenant, s.Meter, s.Kind, s.hour, month, s.quantity, s.segments}
	}
	arg, err := json.Marshal(rows)
	if err != nil {
		return err
	}
	res, err := tx.ExecContext(ctx,
		`INSERT INTO usage_hours (tenant, meter, kind, hour_ms, month_ms, quantity, segments, rated)
		 SELECT value->>0, value->>1, value->>2, CAST(value->>3 AS BIGINT), CAST(value->>4 AS BIGINT),
		        CAST(value->>5 AS BIGINT), CAST(value->>6 AS BIGINT), 0
		 FROM `+db.dialect.rows("$1")+` WHERE true
		 ON CONFLICT (tenant, meter, kind, hour_ms) DO UPDATE
		 SET quantity = usage_hours.quantity + excluded.quantity, segments = usage_hours.segments + excluded.segments
		 WHERE usage_hours.rated = 0`, string(arg))
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n != int64(len(sums)) {
		return errors.Join(err, fmt.Errorf("%d of %d buckets took usage: a rated hour was about to change", n, len(sums)))
	}
	return nil
}

// KnownUsage implements billing.Store.
func (db *DB) KnownUsage(ctx context.Context, keys []billing.Key) (map[billing.Key]bool, error) {
	b := []byte{'['}
	for i, k := range keys {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendJSON(append(b, '['), k.Tenant), ',')
		b = append(appendJSON(b, k.Source), ',')
		b = append(appendJSON(b, k.ID), ']')
	}
	rows, err := db.read.QueryContext(ctx,
		`SELECT u.tenant, u.source, u.fact_id FROM `+db.dialect.rows("$1")+`
		 JOIN usage_facts u ON u.tenant = value->>0 AND u.source = value->>1 AND u.fact_id = value->>2`, string(append(b, ']')))
	if err != nil {
		return nil, fmt.Errorf("look up usage: %w", err)
	}
	defer rows.Close()
	known := make(map[billing.Key]bool, len(keys))
	for rows.Next() {
		var k billing.Key
		if err := rows.Scan(&k.Tenant, &k.Source, &k.ID); err != nil {
			return nil, fmt.Errorf("look up usage: %w", err)
		}
		known[k] = true
	}
	return known, rows.Err()
}
