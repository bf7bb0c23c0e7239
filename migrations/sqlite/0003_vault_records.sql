-- Format 3: vault records, small values that come and go: password hashes, sessions, one-time links, throttles.
--
-- A record is found by its kind and key, or by the subject that it belongs to. What has expired counts as gone.

CREATE TABLE vault_records (
    kind       TEXT NOT NULL,
    key        BLOB NOT NULL,
    subject    BLOB,
    value      BLOB NOT NULL,
    expires_at INTEGER,
    PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX vault_records_of_subject ON vault_records (subject, kind, key) WHERE subject IS NOT NULL;
CREATE INDEX vault_records_by_end ON vault_records (expires_at) WHERE expires_at IS NOT NULL;
