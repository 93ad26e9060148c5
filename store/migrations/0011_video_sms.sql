-- Templates of video messages. frames and vars are JSON; contents of pictures and sounds stand in the blobs under their digests. state and the states in
-- carriers (JSON): 0 usable, 1 in review, 2 rejected, 3 disabled, 5 expired. valid_ms 0 = for ever. audit_seq counts the changes of state.
CREATE TABLE vms_templates (
  id           {{id}},
  tenant       TEXT    NOT NULL,
  name         TEXT    NOT NULL,
  title        TEXT    NOT NULL,
  sign         TEXT    NOT NULL,
  frames       TEXT    NOT NULL,
  vars         TEXT    NOT NULL,
  has_param    INTEGER NOT NULL,
  size         BIGINT  NOT NULL,
  remarks      TEXT    NOT NULL,
  callback_url TEXT    NOT NULL,
  draft        INTEGER NOT NULL,
  waiting      INTEGER NOT NULL, -- carriers that have to speak yet; 0 of a draft
  state        INTEGER NOT NULL,
  audit_desc   TEXT    NOT NULL,
  carriers     TEXT    NOT NULL,
  audit_seq    BIGINT  NOT NULL,
  valid_ms     BIGINT  NOT NULL,
  created_ms   BIGINT  NOT NULL
);
CREATE INDEX vms_templates_tenant ON vms_templates (tenant, created_ms, id);
CREATE INDEX vms_templates_pending ON vms_templates (created_ms, id) WHERE waiting > 0;
CREATE INDEX vms_templates_valid ON vms_templates (valid_ms) WHERE state <> 5 AND valid_ms > 0;

-- Send tasks. id is the number of the first message; the messages of a task have consecutive ones. The counters are kept with the messages' changes.
CREATE TABLE vms_tasks (
  id         {{id}},
  uuid       TEXT    NOT NULL UNIQUE,
  tenant     TEXT    NOT NULL,
  operator   TEXT    NOT NULL,
  name       TEXT    NOT NULL,
  tpl_id     BIGINT  NOT NULL,
  tpl_name   TEXT    NOT NULL,
  frames     INTEGER NOT NULL,
  bytes      BIGINT  NOT NULL,
  exdata     TEXT    NOT NULL,
  total      INTEGER NOT NULL,
  submitted  INTEGER NOT NULL, -- ever taken by a carrier
  success    INTEGER NOT NULL,
  failed     INTEGER NOT NULL,
  timeout    INTEGER NOT NULL,
  created_ms BIGINT  NOT NULL,
  sent_ms    BIGINT  NOT NULL, -- when a carrier took the first; 0 = not yet
  expire_ms  BIGINT  NOT NULL
);
CREATE INDEX vms_tasks_tenant ON vms_tasks (tenant, created_ms, id);

-- Values of placeholders, sealed JSON: numbers of one task that get the same text share a row.
CREATE TABLE vms_values (
  task   BIGINT  NOT NULL,
  n      INTEGER NOT NULL,
  sealed TEXT    NOT NULL,
  PRIMARY KEY (task, n)
);

-- Messages are the durable queue. state: 0 queued, 1 claimed, 2 being handed over, 3 taken by the carrier, 4 ambiguous, 10 success, 11 fail, 12 timeout.
-- due_ms is when the message next wants attention: to be sent (0), the end of the claim (1, 2), the end of the wait for a receipt (3, 4).
-- tries counts claims and tells a late result from the present one. recipient is the number, sealed; dest_ref its hash under the carriers' key.
CREATE TABLE vms_messages (
  id           {{id}},
  tenant       TEXT    NOT NULL,
  task         BIGINT  NOT NULL,
  vals         INTEGER NOT NULL,
  phone_ref    TEXT    NOT NULL,
  dest_ref     TEXT    NOT NULL,
  recipient    TEXT    NOT NULL,
  carrier      TEXT    NOT NULL,
  state        INTEGER NOT NULL,
  due_ms       BIGINT  NOT NULL,
  expire_ms    BIGINT  NOT NULL,
  holder       TEXT    NOT NULL,
  tries        INTEGER NOT NULL,
  maybe_dup    INTEGER NOT NULL,
  carrier_id   TEXT    NOT NULL,
  code         TEXT    NOT NULL,
  created_ms   BIGINT  NOT NULL,
  submitted_ms BIGINT  NOT NULL,
  final_ms     BIGINT  NOT NULL,
  UNIQUE (task, phone_ref)
);
CREATE INDEX vms_messages_queued ON vms_messages (tenant, due_ms, id) WHERE state = 0;
CREATE INDEX vms_messages_open ON vms_messages (state, due_ms) WHERE state > 0 AND state < 10;
CREATE INDEX vms_messages_dest ON vms_messages (dest_ref, id);
CREATE INDEX vms_messages_tenant ON vms_messages (tenant, state);

-- Answers from handsets. ref is the gateway's name for the answer, hashed: an answer that is told twice is kept once. content is sealed.
CREATE TABLE vms_uplinks (
  id      {{autoid}},
  ref     TEXT   NOT NULL UNIQUE,
  tenant  TEXT   NOT NULL,
  message BIGINT NOT NULL,
  content TEXT   NOT NULL,
  at_ms   BIGINT NOT NULL
);

ALTER TABLE callbacks ADD COLUMN remark TEXT NOT NULL DEFAULT '';
