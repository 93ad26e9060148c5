-- Blocks of ids leased to nodes: next is the first id nobody holds.
CREATE TABLE id_blocks (
  name TEXT   NOT NULL PRIMARY KEY,
  next BIGINT NOT NULL
);

-- Names held by one node at a time (outbox relay, hourly rating, …). until_ms is Unix milliseconds.
CREATE TABLE leases (
  name     TEXT   NOT NULL PRIMARY KEY,
  holder   TEXT   NOT NULL,
  until_ms BIGINT NOT NULL
);

-- The transactional outbox: facts written in the transaction that makes them true, forgotten after Kafka's ack.
CREATE TABLE outbox (
  id    {{autoid}},
  topic TEXT NOT NULL,
  pkey  TEXT NOT NULL,
  value TEXT NOT NULL
);
