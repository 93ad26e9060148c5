-- Pictures of service accounts. Pictures for the public lie in the blob folder under their digest; licences and letters are here, sealed ('' for the others).
CREATE TABLE sa_media (
  id           TEXT    NOT NULL PRIMARY KEY,
  tenant       TEXT    NOT NULL,
  file_type    TEXT    NOT NULL,
  file_name    TEXT    NOT NULL,
  content_type TEXT    NOT NULL,
  size         BIGINT  NOT NULL,
  width        INTEGER NOT NULL,
  height       INTEGER NOT NULL,
  digest       TEXT    NOT NULL,
  content      TEXT    NOT NULL,
  created_ms   BIGINT  NOT NULL
);
CREATE INDEX sa_media_tenant ON sa_media (tenant, size);

-- Accounts. body is the content in force, or what was submitted last while version is 0; pending is content in review, '' if none is. The columns before body
-- repeat parts of the contents for filters and for the rules about names.
CREATE TABLE sa_pubs (
  id             TEXT    NOT NULL PRIMARY KEY,
  tenant         TEXT    NOT NULL,
  name           TEXT    NOT NULL,
  name_key       TEXT    NOT NULL,
  remark         TEXT    NOT NULL,
  industry       INTEGER NOT NULL,
  pending_key    TEXT    NOT NULL,
  pending_remark TEXT    NOT NULL,
  body           TEXT    NOT NULL,
  pending        TEXT    NOT NULL,
  frozen         INTEGER NOT NULL,
  version        INTEGER NOT NULL,
  approve_state  INTEGER NOT NULL,
  reason         TEXT    NOT NULL,
  creator        TEXT    NOT NULL,
  online_ms      BIGINT  NOT NULL,
  oper_ms        BIGINT  NOT NULL,
  created_ms     BIGINT  NOT NULL
);
CREATE INDEX sa_pubs_list ON sa_pubs (tenant, created_ms, id);
CREATE INDEX sa_pubs_name ON sa_pubs (name_key);
CREATE INDEX sa_pubs_pending ON sa_pubs (pending_key) WHERE pending_key <> '';

-- Every name that was ever asked for: its row is the lock under which a name is looked at and taken.
CREATE TABLE sa_pub_names (
  name_key TEXT NOT NULL PRIMARY KEY
);

-- names are the names of the first level, a line each.
CREATE TABLE sa_menus (
  id            TEXT    NOT NULL PRIMARY KEY,
  pub_id        TEXT    NOT NULL UNIQUE REFERENCES sa_pubs (id),
  tenant        TEXT    NOT NULL,
  names         TEXT    NOT NULL,
  body          TEXT    NOT NULL,
  pending       TEXT    NOT NULL,
  version       INTEGER NOT NULL,
  approve_state INTEGER NOT NULL,
  reason        TEXT    NOT NULL,
  creator       TEXT    NOT NULL,
  online_ms     BIGINT  NOT NULL,
  oper_ms       BIGINT  NOT NULL,
  created_ms    BIGINT  NOT NULL
);
CREATE INDEX sa_menus_list ON sa_menus (tenant, created_ms, id);

CREATE TABLE sa_portals (
  id            TEXT    NOT NULL PRIMARY KEY,
  pub_id        TEXT    NOT NULL UNIQUE REFERENCES sa_pubs (id),
  tenant        TEXT    NOT NULL,
  body          TEXT    NOT NULL,
  pending       TEXT    NOT NULL,
  version       INTEGER NOT NULL,
  approve_state INTEGER NOT NULL,
  reason        TEXT    NOT NULL,
  creator       TEXT    NOT NULL,
  online_ms     BIGINT  NOT NULL,
  oper_ms       BIGINT  NOT NULL,
  created_ms    BIGINT  NOT NULL
);
CREATE INDEX sa_portals_list ON sa_portals (tenant, created_ms, id);

-- The change log. verdict: 1 in review, 2 approved, 3 rejected. At most one change of a thing is in review.
CREATE TABLE sa_changes (
  id         {{autoid}},
  tenant     TEXT    NOT NULL,
  kind       TEXT    NOT NULL,
  object_id  TEXT    NOT NULL,
  pub_id     TEXT    NOT NULL,
  user_id    TEXT    NOT NULL,
  reason     TEXT    NOT NULL,
  at_ms      BIGINT  NOT NULL,
  old_body   TEXT    NOT NULL,
  new_body   TEXT    NOT NULL,
  verdict    INTEGER NOT NULL,
  words      TEXT    NOT NULL,
  decided_ms BIGINT  NOT NULL,
  urged      INTEGER NOT NULL,
  urged_ms   BIGINT  NOT NULL
);
CREATE UNIQUE INDEX sa_changes_waiting ON sa_changes (object_id) WHERE verdict = 1;
CREATE INDEX sa_changes_object ON sa_changes (object_id, id);
CREATE INDEX sa_changes_pub ON sa_changes (pub_id, id);
