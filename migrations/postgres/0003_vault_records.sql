-- Format 3: vault records, small values that come and go: password hashes, sessions, one-time links, throttles.
--
-- A record is found by its kind and key, or by the subject that it belongs to. What has expired counts as gone.

CREATE TABLE vault_records (
    kind text COLLATE "C" NOT NULL,
    key bytea NOT NULL,
    subject uuid,
    value bytea NOT NULL,
    expires_at bigint,
    PRIMARY KEY (kind, key)
);

CREATE INDEX vault_records_of_subject ON vault_records (subject, kind, key) WHERE subject IS NOT NULL;
CREATE INDEX vault_records_by_end ON vault_records (expires_at) WHERE expires_at IS NOT NULL;

UPDATE meta SET format = 3;
