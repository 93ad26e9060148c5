package store

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"cardlink/report"
)

// SendReport implements report.Store.
func (db *DB) SendReport(ctx context.Context, tenant string, f report.SendFilter) ([]report.SendRow, int, error) {
	period, first, last := "d.day", int(f.First), int(f.Last)
	if f.Monthly {
		period, first, last = "d.month", f.First.Month(), f.Last.Month()
	}
	var c conditions
	c.add("d.tenant = ?", tenant)
	if f.First != 0 {
		c.add(period+" >= ?", first)
	}
	if f.Last != 0 {
		c.add(period+" <= ?", last)
	}
	if f.TplID != "" {
		c.add("d.tpl_id = ?", f.TplID)
	}
	if f.NamePart != "" {
		c.contains("COALESCE(n.name, '')", f.NamePart)
	}
	from := ` FROM report_days d LEFT JOIN report_templates n ON n.tenant = d.tenant AND n.tpl_id = d.tpl_id` + c.String() +
		` GROUP BY ` + period + `, d.tpl_id, n.name HAVING SUM(d.submitted) + SUM(d.sent) + SUM(d.delivered) + SUM(d.send_resolved) > 0`
	var total int
	if err := db.read.QueryRowContext(ctx, `SELECT COUNT(*) FROM (SELECT 1 AS one`+from+`) AS g`, c.args...).Scan(&total); err != nil {
		return nil, 0, fmt.Errorf("count the rows of a send report: %w", err)
	}
	if f.Limit < 1 || f.Offset >= total {
		return nil, total, nil
	}
	n := len(c.args)
	rows, err := db.read.QueryContext(ctx, `SELECT `+period+`, d.tpl_id, COALESCE(n.name, ''), CAST(SUM(d.submitted) AS BIGINT), CAST(SUM(d.sent) AS BIGINT),
			CAST(SUM(d.delivered) AS BIGINT), CAST(SUM(d.send_resolved) AS BIGINT)`+from+
		` ORDER BY `+period+` DESC, d.tpl_id DESC LIMIT $`+strconv.Itoa(n+1)+` OFFSET $`+strconv.Itoa(n+2), append(c.args, f.Limit, f.Offset)...)
	list, err := collect(rows, err, "list a send report", func(r *report.SendRow) ([]any, func() error) {
		var at int
		return []any{&at, &r.TplID, &r.Name, &r.Counts.Submitted, &r.Counts.Sent, &r.Counts.Delivered, &r.Counts.SendResolved}, func() error {
			if r.Begin = report.Day(at).Time(); f.Monthly {
				r.Begin = time.Date(at/100, time.Month(at%100), 1, 0, 0, 0, 0, time.UTC)
			}
			return nil
		}
	})
	return list, total, err
}

// TemplateReport implements report.Store. Visitors are counted for the page's templates alone: it reads as many rows as there are visits of them.
func (db *DB) TemplateReport(ctx context.Context, tenant string, f report.TemplateFilter) ([]report.TemplateRow, int, error) {
	var templates, vendors rowBatch
	for _, id := range f.TplIDs {
		templates.begin()
		templates.text(id).end()
	}
	for _, v := range f.Vendors {
		vendors.begin()
		vendors.text(v).end()
	}
	// ofVendor narrows a table with a vendor to the filter's.
	ofVendor := func(c *conditions, column string) {
		if vendors.n > 0 {
			c.args = append(c.args, vendors.arg())
			c.where = append(c.where, column+` IN (SELECT value->>0 FROM `+db.dialect.rows("$"+strconv.Itoa(len(c.args)))+`)`)
		}
	}
	var c conditions
	c.args = []any{templates.arg()}
	c.add("d.tpl_id IN (SELECT value->>0 FROM " + db.dialect.rows("$1") + ")")
	c.add("d.tenant = ?", tenant)
	c.add("d.day >= ?", int(f.First))
	c.add("d.day <= ?", int(f.Last))
	ofVendor(&c, "d.vendor")
	rows, err := db.read.QueryContext(ctx, `SELECT d.tpl_id, CAST(SUM(d.resolved) AS BIGINT), CAST(SUM(d.exposed) AS BIGINT), CAST(SUM(d.clicked) AS BIGINT)
		FROM report_days d`+c.String()+` GROUP BY d.tpl_id HAVING SUM(d.resolved) + SUM(d.exposed) + SUM(d.clicked) > 0 ORDER BY d.tpl_id DESC`, c.args...)
	list, err := collect(rows, err, "read a template report", func(r *report.TemplateRow) ([]any, func() error) {
		return []any{&r.TplID, &r.Resolved, &r.ExposePV, &r.ClickPV}, func() error { return nil }
	})
	total := len(list)
	if err != nil || f.Offset >= total {
		return nil, total, err
	}
	list = list[f.Offset:min(f.Offset+f.Limit, total)]
	at := make(map[string]*report.TemplateRow, len(list))
	templates = rowBatch{}
	for i := range list {
		at[list[i].TplID] = &list[i]
		templates.begin()
		templates.text(list[i].TplID).end()
	}
	c = conditions{args: []any{templates.arg()}}
	c.add("s.tpl_id IN (SELECT value->>0 FROM " + db.dialect.rows("$1") + ")")
	c.add("s.tenant = ?", tenant)
	ofVendor(&c, "s.vendor")
	c.add("v.kind IN (1, 2)") // names the key's second column, so that the days are a range of it
	c.add("v.day >= ?", int(f.First))
	c.add("v.day <= ?", int(f.Last))
	rows, err = db.read.QueryContext(ctx, `SELECT s.tpl_id, v.kind, COUNT(DISTINCT v.visitor)
		FROM report_series s JOIN report_visitors v ON v.series = s.id`+c.String()+` GROUP BY s.tpl_id, v.kind`, c.args...)
	type distinct struct {
		tplID string
		kind  report.Seen
		n     int64
	}
	counted, err := collect(rows, err, "count the visitors of a template report", func(d *distinct) ([]any, func() error) {
		return []any{&d.tplID, &d.kind, &d.n}, func() error { return nil }
	})
	for _, d := range counted {
		if d.kind == report.Exposed {
			at[d.tplID].ExposeUV = d.n
		} else {
			at[d.tplID].ClickUV = d.n
		}
	}
	return list, total, err
}
