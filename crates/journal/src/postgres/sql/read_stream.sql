SELECT
    0::int8 AS head, position, sequence, recorded_at, occurred_at, event_version, aggregate_id, event_id, command_id,
    correlation_id, causation_id, aggregate_type, event_type, actor, leaf_hash, payload, metadata
FROM events
WHERE aggregate_id = $1 AND aggregate_type = $2 AND sequence > $3
ORDER BY sequence
LIMIT $4
