-- data_key is the tenant's data key wrapped by the master key, base64.
CREATE TABLE tenants (
  id           TEXT    NOT NULL PRIMARY KEY,
  name         TEXT    NOT NULL UNIQUE,
  project_id   TEXT    NOT NULL UNIQUE,
  project_name TEXT    NOT NULL,
  disabled     INTEGER NOT NULL DEFAULT 0,
  data_key     TEXT    NOT NULL,
  created_ms   BIGINT  NOT NULL
);

-- policies is a JSON array of names.
CREATE TABLE users (
  id             TEXT    NOT NULL PRIMARY KEY,
  tenant         TEXT    NOT NULL REFERENCES tenants (id),
  name           TEXT    NOT NULL,
  admin          INTEGER NOT NULL,
  policies       TEXT    NOT NULL,
  password_hash  TEXT    NOT NULL,
  disabled       INTEGER NOT NULL,
  tokens_from_ms BIGINT  NOT NULL,
  created_ms     BIGINT  NOT NULL,
  UNIQUE (tenant, name)
);

-- secret is sealed with the tenant's data key.
CREATE TABLE access_keys (
  access     TEXT    NOT NULL PRIMARY KEY,
  tenant     TEXT    NOT NULL REFERENCES tenants (id),
  user_id    TEXT    NOT NULL REFERENCES users (id),
  secret     TEXT    NOT NULL,
  disabled   INTEGER NOT NULL,
  created_ms BIGINT  NOT NULL
);
CREATE INDEX access_keys_by_tenant ON access_keys (tenant, created_ms);

-- Policies that tenants wrote themselves; document is the IAM form.
CREATE TABLE access_policies (
  tenant   TEXT NOT NULL REFERENCES tenants (id),
  name     TEXT NOT NULL,
  document TEXT NOT NULL,
  PRIMARY KEY (tenant, name)
);

-- Request signatures that were used, by the second they were made in: one row per signed change of the last half hour. The key begins with
-- the time, so that new rows lie together and old ones go by range.
CREATE TABLE used_signatures (
  made_s    BIGINT NOT NULL,
  signature BIGINT NOT NULL,
  PRIMARY KEY (made_s, signature)
);

-- Who did what. Rows are added, never changed.
CREATE TABLE audit_log (
  id      {{autoid}},
  tenant  TEXT   NOT NULL,
  at_ms   BIGINT NOT NULL,
  actor   TEXT   NOT NULL,
  action  TEXT   NOT NULL,
  object  TEXT   NOT NULL,
  remote  TEXT   NOT NULL,
  outcome TEXT   NOT NULL
);
CREATE INDEX audit_log_by_tenant ON audit_log (tenant, id);
