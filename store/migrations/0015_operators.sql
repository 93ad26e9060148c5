-- Templates on which a vendor has yet to decide: what a reviewer's list shows.
ALTER TABLE templates ADD COLUMN pending INTEGER NOT NULL DEFAULT 0;
CREATE INDEX templates_pending ON templates (pending, updated_ms) WHERE pending = 1;

-- state: approved, pending, rejected. Those who are not approved serve nothing.
ALTER TABLE link_domains ADD COLUMN state TEXT NOT NULL DEFAULT 'approved';
ALTER TABLE link_domains ADD COLUMN words TEXT NOT NULL DEFAULT '';
ALTER TABLE link_domains ADD COLUMN created_ms BIGINT NOT NULL DEFAULT 0;
ALTER TABLE jump_hosts ADD COLUMN state TEXT NOT NULL DEFAULT 'approved';
ALTER TABLE jump_hosts ADD COLUMN words TEXT NOT NULL DEFAULT '';
ALTER TABLE jump_hosts ADD COLUMN created_ms BIGINT NOT NULL DEFAULT 0;
