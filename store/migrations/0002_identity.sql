-- data_key is the tenant's data key wrapped by the master key, base64.
CREATE TABLE tenants (
  id           TEXT   NOT NULL PRIMARY KEY,
  name         TEXT   NOT NULL,
  project_id   TEXT   NOT NULL UNIQUE,
  project_name TEXT   NOT NULL,
  data_key     TEXT   NOT NULL,
  created_ms   BIGINT NOT NULL
);
