-- One page in one snapshot: the head comes along in every row, and alone when no event matches.
SELECT
    head.position AS head, events.position, events.sequence, events.recorded_at, events.occurred_at,
    events.event_version, events.aggregate_id, events.event_id, events.command_id, events.correlation_id,
    events.causation_id, events.aggregate_type, events.event_type, events.actor, events.leaf_hash, events.payload,
    events.metadata
FROM head
LEFT JOIN events
    ON events.position > $1 AND events.position <= $2
    AND (cardinality($3::text[]) = 0 OR events.aggregate_type = ANY ($3))
    AND events.occurred_at <= $4
ORDER BY events.position
