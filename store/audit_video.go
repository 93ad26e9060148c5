package store

// videos counts video messages. What is being handed over at the moment counts as ambiguous: the crash that would make it so may be now.
func (a *audit) videos() {
	a.each(`SELECT tenant, '', CAST(COALESCE(sum(total), 0) AS BIGINT) FROM vms_tasks WHERE `+oneTenant+` GROUP BY tenant`,
		func(t *TenantAudit, _ string, n int64) { t.Videos.Accepted = n })
	a.each(`SELECT tenant, CASE state WHEN 0 THEN 'pending' WHEN 1 THEN 'pending' WHEN 2 THEN 'ambiguous' WHEN 3 THEN 'submitted' WHEN 4 THEN 'ambiguous'
		  WHEN 10 THEN 'success' WHEN 11 THEN 'fail' WHEN 12 THEN 'timeout' ELSE '' END AS kind, count(*)
		FROM vms_messages WHERE `+oneTenant+` GROUP BY tenant, kind`,
		func(t *TenantAudit, kind string, n int64) {
			m := &t.Videos
			switch kind {
			case "pending":
				m.Pending = n
			case "ambiguous":
				m.Ambiguous = n
			case "submitted":
				m.Submitted = n
			case "success":
				m.Success = n
			case "fail":
				m.Fail = n
			case "timeout":
				m.Timeout = n
			} // a state nobody knows leaves the sum short, and the report says so
		})
	a.each(`SELECT tenant, '', count(*) FROM (
		  SELECT t.tenant, t.total, t.submitted, t.success, t.failed, t.timeout, count(m.id) AS have,
		    sum(CASE WHEN m.submitted_ms > 0 THEN 1 ELSE 0 END) AS sent, sum(CASE WHEN m.state = 10 THEN 1 ELSE 0 END) AS ok,
		    sum(CASE WHEN m.state = 11 THEN 1 ELSE 0 END) AS bad, sum(CASE WHEN m.state = 12 THEN 1 ELSE 0 END) AS lost
		  FROM vms_tasks t LEFT JOIN vms_messages m ON m.task = t.id AND m.tenant = t.tenant
		  GROUP BY t.id, t.tenant, t.total, t.submitted, t.success, t.failed, t.timeout) AS q
		WHERE (total <> have OR submitted <> sent OR success <> ok OR failed <> bad OR timeout <> lost) AND `+oneTenant+` GROUP BY tenant`,
		func(t *TenantAudit, _ string, n int64) { t.Videos.BadTasks = n })
}
