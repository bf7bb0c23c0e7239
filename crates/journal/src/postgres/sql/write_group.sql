-- All rows of one group and the new head in one round trip, or none of them when the head is not the one that the group
-- was planned on ($28, $29). Its row is locked first: no other row is written before `moved` has given one.
WITH moved AS (
    UPDATE head SET position = $25, recorded_at = $26, frontier = $27 WHERE position = $28 AND frontier = $29
    RETURNING 1
), stored AS (
    INSERT INTO events (
        position, sequence, recorded_at, occurred_at, event_version, aggregate_id, event_id, command_id,
        correlation_id, causation_id, aggregate_type, event_type, actor, leaf_hash, payload, metadata
    )
    SELECT given.* FROM moved CROSS JOIN unnest(
        $1::int8[], $2::int8[], $3::int8[], $4::int8[], $5::int4[], $6::uuid[], $7::uuid[], $8::uuid[],
        $9::uuid[], $10::uuid[], $11::text[], $12::text[], $13::text[], $14::bytea[], $15::bytea[], $16::bytea[]
    ) AS given
), remembered AS (
    INSERT INTO commands (issuer, command_id, first_position, last_position, fingerprint)
    SELECT given.* FROM moved CROSS JOIN unnest($17::text[], $18::uuid[], $19::int8[], $20::int8[], $21::bytea[]) AS given
), folded AS (
    INSERT INTO subtrees (level, node, hash)
    SELECT given.* FROM moved CROSS JOIN unnest($22::int2[], $23::int8[], $24::bytea[]) AS given
)
SELECT FROM moved
