-- Rows that go through review count their changes: whoever decides or changes one names the revision he saw.
ALTER TABLE sms_signatures ADD COLUMN revision BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sms_templates ADD COLUMN revision BIGINT NOT NULL DEFAULT 0;
CREATE INDEX sms_signatures_tenant ON sms_signatures (tenant, created_ms);
CREATE INDEX sms_templates_signature ON sms_templates (signature_id);
-- The reviewers' queues, over all tenants.
CREATE INDEX sms_signatures_waiting ON sms_signatures (created_ms, id) WHERE status = 'PENDING_REVIEW';
CREATE INDEX sms_templates_waiting ON sms_templates (created_ms, id) WHERE flow_status = 'Reviewing';

-- generated: 1 = a cover drawn by the system, 0 = uploaded. duration_ms: of a video.
ALTER TABLE materials ADD COLUMN generated INTEGER NOT NULL DEFAULT 0;
ALTER TABLE materials ADD COLUMN duration_ms BIGINT NOT NULL DEFAULT 0;
-- A video has at most one primary cover.
CREATE UNIQUE INDEX materials_primary ON materials (video) WHERE is_primary = 1;
