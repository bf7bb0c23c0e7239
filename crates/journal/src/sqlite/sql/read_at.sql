SELECT
    position, aggregate_type, aggregate_id, sequence, event_id, event_type, event_version, recorded_at, occurred_at,
    actor, command_id, correlation_id, causation_id, leaf_hash, payload, metadata
FROM events
WHERE position IN (SELECT value FROM json_each(?1))
ORDER BY position
