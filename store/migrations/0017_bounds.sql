-- What waits to be sent, by tenant: how many messages it is may be asked with every send. Rows leave it when they are claimed.
CREATE INDEX messages_waiting ON messages (tenant) WHERE state = 0;

-- What is forgotten by its age.
CREATE INDEX send_tasks_age ON send_tasks (created_ms, id);
CREATE INDEX vms_tasks_age ON vms_tasks (created_ms, id);
CREATE INDEX vms_uplinks_age ON vms_uplinks (at_ms);
CREATE INDEX link_batches_expiry ON link_batches (expire_ms, id);
CREATE INDEX sa_clicks_age ON sa_clicks (clicked_ms);
CREATE INDEX sa_media_digest ON sa_media (digest) WHERE digest <> '';

-- How many billable facts were forgotten with their rows, and how many of them are on the books: the audit counts them with those that are kept.
CREATE TABLE swept_facts (
  tenant TEXT   NOT NULL,
  meter  TEXT   NOT NULL,
  facts  BIGINT NOT NULL,
  billed BIGINT NOT NULL,
  PRIMARY KEY (tenant, meter)
);

-- The key under which a correction was ordered; the same order twice is one line.
ALTER TABLE rated_lines ADD COLUMN order_key TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX rated_lines_order ON rated_lines (tenant, order_key) WHERE order_key <> '';
CREATE INDEX rated_lines_corrections ON rated_lines (tenant, hour_ms) WHERE revision > 0;
