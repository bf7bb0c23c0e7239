INSERT INTO events (
    position, aggregate_type, aggregate_id, sequence, event_id, event_type, event_version, recorded_at, occurred_at,
    actor, command_id, correlation_id, causation_id, leaf_hash, payload, metadata
)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)
