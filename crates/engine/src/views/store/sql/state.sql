-- What a generation knows of itself. The same text serves SQLite and PostgreSQL.
-- Everything up to `position` was offered to every projection, `revision` counts the writes.
CREATE TABLE alforis_generation (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    position BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    -- 1 once all indexes stand
    indexed BIGINT NOT NULL
);

INSERT INTO alforis_generation (one, position, revision, indexed) VALUES (1, 0, 0, 0);

-- `folded`: the rows were copied and contain everything up to here. `failed`: the event at which it stopped.
CREATE TABLE alforis_projection (
    name TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    -- digest of its tables' columns and indexes
    shape TEXT NOT NULL,
    folded BIGINT NOT NULL,
    failed BIGINT,
    error TEXT
);

-- Partitions that wait, and the events that wait in them, the failed one first.
CREATE TABLE alforis_parked (
    projection TEXT NOT NULL,
    part TEXT NOT NULL,
    error TEXT NOT NULL,
    PRIMARY KEY (projection, part)
);

CREATE TABLE alforis_held (
    projection TEXT NOT NULL,
    part TEXT NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (projection, part, position)
);

-- Events that a projection passes over.
CREATE TABLE alforis_skip (
    projection TEXT NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (projection, position)
);
