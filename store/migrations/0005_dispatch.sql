-- SMS applications; name_key is the name in lower case, because names are unique regardless of case.
CREATE TABLE sms_apps (
  id         TEXT   NOT NULL PRIMARY KEY,
  tenant     TEXT   NOT NULL,
  name       TEXT   NOT NULL,
  name_key   TEXT   NOT NULL,
  status     TEXT   NOT NULL,
  uplink     TEXT   NOT NULL,
  created_ms BIGINT NOT NULL,
  UNIQUE (tenant, name_key)
);

-- Licences and letters of authorisation of signatures; content is sealed.
CREATE TABLE sms_files (
  id           TEXT   NOT NULL PRIMARY KEY,
  tenant       TEXT   NOT NULL,
  name         TEXT   NOT NULL,
  description  TEXT   NOT NULL,
  content_type TEXT   NOT NULL,
  content      TEXT   NOT NULL,
  created_ms   BIGINT NOT NULL
);

CREATE TABLE sms_signatures (
  id             TEXT    NOT NULL PRIMARY KEY,
  tenant         TEXT    NOT NULL,
  app_id         TEXT    NOT NULL,
  name           TEXT    NOT NULL,
  kind           TEXT    NOT NULL,
  source         INTEGER NOT NULL,
  involved_third TEXT    NOT NULL,
  file_id        TEXT    NOT NULL,
  power_file_id  TEXT    NOT NULL,
  apply_desc     TEXT    NOT NULL,
  source_title   TEXT    NOT NULL,
  status         TEXT    NOT NULL,
  review_desc    TEXT    NOT NULL,
  channel_num    TEXT    NOT NULL,
  created_ms     BIGINT  NOT NULL,
  UNIQUE (tenant, name, kind)
);

-- variables is a JSON array of {index,type,desc}.
CREATE TABLE sms_templates (
  id           {{id}},
  tenant       TEXT   NOT NULL,
  app_id       TEXT   NOT NULL,
  signature_id TEXT   NOT NULL,
  name         TEXT   NOT NULL,
  description  TEXT   NOT NULL,
  kind         TEXT   NOT NULL,
  content      TEXT   NOT NULL,
  variables    TEXT   NOT NULL,
  flow_status  TEXT   NOT NULL,
  review_desc  TEXT   NOT NULL,
  created_ms   BIGINT NOT NULL
);
CREATE INDEX sms_templates_tenant ON sms_templates (tenant, created_ms);

-- Send tasks. The messages of a task have the consecutive ids first_message … first_message+submissions-1 (some may be unused).
CREATE TABLE send_tasks (
  id            {{id}},
  uuid          TEXT    NOT NULL UNIQUE,
  tenant        TEXT    NOT NULL,
  account       TEXT    NOT NULL,
  name          TEXT    NOT NULL,
  tpl_id        BIGINT  NOT NULL,
  tpl_name      TEXT    NOT NULL,
  sms_tpl_id    BIGINT  NOT NULL,
  sms_sign      TEXT    NOT NULL,
  app_name      TEXT    NOT NULL,
  number        TEXT    NOT NULL,
  kind          TEXT    NOT NULL,
  state         TEXT    NOT NULL,
  submissions   INTEGER NOT NULL,
  sends         INTEGER NOT NULL,
  first_message BIGINT  NOT NULL,
  created_ms    BIGINT  NOT NULL
);
CREATE INDEX send_tasks_tenant ON send_tasks (tenant, created_ms);

-- Messages are the durable queue. state: 0 queued, 1 claimed, 2 submitted, 3 ambiguous, 4 ambiguous and to be resent, 10 success, 11 fail,
-- 12 timeout. due_ms is when the message next wants attention: to be sent (0), to be resent (4), to time out (2, 3).
-- recipient holds cust_flag, number and text, sealed as one value.
CREATE TABLE messages (
  id           {{id}},
  tenant       TEXT    NOT NULL,
  task         BIGINT  NOT NULL,
  link         BIGINT  NOT NULL,
  aim_url      TEXT    NOT NULL,
  phone_ref    TEXT    NOT NULL,
  recipient    TEXT    NOT NULL,
  carrier      TEXT    NOT NULL,
  class        INTEGER NOT NULL,
  route        TEXT    NOT NULL,
  home         TEXT    NOT NULL,
  state        INTEGER NOT NULL,
  due_ms       BIGINT  NOT NULL,
  expire_ms    BIGINT  NOT NULL,
  owner        BIGINT  NOT NULL,
  tries        INTEGER NOT NULL,
  attempts     INTEGER NOT NULL,
  maybe_dup    INTEGER NOT NULL,
  avoid        TEXT    NOT NULL,
  segments     INTEGER NOT NULL,
  channel      TEXT    NOT NULL,
  code         TEXT    NOT NULL,
  created_ms   BIGINT  NOT NULL,
  submitted_ms BIGINT  NOT NULL,
  final_ms     BIGINT  NOT NULL
);
CREATE INDEX messages_queued ON messages (route, class, tenant, due_ms) WHERE state = 0;
CREATE INDEX messages_open ON messages (state, due_ms) WHERE state > 0 AND state < 10;
CREATE INDEX messages_tenant ON messages (tenant, created_ms);
CREATE INDEX messages_phone ON messages (tenant, phone_ref);

-- The submit ledger: one row per part and try, written before the bytes go out. id = message<<16 | try<<8 | part, so that rows of a message are
-- neighbours and no second key is needed. state: 0 intent, 1 accepted, 2 refused, 3 unsent, 4 ambiguous, 5 delivered, 6 undelivered. dest_ref is
-- a keyed hash of the number's last 11 digits.
CREATE TABLE submits (
  id          {{id}},
  message     BIGINT  NOT NULL,
  parts       INTEGER NOT NULL,
  channel     TEXT    NOT NULL,
  dest_ref    TEXT    NOT NULL,
  state       INTEGER NOT NULL,
  code        TEXT    NOT NULL,
  carrier_id  TEXT,
  intent_ms   BIGINT  NOT NULL,
  answered_ms BIGINT  NOT NULL,
  receipt_ms  BIGINT  NOT NULL
);
CREATE INDEX submits_carrier ON submits (channel, carrier_id) WHERE carrier_id IS NOT NULL;

-- Receipts that met no submit, in a state that changed nothing. kind: parked, orphan, late, conflict.
CREATE TABLE stray_receipts (
  id         {{autoid}},
  kind       TEXT    NOT NULL,
  channel    TEXT    NOT NULL,
  carrier_id TEXT    NOT NULL,
  state      TEXT    NOT NULL,
  class      INTEGER NOT NULL,
  delivered  INTEGER NOT NULL,
  dest_ref   TEXT    NOT NULL,
  at_ms      BIGINT  NOT NULL
);
CREATE INDEX stray_receipts_key ON stray_receipts (channel, carrier_id);
CREATE INDEX stray_receipts_kind ON stray_receipts (kind, at_ms);

-- Messages from handsets; content is sealed with the carrier key.
CREATE TABLE replies (
  id      {{autoid}},
  channel TEXT   NOT NULL,
  content TEXT   NOT NULL,
  at_ms   BIGINT NOT NULL
);

-- Keys that seal what carriers tell before it is known whose it is, wrapped by the master key, base64.
CREATE TABLE carrier_keys (
  name     TEXT NOT NULL PRIMARY KEY,
  data_key TEXT NOT NULL
);

-- Running dispatch workers. Messages claimed by an owner that is gone are taken over.
CREATE TABLE dispatch_owners (
  id       {{id}},
  node     TEXT   NOT NULL,
  until_ms BIGINT NOT NULL
);

-- First answers under an Idempotency-Key; answer is sealed.
CREATE TABLE idempotency (
  tenant     TEXT   NOT NULL,
  op         TEXT   NOT NULL,
  ikey       TEXT   NOT NULL,
  body_hash  TEXT   NOT NULL,
  answer     TEXT   NOT NULL,
  created_ms BIGINT NOT NULL,
  PRIMARY KEY (tenant, op, ikey)
);
CREATE INDEX idempotency_age ON idempotency (created_ms);
