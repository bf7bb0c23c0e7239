-- The journal and its vault, format 1.
--
-- Times are microseconds since 1970 (UTC), ids are 16 bytes, hashes 32. The columns that are small and always wanted
-- come before payload and metadata, so that reading a header or a leaf hash never walks a large event's overflow pages.

CREATE TABLE meta (
    one           INTEGER PRIMARY KEY CHECK (one = 1),
    journal_id    BLOB    NOT NULL,
    format        INTEGER NOT NULL,
    -- The least version of the program that may open this journal.
    least_version TEXT    NOT NULL,
    created_at    INTEGER NOT NULL
) STRICT;

CREATE TABLE events (
    position       INTEGER PRIMARY KEY,
    aggregate_type TEXT    NOT NULL,
    aggregate_id   BLOB    NOT NULL,
    sequence       INTEGER NOT NULL,
    event_id       BLOB    NOT NULL,
    event_type     TEXT    NOT NULL,
    event_version  INTEGER NOT NULL,
    recorded_at    INTEGER NOT NULL,
    occurred_at    INTEGER NOT NULL,
    actor          TEXT    NOT NULL,
    command_id     BLOB    NOT NULL,
    correlation_id BLOB    NOT NULL,
    causation_id   BLOB,
    leaf_hash      BLOB    NOT NULL,
    payload        BLOB    NOT NULL,
    metadata       BLOB    NOT NULL,
    UNIQUE (aggregate_type, aggregate_id, sequence)
) STRICT;

-- The end of the journal. Taking this row is how writers take turns.
CREATE TABLE head (
    one         INTEGER PRIMARY KEY CHECK (one = 1),
    position    INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    -- The tree over all events: its size, then its peaks.
    frontier    BLOB    NOT NULL
) STRICT;

-- Hashes of complete perfect subtrees, of some levels only.
CREATE TABLE subtrees (
    level INTEGER NOT NULL,
    node  INTEGER NOT NULL,
    hash  BLOB    NOT NULL,
    PRIMARY KEY (level, node)
) STRICT, WITHOUT ROWID;

-- Vault: which commands were taken, and the events they led to (first_position is null when to none).
CREATE TABLE commands (
    issuer         TEXT    NOT NULL,
    command_id     BLOB    NOT NULL,
    fingerprint    BLOB    NOT NULL,
    first_position INTEGER,
    last_position  INTEGER NOT NULL,
    PRIMARY KEY (issuer, command_id)
) STRICT, WITHOUT ROWID;

-- Vault: keys of personal data, encrypted. A destroyed key leaves its row, so that it is never replaced.
CREATE TABLE keys (
    subject      BLOB PRIMARY KEY,
    wrapped      BLOB,
    destroyed_at INTEGER
) STRICT, WITHOUT ROWID;

-- Vault: the journal's own secrets, encrypted.
CREATE TABLE secrets (
    name    TEXT PRIMARY KEY,
    wrapped BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- How far durable consumers have come.
CREATE TABLE consumers (
    name     TEXT PRIMARY KEY,
    position INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER events_are_not_updated BEFORE UPDATE ON events
BEGIN
    SELECT RAISE (ABORT, 'events are append-only');
END;

CREATE TRIGGER events_are_not_deleted BEFORE DELETE ON events
BEGIN
    SELECT RAISE (ABORT, 'events are append-only');
END;

CREATE TRIGGER subtrees_are_not_updated BEFORE UPDATE ON subtrees
BEGIN
    SELECT RAISE (ABORT, 'subtrees are append-only');
END;

CREATE TRIGGER subtrees_are_not_deleted BEFORE DELETE ON subtrees
BEGIN
    SELECT RAISE (ABORT, 'subtrees are append-only');
END;

-- REPLACE deletes without asking the triggers above unless the connection has recursive_triggers on.
CREATE TRIGGER events_are_not_replaced BEFORE INSERT ON events
WHEN EXISTS (SELECT 1 FROM events WHERE position = NEW.position)
    OR EXISTS (
        SELECT 1 FROM events
        WHERE aggregate_type = NEW.aggregate_type AND aggregate_id = NEW.aggregate_id AND sequence = NEW.sequence
    )
BEGIN
    SELECT RAISE (ABORT, 'events are append-only');
END;

CREATE TRIGGER subtrees_are_not_replaced BEFORE INSERT ON subtrees
WHEN EXISTS (SELECT 1 FROM subtrees WHERE level = NEW.level AND node = NEW.node)
BEGIN
    SELECT RAISE (ABORT, 'subtrees are append-only');
END;
