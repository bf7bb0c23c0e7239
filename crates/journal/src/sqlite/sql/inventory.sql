-- One statement sees one moment.
SELECT
    head.position, head.recorded_at, head.frontier,
    (SELECT min(position) FROM events), (SELECT max(position) FROM events),
    (SELECT count(*) FROM subtrees),
    (
        SELECT issuer || ' ' || lower(hex(command_id)) FROM commands
        WHERE last_position NOT BETWEEN 0 AND head.position OR first_position NOT BETWEEN 1 AND last_position
        LIMIT 1
    )
FROM head
