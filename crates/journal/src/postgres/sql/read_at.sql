SELECT
    0::int8 AS head, position, sequence, recorded_at, occurred_at, event_version, aggregate_id, event_id, command_id,
    correlation_id, causation_id, aggregate_type, event_type, actor, leaf_hash, payload, metadata
FROM events
WHERE position = ANY ($1)
ORDER BY position
