-- The journal: events, the tree over them, the head; and the vault beside it.
--
-- Runs as the owner, in one transaction, with search_path set to the journal's schema. Forward only: a later change is
-- a later file. Column names follow postgres-es where it has them. Times are microseconds since 1970 in UTC, exactly as
-- they are hashed. Names are compared byte by byte, so that an upgrade of the system's locales changes no index.

CREATE TABLE meta (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    -- Names the journal in checkpoints.
    journal_id uuid NOT NULL,
    -- Number of the last migration applied.
    format integer NOT NULL,
    -- The least version of the program that may open this journal.
    least_version text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE head (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    position bigint NOT NULL,
    recorded_at bigint NOT NULL,
    -- The tree's size and peaks.
    frontier bytea NOT NULL
) WITH (fillfactor = 10);

CREATE TABLE events (
    -- Dense from 1; given by whoever holds the head row, never by a database sequence.
    position bigint PRIMARY KEY,
    sequence bigint NOT NULL,
    recorded_at bigint NOT NULL,
    occurred_at bigint NOT NULL,
    event_version integer NOT NULL,
    aggregate_id uuid NOT NULL,
    event_id uuid NOT NULL,
    command_id uuid NOT NULL,
    correlation_id uuid NOT NULL,
    causation_id uuid,
    aggregate_type text COLLATE "C" NOT NULL,
    event_type text COLLATE "C" NOT NULL,
    actor text COLLATE "C" NOT NULL,
    leaf_hash bytea NOT NULL,
    payload bytea NOT NULL,
    metadata bytea NOT NULL,
    CONSTRAINT events_stream UNIQUE (aggregate_type, aggregate_id, sequence)
);

-- Perfect subtrees of the stored levels, so that a proof reads few hashes.
CREATE TABLE subtrees (
    level smallint NOT NULL,
    node bigint NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (level, node)
);

-- Every command that was ever taken, with what it led to; first_position is null when it led to no event.
CREATE TABLE commands (
    issuer text COLLATE "C" NOT NULL,
    command_id uuid NOT NULL,
    first_position bigint,
    last_position bigint NOT NULL,
    fingerprint bytea NOT NULL,
    PRIMARY KEY (issuer, command_id)
);

-- Keys of subjects, wrapped. A destroyed key's row stays, empty: a subject never gets a second key.
CREATE TABLE keys (
    subject uuid PRIMARY KEY,
    wrapped bytea,
    destroyed_at bigint,
    CHECK ((wrapped IS NULL) = (destroyed_at IS NOT NULL))
);

CREATE TABLE secrets (
    name text COLLATE "C" PRIMARY KEY,
    wrapped bytea NOT NULL
);

CREATE TABLE consumers (
    name text COLLATE "C" PRIMARY KEY,
    position bigint NOT NULL
);

INSERT INTO meta (journal_id, format, least_version) VALUES (gen_random_uuid(), 1, '0.1.0');
-- The frontier of the empty tree: size 0, no peaks.
INSERT INTO head (position, recorded_at, frontier) VALUES (0, 0, '\x0000000000000000');

-- What is written stays. Statement triggers also see TRUNCATE, and ALWAYS means that no session setting skips them.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on %: the journal is append-only', tg_op, tg_table_name
        USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON events EXECUTE FUNCTION refuse_change();
ALTER TABLE events ENABLE ALWAYS TRIGGER append_only;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON subtrees EXECUTE FUNCTION refuse_change();
ALTER TABLE subtrees ENABLE ALWAYS TRIGGER append_only;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON commands EXECUTE FUNCTION refuse_change();
ALTER TABLE commands ENABLE ALWAYS TRIGGER append_only;
CREATE TRIGGER stays BEFORE DELETE OR TRUNCATE ON head EXECUTE FUNCTION refuse_change();
ALTER TABLE head ENABLE ALWAYS TRIGGER stays;

-- Destroys a subject's key and rewrites the table, so that no dead row version keeps the key in the table's file.
-- Belongs to the owner, because only an owner may rewrite; the application's role may call it.
CREATE FUNCTION destroy_key(doomed uuid, at bigint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT AS $$
BEGIN
    LOCK TABLE keys IN ACCESS EXCLUSIVE MODE;
    IF EXISTS (SELECT FROM keys WHERE subject = doomed AND destroyed_at IS NOT NULL) THEN
        RETURN;
    END IF;
    INSERT INTO keys (subject, destroyed_at) VALUES (doomed, at)
        ON CONFLICT (subject) DO UPDATE SET wrapped = NULL, destroyed_at = excluded.destroyed_at;
    ALTER TABLE keys ALTER COLUMN wrapped TYPE bytea USING wrapped || ''::bytea;
END
$$;
REVOKE ALL ON FUNCTION destroy_key(uuid, bigint) FROM PUBLIC;
