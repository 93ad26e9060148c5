package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"cardlink/billing"
	"cardlink/dispatch"
	"cardlink/event"
)

// AuditOptions narrow an audit.
type AuditOptions struct {
	Tenant string // empty = all
}

// Audit sets messages, links, resolutions, usage and the ledger side by side, in one snapshot, so that it may run while the system works. It reads
// every row: on a large database it takes minutes, but holds nobody up.
func (db *DB) Audit(ctx context.Context, o AuditOptions) (*AuditReport, error) {
	opts := &sql.TxOptions{ReadOnly: true}
	if db.dialect.name == postgres.name {
		opts.Isolation = sql.LevelRepeatableRead // one snapshot for all statements; SQLite's reader has one anyway
	}
	tx, err := db.read.BeginTx(ctx, opts)
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // it only reads
	a := audit{ctx: ctx, tx: tx, tenant: o.Tenant, byTenant: map[string]*TenantAudit{}}
	a.messages()
	a.videos()
	a.links()
	a.usage()
	a.hours()
	r := &AuditReport{At: time.Now().UTC(), Tenants: []TenantAudit{}}
	if a.err == nil {
		a.err = tx.QueryRowContext(ctx, `SELECT count(*) FROM outbox`).Scan(&r.Outbox)
	}
	if a.err != nil {
		return nil, fmt.Errorf("audit: %w", a.err)
	}
	for _, t := range a.byTenant {
		r.Tenants = append(r.Tenants, *t)
	}
	slices.SortFunc(r.Tenants, func(x, y TenantAudit) int {
		if x.Tenant < y.Tenant {
			return -1
		}
		return 1
	})
	return r, nil
}

// audit is one run; the first error ends it.
type audit struct {
	ctx      context.Context
	tx       *sql.Tx
	tenant   string
	byTenant map[string]*TenantAudit
	err      error
}

// each runs a query with the columns tenant, key and number. $1 is the tenant asked for, ” for all.
func (a *audit) each(query string, take func(t *TenantAudit, key string, n int64)) {
	if a.err != nil {
		return
	}
	rows, err := a.tx.QueryContext(a.ctx, query, a.tenant)
	if err != nil {
		a.err = err
		return
	}
	defer rows.Close()
	for rows.Next() {
		var tenant, key string
		var n int64
		if a.err = rows.Scan(&tenant, &key, &n); a.err != nil {
			return
		}
		t := a.byTenant[tenant]
		if t == nil {
			t = &TenantAudit{Tenant: tenant}
			a.byTenant[tenant] = t
		}
		take(t, key, n)
	}
	a.err = rows.Err()
}

const oneTenant = `(CAST($1 AS TEXT) = '' OR tenant = CAST($1 AS TEXT))`

func (a *audit) messages() {
	a.each(`SELECT tenant, '', CAST(COALESCE(sum(sends), 0) AS BIGINT) FROM send_tasks WHERE `+oneTenant+` GROUP BY tenant`,
		func(t *TenantAudit, _ string, n int64) { t.Messages.Accepted = n })
	a.each(`SELECT tenant, CAST(state AS TEXT), count(*) FROM messages WHERE `+oneTenant+` GROUP BY tenant, state`,
		func(t *TenantAudit, state string, n int64) {
			m := &t.Messages
			switch state {
			case fmt.Sprint(int(dispatch.Queued)), fmt.Sprint(int(dispatch.Claimed)):
				m.Pending += n
			case fmt.Sprint(int(dispatch.Submitted)):
				m.Submitted += n
			case fmt.Sprint(int(dispatch.Doubtful)), fmt.Sprint(int(dispatch.DoubtfulUp)):
				m.Ambiguous += n
			case fmt.Sprint(int(dispatch.Succeeded)):
				m.Success += n
			case fmt.Sprint(int(dispatch.Failed)):
				m.Fail += n
			case fmt.Sprint(int(dispatch.TimedOut)):
				m.Timeout += n
			} // a state nobody knows leaves the sum short, and the report says so
		})
	a.each(`SELECT tenant, '', count(*) FROM (
		  SELECT t.tenant, t.sends, count(m.id) AS have FROM send_tasks t LEFT JOIN messages m ON m.task = t.id AND m.tenant = t.tenant
		  GROUP BY t.id, t.tenant, t.sends) AS q WHERE sends <> have AND `+oneTenant+` GROUP BY tenant`,
		func(t *TenantAudit, _ string, n int64) { t.Messages.BadTasks = n })
}

func (a *audit) links() {
	a.each(`SELECT b.tenant, '', count(*) FROM links l JOIN link_batches b ON b.id = l.batch WHERE `+oneTenant+` GROUP BY b.tenant`,
		func(t *TenantAudit, _ string, n int64) { t.Links.Links = n })
	const resolved = ` FROM resolutions r JOIN links l ON l.id = r.link_id JOIN link_batches b ON b.id = l.batch WHERE r.ordinal > 0 AND ` + oneTenant
	a.each(`SELECT b.tenant, '', count(*)`+resolved+` GROUP BY b.tenant`,
		func(t *TenantAudit, _ string, n int64) { t.Links.Resolutions, t.Parses.Facts = n, n })
	// Ordinals are unique per link and begin at 1, so a link with more resolutions than its quota has an ordinal above it.
	a.each(`SELECT b.tenant, '', count(*)`+resolved+` AND r.ordinal > b.quota GROUP BY b.tenant`,
		func(t *TenantAudit, _ string, n int64) { t.Links.OverLimit = n })
	a.each(`SELECT tenant, '', CAST(sum(n - 1) AS BIGINT) FROM (
		  SELECT b.tenant, count(*) AS n`+resolved+` GROUP BY b.tenant, r.link_id, r.ordinal HAVING count(*) > 1) AS q GROUP BY tenant`,
		func(t *TenantAudit, _ string, n int64) { t.Links.Duplicates = n })
	a.each(`SELECT b.tenant, '', count(*) FROM link_quota q JOIN links l ON l.id = q.link_id JOIN link_batches b ON b.id = l.batch
		WHERE `+oneTenant+` AND (q.quota <> b.quota OR q.issued > q.quota OR q.resolved > q.issued
		  OR q.resolved <> (SELECT count(*) FROM resolutions r WHERE r.link_id = q.link_id AND r.ordinal > 0)) GROUP BY b.tenant`,
		func(t *TenantAudit, _ string, n int64) { t.Links.BadCounts = n })
}

// usage joins each fact with its usage row by the id that the fact was given. An id names one fact, so the rows that no fact was joined
// with have none.
func (a *audit) usage() {
	a.each(`SELECT tenant, '', count(*) FROM messages WHERE state = 10 AND `+oneTenant+` GROUP BY tenant`,
		func(t *TenantAudit, _ string, n int64) { t.Sends.Facts = n })
	a.each(`SELECT tenant, '', count(*) FROM sa_clicks WHERE billable = 1 AND `+oneTenant+` GROUP BY tenant`,
		func(t *TenantAudit, _ string, n int64) { t.Clicks.Facts = n })
	a.each(`SELECT tenant, '', count(*) FROM vms_messages WHERE state = 10 AND `+oneTenant+` GROUP BY tenant`,
		func(t *TenantAudit, _ string, n int64) { t.Basic.Facts = n })
	a.each(`SELECT tenant, meter, count(*) FROM usage_facts WHERE meter IN (`+auditedMeters+`) AND `+oneTenant+` GROUP BY tenant, meter`,
		func(t *TenantAudit, meter string, n int64) { t.meter(meter).Usage = n })
	a.each(`SELECT tenant, meter, CAST(sum(n - 1) AS BIGINT) FROM (
		  SELECT tenant, meter, count(*) AS n FROM usage_facts WHERE meter IN (`+auditedMeters+`) AND `+oneTenant+`
		  GROUP BY tenant, meter, fact_id HAVING count(*) > 1) AS q GROUP BY tenant, meter`,
		func(t *TenantAudit, meter string, n int64) { t.meter(meter).Duplicates = n })

	matched := map[*MeterAudit]int64{}
	a.each(`SELECT m.tenant, '', count(*) FROM messages m JOIN send_tasks t ON t.id = m.task
		JOIN usage_facts u ON u.tenant = m.tenant AND u.source = '`+event.SourceDispatch+`' AND u.fact_id = 'rcp:' || t.uuid || '_' || CAST(m.id AS TEXT) || ':final'
		WHERE m.state = 10 AND u.meter = '`+string(billing.AimSend)+`' AND (CAST($1 AS TEXT) = '' OR m.tenant = CAST($1 AS TEXT)) GROUP BY m.tenant`,
		func(t *TenantAudit, _ string, n int64) { matched[&t.Sends] = n })
	a.each(`SELECT b.tenant, '', count(*) FROM resolutions r JOIN links l ON l.id = r.link_id JOIN link_batches b ON b.id = l.batch
		JOIN usage_facts u ON u.tenant = b.tenant AND u.source = '`+event.SourceEdge+`'
		  AND u.fact_id = 'prs:' || b.domain || '/' || l.code || ':' || CAST(r.ordinal AS TEXT)
		WHERE r.ordinal > 0 AND u.meter = '`+string(billing.AimParse)+`' AND u.link_id = r.link_id
		  AND (CAST($1 AS TEXT) = '' OR b.tenant = CAST($1 AS TEXT)) GROUP BY b.tenant`,
		func(t *TenantAudit, _ string, n int64) { matched[&t.Parses] = n })
	a.each(`SELECT c.tenant, '', count(*) FROM sa_clicks c
		JOIN usage_facts u ON u.tenant = c.tenant AND u.source = '`+event.SourceEdge+`' AND u.fact_id = c.fact_id
		WHERE c.billable = 1 AND u.meter = '`+string(billing.MenuClick)+`' AND (CAST($1 AS TEXT) = '' OR c.tenant = CAST($1 AS TEXT)) GROUP BY c.tenant`,
		func(t *TenantAudit, _ string, n int64) { matched[&t.Clicks] = n })
	a.each(`SELECT m.tenant, '', count(*) FROM vms_messages m JOIN vms_tasks t ON t.id = m.task
		JOIN usage_facts u ON u.tenant = m.tenant AND u.source = '`+event.SourceDispatch+`' AND u.fact_id = 'bas:' || t.uuid || ':' || m.phone_ref || ':final'
		WHERE m.state = 10 AND u.meter = '`+string(billing.AimBasicSend)+`' AND (CAST($1 AS TEXT) = '' OR m.tenant = CAST($1 AS TEXT)) GROUP BY m.tenant`,
		func(t *TenantAudit, _ string, n int64) { matched[&t.Basic] = n })
	a.each(`SELECT tenant, meter, facts FROM swept_facts WHERE `+oneTenant, func(t *TenantAudit, meter string, n int64) { t.meter(meter).Facts += n })
	a.each(`SELECT tenant, meter, billed FROM swept_facts WHERE `+oneTenant, func(t *TenantAudit, meter string, n int64) { matched[t.meter(meter)] += n })
	for _, t := range a.byTenant {
		for _, m := range []*MeterAudit{&t.Sends, &t.Parses, &t.Clicks, &t.Basic} {
			m.InFlight = m.Facts - matched[m]
			m.Unfounded = m.Usage - matched[m] - m.Duplicates
		}
	}
}

// auditedMeters are the meters of usage, for SQL.
const auditedMeters = `'` + string(billing.AimSend) + `', '` + string(billing.AimParse) + `', '` + string(billing.MenuClick) + `', '` + string(billing.AimBasicSend) + `'`

func (t *TenantAudit) meter(name string) *MeterAudit {
	switch billing.Meter(name) {
	case billing.AimParse:
		return &t.Parses
	case billing.MenuClick:
		return &t.Clicks
	case billing.AimBasicSend:
		return &t.Basic
	}
	return &t.Sends
}

func (a *audit) hours() {
	a.each(`SELECT tenant, '', count(*) FROM usage_hours WHERE `+oneTenant+` GROUP BY tenant`,
		func(t *TenantAudit, _ string, n int64) { t.Hours.Buckets = n })
	a.each(`SELECT tenant, '', count(*) FROM usage_hours WHERE rated = 1 AND `+oneTenant+` GROUP BY tenant`,
		func(t *TenantAudit, _ string, n int64) { t.Hours.Rated = n })
	// Both sides with opposite signs: what does not cancel out is wrong, also where one side has no row.
	a.each(`SELECT tenant, '', count(*) FROM (
		  SELECT tenant FROM (
		    SELECT tenant, meter, kind, hour_ms, quantity AS n, segments AS s FROM usage_hours
		    UNION ALL SELECT tenant, meter, kind, hour_ms, -count(*), -sum(segments) FROM usage_facts GROUP BY tenant, meter, kind, hour_ms) AS p
		  WHERE `+oneTenant+` GROUP BY tenant, meter, kind, hour_ms HAVING sum(n) <> 0 OR sum(s) <> 0) AS q GROUP BY tenant`,
		func(t *TenantAudit, _ string, n int64) { t.Hours.BadSums = n })
	// A line's quantity is the bucket's messages or, by some plans, their segments.
	a.each(`SELECT h.tenant, '', count(*) FROM usage_hours h LEFT JOIN rated_lines r
		  ON r.tenant = h.tenant AND r.meter = h.meter AND r.kind = h.kind AND r.hour_ms = h.hour_ms AND r.revision = 0
		WHERE (CAST($1 AS TEXT) = '' OR h.tenant = CAST($1 AS TEXT)) AND
		  (h.rated = 1 AND (r.tenant IS NULL OR r.quantity <> h.quantity AND r.quantity <> h.segments) OR h.rated = 0 AND r.tenant IS NOT NULL)
		GROUP BY h.tenant`,
		func(t *TenantAudit, _ string, n int64) { t.Hours.BadRatings += n })
	a.each(`SELECT r.tenant, '', count(*) FROM rated_lines r LEFT JOIN usage_hours h
		  ON r.tenant = h.tenant AND r.meter = h.meter AND r.kind = h.kind AND r.hour_ms = h.hour_ms
		WHERE h.tenant IS NULL AND (CAST($1 AS TEXT) = '' OR r.tenant = CAST($1 AS TEXT)) GROUP BY r.tenant`,
		func(t *TenantAudit, _ string, n int64) { t.Hours.BadRatings += n })
}
