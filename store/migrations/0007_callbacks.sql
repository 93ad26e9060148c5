-- Addresses of customers: one per tenant and url_type. disabled holds the reason why an address is no longer called; '' = it is.
CREATE TABLE callbacks (
  id         TEXT    NOT NULL PRIMARY KEY,
  tenant     TEXT    NOT NULL,
  url_type   INTEGER NOT NULL,
  url        TEXT    NOT NULL,
  disabled   TEXT    NOT NULL,
  created_ms BIGINT  NOT NULL,
  updated_ms BIGINT  NOT NULL,
  UNIQUE (tenant, url_type)
);

-- How pushes to a tenant are signed. secret is sealed.
CREATE TABLE callback_signing (
  tenant     TEXT   NOT NULL PRIMARY KEY,
  mode       TEXT   NOT NULL,
  access     TEXT   NOT NULL,
  secret     TEXT   NOT NULL,
  updated_ms BIGINT NOT NULL
);

-- The queue. A row is due at next_ms; a claim moves next_ms to the end of the claim's lease, so a row whose claimer died becomes due by itself.
-- data never holds a recipient in clear: bodies are made when they are sent.
CREATE TABLE callback_deliveries (
  id         {{autoid}},
  tenant     TEXT    NOT NULL,
  url_type   INTEGER NOT NULL,
  fact_id    TEXT    NOT NULL,
  kind       TEXT    NOT NULL, -- sms, shortchain, template
  data       TEXT    NOT NULL,
  state      INTEGER NOT NULL, -- 0 waiting, 1 delivered, 2 dead
  push_id    TEXT    NOT NULL, -- given at the first claim; rows of one batched push share it
  attempts   INTEGER NOT NULL, -- ever
  tries      INTEGER NOT NULL, -- on the present schedule
  next_ms    BIGINT  NOT NULL,
  claimed_by TEXT    NOT NULL,
  created_ms BIGINT  NOT NULL,
  ended_ms   BIGINT  NOT NULL, -- when delivered or dead; else 0
  result     TEXT    NOT NULL, -- of the last attempt
  UNIQUE (tenant, url_type, fact_id)
);
CREATE INDEX callback_deliveries_due ON callback_deliveries (tenant, url_type, next_ms, push_id, id) WHERE state = 0;
CREATE INDEX callback_deliveries_ended ON callback_deliveries (state, ended_ms) WHERE state <> 0;
CREATE INDEX callback_deliveries_claimed ON callback_deliveries (claimed_by) WHERE state = 0 AND claimed_by <> '';
