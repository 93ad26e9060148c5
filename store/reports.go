package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"

	"cardlink/report"
)

var _ report.Store = (*DB)(nil)

// CountFacts implements report.Store. The guarantee is in the order: the digests that are new are written first, and only their marks are added up, all in
// one transaction. Its generation cannot change meanwhile, so two consumers that meet the same fact see one another.
func (db *DB) CountFacts(ctx context.Context, marks []report.Mark) (added int, err error) {
	byDigest := make(map[[2]int64]int, len(marks))
	digests := make([][2]int64, 0, len(marks))
	for i := range marks {
		d := marks[i].Digest()
		if _, twice := byDigest[d]; !twice {
			byDigest[d] = i
			digests = append(digests, d)
		}
	}
	// One order for all: two nodes that write the same rows then never wait in a circle.
	slices.SortFunc(digests, func(a, b [2]int64) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) })
	var arg rowBatch
	for _, d := range digests {
		arg.begin()
		arg.int(d[0]).int(d[1]).end()
	}
	err = db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		news, err := db.newFacts(ctx, tx, arg.arg())
		if err != nil {
			return err
		}
		added = len(news)
		sums := newReportSums()
		for _, d := range news {
			sums.add(&marks[byDigest[d]])
		}
		return sums.write(ctx, tx, db)
	})
	if err != nil {
		return 0, fmt.Errorf("count facts: %w", err)
	}
	return added, nil
}

// newFacts remembers digests and returns those that no kept generation had.
func (db *DB) newFacts(ctx context.Context, tx *sql.Tx, digests string) (news [][2]int64, err error) {
	share := ""
	if db.dialect.name == postgres.name {
		share = " FOR SHARE" // a new generation waits for us
	}
	var generation int64
	if err := tx.QueryRowContext(ctx, `SELECT generation FROM report_clock WHERE id = 1`+share).Scan(&generation); err != nil {
		return nil, err
	}
	older := ""
	for i := int64(1); i < report.Generations; i++ {
		older += "," + strconv.FormatInt(generation-i, 10)
	}
	rows, err := tx.QueryContext(ctx, `INSERT INTO report_facts (generation, high, low)
		SELECT CAST($2 AS INTEGER), v.high, v.low FROM (SELECT CAST(value->>0 AS BIGINT) AS high, CAST(value->>1 AS BIGINT) AS low FROM `+db.dialect.rows("$1")+`) AS v
		WHERE NOT EXISTS (SELECT 1 FROM report_facts f WHERE f.generation IN (`+older[1:]+`) AND f.high = v.high AND f.low = v.low)
		ON CONFLICT DO NOTHING RETURNING high, low`, digests, generation)
	return collect(rows, err, "remember facts", func(d *[2]int64) ([]any, func() error) {
		return []any{&d[0], &d[1]}, func() error { return nil }
	})
}

// series is what visitors and sums of one template and vendor share.
type series struct{ tenant, tplID, vendor string }

func (s series) compare(t series) int {
	return cmp.Or(cmp.Compare(s.tenant, t.tenant), cmp.Compare(s.tplID, t.tplID), cmp.Compare(s.vendor, t.vendor))
}

type dayKey struct {
	series
	day report.Day
}

type visitKey struct {
	series
	kind    report.Seen
	day     report.Day
	visitor int64
}

type templateName struct {
	name string
	at   int64
}

// reportSums is a batch of marks added up.
type reportSums struct {
	days   map[dayKey]report.Counts
	visits map[visitKey]struct{}
	names  map[series]templateName // vendor is empty
}

func newReportSums() *reportSums {
	return &reportSums{map[dayKey]report.Counts{}, map[visitKey]struct{}{}, map[series]templateName{}}
}

func (r *reportSums) add(m *report.Mark) {
	s := series{m.Tenant, m.TplID, m.Vendor}
	sum := r.days[dayKey{s, m.Day}]
	sum.Add(m.Counts)
	r.days[dayKey{s, m.Day}] = sum
	for _, kind := range [...]report.Seen{report.Exposed, report.Clicked} {
		if m.Seen&kind != 0 {
			r.visits[visitKey{s, kind, m.Day, m.Visitor}] = struct{}{}
		}
	}
	if m.Name != "" {
		s.vendor = ""
		// The newest wins, and of two of one moment the greater text, so that the order in which facts come changes nothing.
		if old, n := r.names[s], (templateName{m.Name, m.At.UnixMilli()}); n.at > old.at || n.at == old.at && n.name > old.name {
			r.names[s] = n
		}
	}
}

func (r *reportSums) write(ctx context.Context, tx *sql.Tx, db *DB) error {
	if len(r.days) == 0 {
		return nil
	}
	var days, names rowBatch
	for _, k := range sortedKeys(r.days, func(a, b dayKey) int { return cmp.Or(a.compare(b.series), cmp.Compare(a.day, b.day)) }) {
		c := r.days[k]
		days.begin()
		days.text(k.tenant).text(k.tplID).text(k.vendor).int(int64(k.day)).int(int64(k.day.Month())).int(c.Submitted).int(c.Sent).int(c.Delivered).
			int(c.SendResolved).int(c.Resolved).int(c.Exposed).int(c.Clicked).end()
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO report_days
			(tenant, tpl_id, vendor, day, month, submitted, sent, delivered, send_resolved, resolved, exposed, clicked)
		SELECT value->>0, value->>1, value->>2, CAST(value->>3 AS INTEGER), CAST(value->>4 AS INTEGER), CAST(value->>5 AS BIGINT), CAST(value->>6 AS BIGINT),
			CAST(value->>7 AS BIGINT), CAST(value->>8 AS BIGINT), CAST(value->>9 AS BIGINT), CAST(value->>10 AS BIGINT), CAST(value->>11 AS BIGINT)
		FROM `+db.dialect.rows("$1")+` WHERE true
		ON CONFLICT (tenant, tpl_id, vendor, day) DO UPDATE SET
			submitted = report_days.submitted + excluded.submitted, sent = report_days.sent + excluded.sent, delivered = report_days.delivered + excluded.delivered,
			send_resolved = report_days.send_resolved + excluded.send_resolved, resolved = report_days.resolved + excluded.resolved,
			exposed = report_days.exposed + excluded.exposed, clicked = report_days.clicked + excluded.clicked`, days.arg()); err != nil {
		return fmt.Errorf("add to the days of reports: %w", err)
	}
	for _, k := range sortedKeys(r.names, series.compare) {
		names.begin()
		names.text(k.tenant).text(k.tplID).text(r.names[k].name).int(r.names[k].at).end()
	}
	if names.n > 0 {
		if _, err := tx.ExecContext(ctx, `INSERT INTO report_templates (tenant, tpl_id, name, named_ms)
			SELECT value->>0, value->>1, value->>2, CAST(value->>3 AS BIGINT) FROM `+db.dialect.rows("$1")+` WHERE true
			ON CONFLICT (tenant, tpl_id) DO UPDATE SET name = excluded.name, named_ms = excluded.named_ms
			WHERE excluded.named_ms > report_templates.named_ms OR (excluded.named_ms = report_templates.named_ms AND excluded.name > report_templates.name)`,
			names.arg()); err != nil {
			return fmt.Errorf("keep the names of templates: %w", err)
		}
	}
	return r.writeVisits(ctx, tx, db)
}

func (r *reportSums) writeVisits(ctx context.Context, tx *sql.Tx, db *DB) error {
	if len(r.visits) == 0 {
		return nil
	}
	groups := make(map[series]struct{})
	for k := range r.visits {
		groups[k.series] = struct{}{}
	}
	numbers, err := db.seriesNumbers(ctx, tx, sortedKeys(groups, series.compare))
	if err != nil {
		return err
	}
	var rows rowBatch
	for _, k := range sortedKeys(r.visits, func(a, b visitKey) int {
		return cmp.Or(cmp.Compare(numbers[a.series], numbers[b.series]), cmp.Compare(a.kind, b.kind), cmp.Compare(a.day, b.day), cmp.Compare(a.visitor, b.visitor))
	}) {
		rows.begin()
		rows.int(numbers[k.series]).int(int64(k.kind)).int(int64(k.day)).int(k.visitor).end()
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO report_visitors (series, kind, day, visitor)
		SELECT CAST(value->>0 AS BIGINT), CAST(value->>1 AS INTEGER), CAST(value->>2 AS INTEGER), CAST(value->>3 AS BIGINT) FROM `+db.dialect.rows("$1")+` WHERE true
		ON CONFLICT DO NOTHING`, rows.arg()); err != nil {
		return fmt.Errorf("keep %d visitors: %w", rows.n, err)
	}
	return nil
}

// seriesNumbers finds the numbers of series and gives new ones their own.
func (db *DB) seriesNumbers(ctx context.Context, tx *sql.Tx, list []series) (map[series]int64, error) {
	numbers := make(map[series]int64, len(list))
	find := func() (missing rowBatch, err error) {
		var all rowBatch
		for _, s := range list {
			if _, known := numbers[s]; !known {
				all.begin()
				all.text(s.tenant).text(s.tplID).text(s.vendor).end()
			}
		}
		rows, err := tx.QueryContext(ctx, `SELECT s.id, s.tenant, s.tpl_id, s.vendor FROM `+db.dialect.rows("$1")+`
			JOIN report_series s ON s.tenant = value->>0 AND s.tpl_id = value->>1 AND s.vendor = value->>2`, all.arg())
		type found struct {
			series
			id int64
		}
		known, err := collect(rows, err, "find series", func(f *found) ([]any, func() error) {
			return []any{&f.id, &f.tenant, &f.tplID, &f.vendor}, func() error { return nil }
		})
		for _, f := range known {
			numbers[f.series] = f.id
		}
		for _, s := range list {
			if _, known := numbers[s]; !known {
				missing.begin()
				missing.text(s.tenant).text(s.tplID).text(s.vendor).end()
			}
		}
		return missing, err
	}
	missing, err := find()
	if err != nil || missing.n == 0 {
		return numbers, err
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO report_series (tenant, tpl_id, vendor) SELECT value->>0, value->>1, value->>2 FROM `+db.dialect.rows("$1")+`
		WHERE true ON CONFLICT (tenant, tpl_id, vendor) DO NOTHING`, missing.arg()); err != nil {
		return nil, fmt.Errorf("number series: %w", err)
	}
	if missing, err = find(); err == nil && missing.n > 0 {
		err = fmt.Errorf("%d series have no number", missing.n)
	}
	return numbers, err
}

func sortedKeys[K comparable, V any](m map[K]V, compare func(K, K) int) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, compare)
	return keys
}
