-- request is the task_id that callers know: a request with several texts has a row per text, each with a uuid of its own in its messages' msg_id.
-- plain: 1 = the messages carry no link of ours. extend, sealed, comes back in receipts; '' = none.
ALTER TABLE send_tasks ADD COLUMN request TEXT NOT NULL DEFAULT '';
ALTER TABLE send_tasks ADD COLUMN plain INTEGER NOT NULL DEFAULT 0;
ALTER TABLE send_tasks ADD COLUMN extend TEXT NOT NULL DEFAULT '';
UPDATE send_tasks SET request = uuid;

-- What carriers delivered: ref is a keyed hash of the delivery, so that its repeats are one row. state: 0 a whole text to be read, 1 read, 2 a part of a long
-- text, waiting for the others.
ALTER TABLE replies ADD COLUMN ref TEXT NOT NULL DEFAULT '';
ALTER TABLE replies ADD COLUMN state INTEGER NOT NULL DEFAULT 1;
CREATE UNIQUE INDEX replies_ref ON replies (ref) WHERE ref <> '';
CREATE INDEX replies_unread ON replies (state, id) WHERE state <> 1;
CREATE INDEX replies_age ON replies (at_ms);

-- Replies as they are known by: whose they are. content is JSON of from, to and text, sealed by the tenant's key. opt_out: 1 = the text asked for no
-- more. complete: 0 = parts of the text never came.
CREATE TABLE sms_replies (
  id        {{autoid}},
  uid       TEXT    NOT NULL UNIQUE,
  tenant    TEXT    NOT NULL,
  app_id    TEXT    NOT NULL,
  phone_ref TEXT    NOT NULL,
  content   TEXT    NOT NULL,
  opt_out   INTEGER NOT NULL,
  complete  INTEGER NOT NULL,
  at_ms     BIGINT  NOT NULL
);
CREATE INDEX sms_replies_tenant ON sms_replies (tenant, at_ms);
CREATE INDEX sms_replies_age ON sms_replies (at_ms);
CREATE INDEX sms_signatures_number ON sms_signatures (channel_num) WHERE channel_num <> '';

-- Numbers that want no marketing of a tenant any more. phone is sealed. source: reply, operator.
CREATE TABLE sms_blacklist (
  tenant     TEXT   NOT NULL,
  phone_ref  TEXT   NOT NULL,
  phone      TEXT   NOT NULL,
  source     TEXT   NOT NULL,
  created_ms BIGINT NOT NULL,
  PRIMARY KEY (tenant, phone_ref)
);
CREATE INDEX sms_blacklist_tenant ON sms_blacklist (tenant, created_ms);
