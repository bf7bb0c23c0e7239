-- What one group needs to know before it is planned, in one snapshot: by index into the given arrays the commands that
-- were taken before (kind 0) and the versions of the streams that exist (kind 1); and where the head is (kind 2).
SELECT 0::int2 AS kind, asked.index, taken.first_position AS first, taken.last_position AS last, taken.fingerprint
FROM unnest($1::text[], $2::uuid[]) WITH ORDINALITY AS asked (issuer, id, index)
CROSS JOIN LATERAL (
    SELECT first_position, last_position, fingerprint FROM commands
    WHERE command_id = asked.id AND issuer = asked.issuer
    LIMIT 1
) AS taken
UNION ALL
SELECT 1::int2, asked.index, NULL, newest.sequence, NULL
FROM unnest($3::text[], $4::uuid[]) WITH ORDINALITY AS asked (category, id, index)
CROSS JOIN LATERAL (
    SELECT sequence FROM events
    WHERE aggregate_id = asked.id AND aggregate_type = asked.category
    ORDER BY sequence DESC
    LIMIT 1
) AS newest
UNION ALL
SELECT 2::int2, 0, NULL, position, NULL FROM head
