package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"cardlink/identity"
	"cardlink/shortlink"
)

// linkFrom joins links with what their batch shares. The range on b keeps the join on primary keys whichever side leads.
const linkFrom = ` FROM link_batches b JOIN links l ON l.batch = b.id AND l.id >= b.id AND l.id <= b.last_id`

const linkColumns = `l.id, b.tenant, b.task_id, b.task_name, b.user_name, b.from_send, b.domain, l.code, b.custom, b.is_group, b.tpl_id, b.tpl_version,
	b.tpl_name, b.signs, b.quota, l.cust, l.cust_key, l.params, l.custom_url, b.created_ms, b.expire_ms, l.revoked_ms`

// linkRow is the target of linkColumns.
type linkRow struct {
	l                                            shortlink.Link
	signs, cust, params                          string
	custKey, createdMs, expireMs, revokedMs, ver int64
}

func (r *linkRow) targets() []any {
	return []any{&r.l.ID, &r.l.Tenant, &r.l.TaskID, &r.l.TaskName, &r.l.User, &r.l.FromSend, &r.l.Domain, &r.l.Code, &r.l.Custom, &r.l.Group, &r.l.TplID,
		&r.ver, &r.l.TplName, &r.signs, &r.l.Limit, &r.cust, &r.custKey, &r.params, &r.l.CustomURL, &r.createdMs, &r.expireMs, &r.revokedMs}
}

// link finishes a scanned row. Without a sealer the recipient stays sealed and out of sight.
func (r *linkRow) link(s identity.Sealer) (l shortlink.Link, err error) {
	l = r.l
	l.TplVersion = int(r.ver)
	l.CreatedAt, l.ExpireAt, l.Revoked = time.UnixMilli(r.createdMs).UTC(), time.UnixMilli(r.expireMs).UTC(), r.revokedMs != 0
	if err := json.Unmarshal([]byte(r.signs), &l.Signs); err != nil {
		return l, fmt.Errorf("signs of link %d: %w", l.ID, err)
	}
	if r.params != "" {
		if err := json.Unmarshal([]byte(r.params), &l.Params); err != nil {
			return l, fmt.Errorf("params of link %d: %w", l.ID, err)
		}
	}
	if s != nil {
		if l.CustFlag, err = s.Open(r.cust); err != nil {
			return l, fmt.Errorf("cust_flag of link %d: %w", l.ID, err)
		}
		l.CustRef = s.Ref(l.CustFlag)
	} else {
		l.Visitor = uint64(r.custKey) & custHash
	}
	return l, nil
}

// conditions collects the WHERE of a list and its parameters.
type conditions struct {
	where []string
	args  []any
}

// add appends a condition; each ? in it becomes the number of the next argument.
func (c *conditions) add(cond string, args ...any) {
	for _, a := range args {
		c.args = append(c.args, a)
		cond = strings.Replace(cond, "?", "$"+strconv.Itoa(len(c.args)), 1)
	}
	c.where = append(c.where, cond)
}

// contains adds a case-sensitive "column contains text", which LIKE is not on SQLite.
func (c *conditions) contains(column, text string) {
	c.add("replace("+column+", CAST(? AS TEXT), '') <> "+column, text)
}

func (c *conditions) String() string { return " WHERE " + strings.Join(c.where, " AND ") }

// linkConditions turns a filter into SQL. ok is false if nothing can match.
func (db *DB) linkConditions(f shortlink.LinkFilter, s identity.Sealer) (c conditions, ok bool, err error) {
	c.add("b.tenant = ?", f.Tenant)
	begin, end := f.Begin, f.End
	if begin.IsZero() || end.IsZero() { // the whole year that is served
		begin, end = f.Now.AddDate(-1, 0, 0), f.Now.Add(time.Hour)
	}
	if end.Before(begin) {
		return c, false, nil
	}
	c.add("b.created_ms >= ?", begin.UnixMilli())
	c.add("b.created_ms <= ?", end.UnixMilli())
	if f.ResolveOnly {
		c.add("b.from_send = 0")
	}
	if f.TaskID != "" {
		c.add("b.task_id = ?", f.TaskID)
	}
	if f.TaskName != "" {
		c.contains("b.task_name", f.TaskName)
	}
	if f.TplID != "" {
		id, err := strconv.ParseInt(f.TplID, 10, 64)
		if err != nil {
			return c, false, nil //nolint:nilerr // no template has such an id
		}
		c.add("b.tpl_id = ?", id)
	}
	if f.TplName != "" {
		c.contains("b.tpl_name", f.TplName)
	}
	if f.Sign != "" {
		quoted, _ := json.Marshal(f.Sign)
		c.contains("b.signs", string(quoted))
	}
	if f.Code != "" {
		c.add("b.domain = ?", f.Domain)
		c.add("l.code = ?", f.Code)
		c.add("l.id IN (CAST(? AS BIGINT), (SELECT link_id FROM custom_codes WHERE domain = ? AND code = ?))", f.LinkID, f.Domain, f.Code)
	}
	if f.CustFlag != "" {
		keys, err := custKeys(s.Ref(f.CustFlag), begin, end)
		if err != nil {
			return c, false, err
		}
		c.add("l.cust_key IN (SELECT CAST(value->>0 AS BIGINT) FROM "+db.dialect.rows("?")+")", keys)
	}
	return c, true, nil
}

// custKeys are the index keys a recipient can have in a window, one a day, as a JSON array of arrays.
func custKeys(ref string, begin, end time.Time) (string, error) {
	keys := []byte{'['}
	for day := begin.Unix() / 86400; day <= end.Unix()/86400; day++ {
		k, err := custKey(ref, time.Unix(day*86400, 0))
		if err != nil {
			return "", err
		}
		keys = append(appendInt(append(keys, '['), k), ']', ',')
	}
	keys[len(keys)-1] = ']'
	return string(keys), nil
}

// beyond is where lists end: later windows are empty although total is true (api.md §3.3).
const beyond = 10_000

// ListLinks gives a window of links, newest first.
func (db *DB) ListLinks(ctx context.Context, f shortlink.LinkFilter) (rows []shortlink.LinkRow, total int, err error) {
	s, err := db.sealer(ctx, f.Tenant)
	if err != nil {
		return nil, 0, err
	}
	c, ok, err := db.linkConditions(f, s)
	if err != nil || !ok {
		return nil, 0, err
	}
	count := "SELECT count(*)" + linkFrom
	if f.CustFlag == "" && f.Code == "" { // whole batches match: their sizes need no walk over the links
		count = "SELECT COALESCE(sum(b.size), 0) FROM link_batches b"
	}
	if err := db.read.QueryRowContext(ctx, count+c.String(), c.args...).Scan(&total); err != nil {
		return nil, 0, fmt.Errorf("count links: %w", err)
	}
	if f.Offset+f.Limit > beyond || f.Offset >= total {
		return nil, total, nil
	}
	n := len(c.args)
	res, err := db.read.QueryContext(ctx, `SELECT `+linkColumns+`, COALESCE(q.resolved, 0), COALESCE(r.at_ms, 0)`+linkFrom+
		` LEFT JOIN link_quota q ON q.link_id = l.id AND b.is_group = 1
		  LEFT JOIN resolutions r ON r.link_id = l.id AND r.ordinal = 1 AND b.is_group = 0`+c.String()+
		` ORDER BY b.created_ms DESC, l.id DESC LIMIT $`+strconv.Itoa(n+1)+` OFFSET $`+strconv.Itoa(n+2), append(c.args, f.Limit, f.Offset)...)
	if err != nil {
		return nil, 0, fmt.Errorf("list links: %w", err)
	}
	defer res.Close()
	for res.Next() {
		var (
			r      linkRow
			row    shortlink.LinkRow
			solved int64
		)
		if err := res.Scan(append(r.targets(), &row.Resolved, &solved)...); err != nil {
			return nil, 0, err
		}
		if row.Link, err = r.link(s); err != nil {
			return nil, 0, err
		}
		if solved != 0 {
			row.Resolved, row.ResolvedAt = 1, time.UnixMilli(solved).UTC()
		}
		rows = append(rows, row)
	}
	return rows, total, res.Err()
}

// ListDetails gives a window of resolutions, newest link first.
func (db *DB) ListDetails(ctx context.Context, f shortlink.LinkFilter) (rows []shortlink.DetailRow, total int, err error) {
	s, err := db.sealer(ctx, f.Tenant)
	if err != nil {
		return nil, 0, err
	}
	c, ok, err := db.linkConditions(f, s)
	if err != nil || !ok {
		return nil, 0, err
	}
	// A refused attempt (ordinal 0) counts only while nothing succeeded.
	from := linkFrom + ` LEFT JOIN resolutions r ON r.link_id = l.id AND (r.ordinal > 0
		OR NOT EXISTS (SELECT 1 FROM resolutions won WHERE won.link_id = l.id AND won.ordinal > 0))`
	switch f.Status {
	case shortlink.StatusSuccess:
		c.add("r.ordinal > 0")
	case shortlink.StatusFail:
		c.add("r.ordinal = 0")
	case shortlink.StatusUnresolved:
		c.add("r.ordinal IS NULL")
	}
	if err := db.read.QueryRowContext(ctx, "SELECT count(*)"+from+c.String(), c.args...).Scan(&total); err != nil {
		return nil, 0, fmt.Errorf("count resolutions: %w", err)
	}
	if f.Offset+f.Limit > beyond || f.Offset >= total {
		return nil, total, nil
	}
	n := len(c.args)
	res, err := db.read.QueryContext(ctx, `SELECT `+linkColumns+`, r.ordinal, r.resolve_id, r.reason, r.at_ms`+from+c.String()+
		` ORDER BY b.created_ms DESC, l.id DESC, r.ordinal DESC LIMIT $`+strconv.Itoa(n+1)+` OFFSET $`+strconv.Itoa(n+2), append(c.args, f.Limit, f.Offset)...)
	if err != nil {
		return nil, 0, fmt.Errorf("list resolutions: %w", err)
	}
	defer res.Close()
	for res.Next() {
		var (
			r         linkRow
			row       shortlink.DetailRow
			ordinal   sql.NullInt64
			id, cause sql.NullString
			at        sql.NullInt64
		)
		if err := res.Scan(append(r.targets(), &ordinal, &id, &cause, &at)...); err != nil {
			return nil, 0, err
		}
		if row.Link, err = r.link(s); err != nil {
			return nil, 0, err
		}
		row.Status, row.ResolveID, row.Reason = shortlink.StatusUnresolved, id.String, cause.String
		if ordinal.Valid {
			row.Status, row.ResolvedAt = shortlink.StatusFail, time.UnixMilli(at.Int64).UTC()
			if ordinal.Int64 > 0 {
				row.Status = shortlink.StatusSuccess
			}
		}
		rows = append(rows, row)
	}
	return rows, total, res.Err()
}
