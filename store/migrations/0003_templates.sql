-- Card templates. tenant '' = public, of the built-in gallery. version is the newest; name, has_param and active ("HUAWEI OPPO") repeat facts of
-- that version for the list. deleted_ms 0 = not deleted.
CREATE TABLE templates (
  id           {{id}},
  tenant       TEXT    NOT NULL,
  version      INTEGER NOT NULL,
  name         TEXT    NOT NULL,
  has_param    INTEGER NOT NULL,
  active       TEXT    NOT NULL,
  state        INTEGER NOT NULL,
  disable_desc TEXT    NOT NULL,
  disabled_ms  BIGINT  NOT NULL,
  audit_seq    BIGINT  NOT NULL,
  created_ms   BIGINT  NOT NULL,
  updated_ms   BIGINT  NOT NULL,
  deleted_ms   BIGINT  NOT NULL DEFAULT 0
);
CREATE INDEX templates_tenant ON templates (tenant, created_ms, id);

-- What a version fixes for ever (body) and its review (the rest). Links refer to versions.
CREATE TABLE template_versions (
  tpl_id     BIGINT  NOT NULL,
  version    INTEGER NOT NULL,
  body       TEXT    NOT NULL,
  warnings   TEXT    NOT NULL,
  factories  TEXT    NOT NULL,
  audit      INTEGER NOT NULL,
  audit_desc TEXT    NOT NULL,
  PRIMARY KEY (tpl_id, version)
);

-- Images, videos and covers. The content stands in the blobs under its digest. video = id of the video a cover belongs to.
CREATE TABLE materials (
  resource_id  TEXT    NOT NULL PRIMARY KEY,
  id           TEXT    NOT NULL UNIQUE,
  tenant       TEXT    NOT NULL,
  kind         TEXT    NOT NULL,
  file_name    TEXT    NOT NULL,
  description  TEXT    NOT NULL,
  rate         TEXT    NOT NULL,
  content_type TEXT    NOT NULL,
  ext          TEXT    NOT NULL,
  size         BIGINT  NOT NULL,
  width        INTEGER NOT NULL,
  height       INTEGER NOT NULL,
  digest       TEXT    NOT NULL,
  video        TEXT    NOT NULL,
  is_primary   INTEGER NOT NULL,
  created_ms   BIGINT  NOT NULL
);
CREATE INDEX materials_tenant ON materials (tenant, kind, created_ms, resource_id);
CREATE INDEX materials_digest ON materials (digest);
CREATE INDEX materials_video ON materials (video);

-- Which versions hold on to which materials. The foreign key keeps a material from vanishing between a template's check and its commit.
CREATE TABLE template_materials (
  tpl_id      BIGINT  NOT NULL,
  version     INTEGER NOT NULL,
  resource_id TEXT    NOT NULL REFERENCES materials (resource_id),
  PRIMARY KEY (tpl_id, version, resource_id)
);
CREATE INDEX template_materials_resource ON template_materials (resource_id);

-- Bytes of materials a tenant holds; its row is also the lock that makes uploads of one tenant take turns at the quota.
CREATE TABLE material_usage (
  tenant TEXT   NOT NULL PRIMARY KEY,
  bytes  BIGINT NOT NULL
);
