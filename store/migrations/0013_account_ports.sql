-- Sender numbers of service accounts. Lists of texts are lines (signs, files) or joined by commas (areas): none of them holds the separator.
-- bindings counts the rows of sa_bindings, and updating it is the lock under which bindings of a port are added and removed.
CREATE TABLE sa_ports (
  id            TEXT    NOT NULL PRIMARY KEY,
  tenant        TEXT    NOT NULL,
  number        TEXT    NOT NULL,
  port_type     INTEGER NOT NULL,
  signs         TEXT    NOT NULL,
  check_signs   INTEGER NOT NULL,
  files         TEXT    NOT NULL,
  approve_state INTEGER NOT NULL,
  bindings      INTEGER NOT NULL,
  created_ms    BIGINT  NOT NULL
);
CREATE INDEX sa_ports_list ON sa_ports (tenant, created_ms, id);
-- A number of one type belongs to one tenant; a rejected registration keeps nobody away.
CREATE UNIQUE INDEX sa_ports_number ON sa_ports (number, port_type) WHERE approve_state <> 3;

CREATE TABLE sa_bindings (
  id         TEXT   NOT NULL PRIMARY KEY,
  tenant     TEXT   NOT NULL,
  port_id    TEXT   NOT NULL REFERENCES sa_ports (id),
  pub_id     TEXT   NOT NULL REFERENCES sa_pubs (id),
  signs      TEXT   NOT NULL,
  areas      TEXT   NOT NULL,
  created_ms BIGINT NOT NULL
);
CREATE INDEX sa_bindings_list ON sa_bindings (tenant, created_ms, id);
CREATE INDEX sa_bindings_port ON sa_bindings (port_id, created_ms);
CREATE INDEX sa_bindings_pub ON sa_bindings (pub_id);

-- Company filings, one a tenant. products are the product flags; body is the filing in force, pending what is in review, '' if nothing is.
CREATE TABLE sa_companies (
  id            TEXT    NOT NULL PRIMARY KEY,
  tenant        TEXT    NOT NULL UNIQUE,
  body          TEXT    NOT NULL,
  pending       TEXT    NOT NULL,
  approve_state INTEGER NOT NULL,
  words         TEXT    NOT NULL,
  user_id       TEXT    NOT NULL,
  submitted_ms  BIGINT  NOT NULL,
  reviewed_ms   BIGINT  NOT NULL,
  created_ms    BIGINT  NOT NULL
);
CREATE INDEX sa_companies_pending ON sa_companies (submitted_ms) WHERE pending <> '';

-- Taps on service accounts as the edges recorded them, by the id of the fact. billable: billing.md §2 says so.
CREATE TABLE sa_clicks (
  tenant       TEXT    NOT NULL,
  fact_id      TEXT    NOT NULL,
  pub_id       TEXT    NOT NULL,
  menu_id      TEXT    NOT NULL,
  menu_version INTEGER NOT NULL,
  item_path    TEXT    NOT NULL,
  surface      TEXT    NOT NULL,
  action_type  TEXT    NOT NULL,
  vendor       TEXT    NOT NULL,
  device_ref   TEXT    NOT NULL,
  billable     INTEGER NOT NULL,
  clicked_ms   BIGINT  NOT NULL,
  PRIMARY KEY (tenant, fact_id)
);
CREATE INDEX sa_clicks_pub ON sa_clicks (tenant, pub_id, clicked_ms);

-- How far each edge's journal has been read for them.
CREATE TABLE sa_click_nodes (
  node     TEXT   NOT NULL PRIMARY KEY,
  position BIGINT NOT NULL
);
