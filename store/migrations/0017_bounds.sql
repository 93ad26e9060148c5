-- What waits to be sent, by tenant: how many messages it is may be asked with every send. Rows leave it when they are claimed.
CREATE INDEX messages_waiting ON messages (tenant) WHERE state = 0;
