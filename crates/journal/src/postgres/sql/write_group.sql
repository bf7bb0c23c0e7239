-- All rows of one group and the new head in one round trip.
WITH stored AS (
    INSERT INTO events (
        position, sequence, recorded_at, occurred_at, event_version, aggregate_id, event_id, command_id,
        correlation_id, causation_id, aggregate_type, event_type, actor, leaf_hash, payload, metadata
    )
    SELECT * FROM unnest(
        $1::int8[], $2::int8[], $3::int8[], $4::int8[], $5::int4[], $6::uuid[], $7::uuid[], $8::uuid[],
        $9::uuid[], $10::uuid[], $11::text[], $12::text[], $13::text[], $14::bytea[], $15::bytea[], $16::bytea[]
    )
), remembered AS (
    INSERT INTO commands (issuer, command_id, first_position, last_position, fingerprint)
    SELECT * FROM unnest($17::text[], $18::uuid[], $19::int8[], $20::int8[], $21::bytea[])
), folded AS (
    INSERT INTO subtrees (level, node, hash)
    SELECT * FROM unnest($22::int2[], $23::int8[], $24::bytea[])
)
UPDATE head SET position = $25, recorded_at = $26, frontier = $27
