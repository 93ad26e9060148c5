-- The sums of the reports: what the facts of a UTC day (counted from 1970-01-01) add up to, by template and vendor. vendor '' is what happens before a
-- handset is known. month is 202601 for January 2026.
CREATE TABLE report_days (
  tenant        TEXT    NOT NULL,
  tpl_id        TEXT    NOT NULL,
  vendor        TEXT    NOT NULL,
  day           INTEGER NOT NULL,
  month         INTEGER NOT NULL,
  submitted     BIGINT  NOT NULL,
  sent          BIGINT  NOT NULL,
  delivered     BIGINT  NOT NULL,
  send_resolved BIGINT  NOT NULL,
  resolved      BIGINT  NOT NULL,
  exposed       BIGINT  NOT NULL,
  clicked       BIGINT  NOT NULL,
  PRIMARY KEY (tenant, tpl_id, vendor, day)
);
CREATE INDEX report_days_tenant ON report_days (tenant, day);
CREATE INDEX report_days_day ON report_days (day);

-- The newest name that a fact told of a template. One row per template and tenant that ever used it.
CREATE TABLE report_templates (
  tenant   TEXT   NOT NULL,
  tpl_id   TEXT   NOT NULL,
  name     TEXT   NOT NULL,
  named_ms BIGINT NOT NULL,
  PRIMARY KEY (tenant, tpl_id)
);

-- A number for what visitors of one template and vendor share, so that a visitor's row is four numbers.
CREATE TABLE report_series (
  id     {{autoid}},
  tenant TEXT NOT NULL,
  tpl_id TEXT NOT NULL,
  vendor TEXT NOT NULL,
  UNIQUE (tenant, tpl_id, vendor)
);

-- Who saw (kind 1) or touched (kind 2) something on a day. visitor is 64 bits of a keyed hash.
CREATE TABLE report_visitors (
  series  BIGINT  NOT NULL,
  kind    INTEGER NOT NULL,
  day     INTEGER NOT NULL,
  visitor BIGINT  NOT NULL,
  PRIMARY KEY (series, kind, day, visitor)
){{keyed}};

-- Digests of the facts that were counted, by the generation in which they were. Old generations are deleted whole, and new rows touch the pages of one
-- generation only.
CREATE TABLE report_facts (
  generation INTEGER NOT NULL,
  high       BIGINT  NOT NULL,
  low        BIGINT  NOT NULL,
  PRIMARY KEY (generation, high, low)
){{keyed}};

-- The present generation and when it began.
CREATE TABLE report_clock (
  id         INTEGER NOT NULL PRIMARY KEY,
  generation INTEGER NOT NULL,
  began_ms   BIGINT  NOT NULL
);
INSERT INTO report_clock (id, generation, began_ms) VALUES (1, 1, 0);
