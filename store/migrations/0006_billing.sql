-- One row for every billable fact, kept for ever: its key is what makes a replay of a fact change nothing.
-- hour_ms is the bucket it is billed in; original_hour_ms is set when that is not the hour in which it happened.
CREATE TABLE usage_facts (
  tenant           TEXT    NOT NULL,
  source           TEXT    NOT NULL,
  fact_id          TEXT    NOT NULL,
  meter            TEXT    NOT NULL,
  kind             TEXT    NOT NULL,
  hour_ms          BIGINT  NOT NULL,
  original_hour_ms BIGINT,
  occurred_ms      BIGINT  NOT NULL,
  segments         INTEGER NOT NULL,
  link_id          BIGINT  NOT NULL, -- aim_parse; else 0
  ordinal          BIGINT  NOT NULL, -- aim_parse; else 0
  PRIMARY KEY (tenant, source, fact_id)
);

-- The buckets: what the facts of an hour add up to. rated is 1 once the hour is on the ledger; such a row never changes again.
CREATE TABLE usage_hours (
  tenant   TEXT    NOT NULL,
  meter    TEXT    NOT NULL,
  kind     TEXT    NOT NULL,
  hour_ms  BIGINT  NOT NULL,
  month_ms BIGINT  NOT NULL,
  quantity BIGINT  NOT NULL,
  segments BIGINT  NOT NULL,
  rated    INTEGER NOT NULL,
  PRIMARY KEY (tenant, meter, kind, hour_ms)
);
CREATE INDEX usage_hours_open ON usage_hours (hour_ms, tenant, meter, kind) WHERE rated = 0;
CREATE INDEX usage_hours_tenant ON usage_hours (tenant, hour_ms);

-- The ledger. Revision 0 is the hour as it was rated; corrections are further lines with a reason. Money is decimal text.
CREATE TABLE rated_lines (
  tenant       TEXT    NOT NULL,
  meter        TEXT    NOT NULL,
  kind         TEXT    NOT NULL,
  hour_ms      BIGINT  NOT NULL,
  revision     INTEGER NOT NULL,
  plan_version TEXT    NOT NULL,
  quantity     BIGINT  NOT NULL,
  exact        TEXT    NOT NULL,
  amount       TEXT    NOT NULL,
  currency     TEXT    NOT NULL,
  reason       TEXT    NOT NULL,
  rated_ms     BIGINT  NOT NULL,
  PRIMARY KEY (tenant, meter, kind, hour_ms, revision)
);
CREATE INDEX rated_lines_tenant ON rated_lines (tenant, hour_ms);

-- Hours before closed_before_ms take no more facts. It only grows.
CREATE TABLE billing_clock (
  id               INTEGER NOT NULL PRIMARY KEY,
  closed_before_ms BIGINT  NOT NULL
);
INSERT INTO billing_clock (id, closed_before_ms) VALUES (1, 0);
