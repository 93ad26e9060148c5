-- Drafts of templates that somebody looks at. id is random; body is sealed. A row means nothing after expires_ms.
CREATE TABLE template_previews (
  id         TEXT   PRIMARY KEY,
  tenant     TEXT   NOT NULL,
  body       TEXT   NOT NULL,
  created_ms BIGINT NOT NULL,
  expires_ms BIGINT NOT NULL
);
CREATE INDEX template_previews_tenant ON template_previews (tenant, created_ms);
CREATE INDEX template_previews_expiry ON template_previews (expires_ms);
