-- Calls under an Idempotency-Key and their first answers. key_ref is a keyed hash of the key; answer is sealed. status 0: no answer yet, held by holder until until_ms.
CREATE TABLE idempotent_calls (
  tenant      TEXT    NOT NULL,
  op          TEXT    NOT NULL,
  key_ref     TEXT    NOT NULL,
  fingerprint TEXT    NOT NULL,
  holder      TEXT    NOT NULL,
  until_ms    BIGINT  NOT NULL,
  status      INTEGER NOT NULL,
  kind        TEXT    NOT NULL,
  answer      TEXT    NOT NULL,
  created_ms  BIGINT  NOT NULL,
  PRIMARY KEY (tenant, op, key_ref)
);
CREATE INDEX idempotent_calls_age ON idempotent_calls (created_ms);
