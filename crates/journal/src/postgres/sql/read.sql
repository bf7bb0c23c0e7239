-- One page in one snapshot: a first row with the head, then the events, in the order of the index.
SELECT
    head.position AS head, NULL::int8 AS position, NULL::int8 AS sequence, NULL::int8 AS recorded_at,
    NULL::int8 AS occurred_at, NULL::int4 AS event_version, NULL::uuid AS aggregate_id, NULL::uuid AS event_id,
    NULL::uuid AS command_id, NULL::uuid AS correlation_id, NULL::uuid AS causation_id, NULL::text AS aggregate_type,
    NULL::text AS event_type, NULL::text AS actor, NULL::bytea AS leaf_hash, NULL::bytea AS payload,
    NULL::bytea AS metadata
FROM head
UNION ALL
(
    SELECT
        NULL, position, sequence, recorded_at, occurred_at, event_version, aggregate_id, event_id, command_id,
        correlation_id, causation_id, aggregate_type, event_type, actor, leaf_hash, payload, metadata
    FROM events
    WHERE position > $1 AND position <= $2
        AND (cardinality($3::text[]) = 0 OR aggregate_type = ANY ($3))
        AND occurred_at <= $4
    ORDER BY position
)
