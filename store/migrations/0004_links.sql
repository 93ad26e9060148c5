-- Short-link domains. tenant '' = shared by all. generation: 1 standard codes, 2 custom codes.
CREATE TABLE link_domains (
  name       TEXT    NOT NULL PRIMARY KEY,
  tenant     TEXT    NOT NULL,
  generation TEXT    NOT NULL,
  frozen     INTEGER NOT NULL
);

-- Hosts a tenant's custom_url may lead to.
CREATE TABLE jump_hosts (
  tenant TEXT NOT NULL,
  host   TEXT NOT NULL,
  PRIMARY KEY (tenant, host)
);

-- What the links of one insert share. Their ids are a range, id to last_id, in which nothing else lies (holes are links whose custom code
-- was taken). A resolve task is one batch; a send task is one or more batches of the same task_id.
CREATE TABLE link_batches (
  id          {{id}},
  last_id     BIGINT  NOT NULL,
  size        INTEGER NOT NULL,
  tenant      TEXT    NOT NULL,
  task_id     TEXT    NOT NULL,
  task_name   TEXT    NOT NULL,
  user_name   TEXT    NOT NULL,
  from_send   INTEGER NOT NULL,
  domain      TEXT    NOT NULL,
  custom      INTEGER NOT NULL,
  is_group    INTEGER NOT NULL,
  tpl_id      BIGINT  NOT NULL,
  tpl_version INTEGER NOT NULL,
  tpl_name    TEXT    NOT NULL,
  signs       TEXT    NOT NULL,
  quota       BIGINT  NOT NULL,
  created_ms  BIGINT  NOT NULL,
  expire_ms   BIGINT  NOT NULL
);
CREATE INDEX link_batches_tenant ON link_batches (tenant, created_ms, id);
CREATE INDEX link_batches_task ON link_batches (task_id);

-- One row per link, in time order. cust is cust_flag sealed. cust_key finds it: the day of creation in the high bits, 48 bits of the
-- keyed hash below, so that inserts touch only the pages of the current day.
CREATE TABLE links (
  id         {{id}},
  batch      BIGINT NOT NULL,
  code       TEXT   NOT NULL,
  cust       TEXT   NOT NULL,
  cust_key   BIGINT NOT NULL,
  params     TEXT   NOT NULL,
  custom_url TEXT   NOT NULL,
  revoked_ms BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX links_cust ON links (cust_key);

CREATE TABLE custom_codes (
  domain  TEXT   NOT NULL,
  code    TEXT   NOT NULL,
  link_id BIGINT NOT NULL,
  PRIMARY KEY (domain, code)
);

-- Revocations of late, read by every edge to forget cached links.
CREATE TABLE link_revocations (
  link_id {{id}},
  at_ms   BIGINT NOT NULL
);
CREATE INDEX link_revocations_at ON link_revocations (at_ms);

-- Group links that were resolved at least once. issued = ordinals handed out in leases so far, never more than the link's quota;
-- resolved = successes applied; grant_from = issued before the last grant.
CREATE TABLE link_quota (
  link_id    {{id}},
  issued     BIGINT NOT NULL,
  grant_from BIGINT NOT NULL,
  resolved   BIGINT NOT NULL,
  quota      BIGINT NOT NULL
);

-- Ordinals first…last of a group link, held by a node, or by nobody (node '') after they were given back unused.
CREATE TABLE link_leases (
  link_id BIGINT NOT NULL,
  first   BIGINT NOT NULL,
  last    BIGINT NOT NULL,
  node    TEXT   NOT NULL,
  used    BIGINT NOT NULL,
  PRIMARY KEY (link_id, first)
);
CREATE INDEX link_leases_node ON link_leases (node);

-- Successful resolutions, ordinal 1…quota; ordinal 0 is a link's latest refused attempt. For an individual link the row is the quota:
-- who inserts ordinal 1 has resolved it. id grows with every insert of a node.
CREATE TABLE resolutions (
  id         {{autoid}},
  link_id    BIGINT NOT NULL,
  ordinal    BIGINT NOT NULL,
  resolve_id TEXT   NOT NULL,
  node       TEXT   NOT NULL,
  vendor     TEXT   NOT NULL,
  model      TEXT   NOT NULL,
  device_ref TEXT   NOT NULL,
  reason     TEXT   NOT NULL,
  at_ms      BIGINT NOT NULL,
  UNIQUE (link_id, ordinal)
);

-- How far a node's journal is applied here (position), and up to which of its resolutions the journal is known to hold the fact (journaled).
CREATE TABLE edge_nodes (
  node      TEXT   NOT NULL PRIMARY KEY,
  position  BIGINT NOT NULL,
  journaled BIGINT NOT NULL
);
