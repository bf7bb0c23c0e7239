-- One statement sees one moment.
SELECT
    head.position, head.recorded_at, head.frontier,
    (SELECT min(position) FROM events) AS least, (SELECT max(position) FROM events) AS greatest,
    (SELECT count(*) FROM subtrees) AS subtrees,
    (
        SELECT issuer || ' ' || command_id FROM commands
        WHERE last_position NOT BETWEEN 0 AND head.position OR first_position NOT BETWEEN 1 AND last_position
        LIMIT 1
    ) AS stray_command
FROM head
