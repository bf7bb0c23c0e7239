-- Recording times never decrease with the position, so halving finds the place without an index of its own.
WITH RECURSIVE halving (low, high) AS (
    SELECT 0::int8, position FROM head
    UNION ALL
    SELECT
        CASE WHEN events.recorded_at <= $1 THEN events.position ELSE low END,
        CASE WHEN events.recorded_at <= $1 THEN high ELSE events.position - 1 END
    FROM halving
    JOIN events ON events.position = (low + high + 1) / 2
    WHERE low < high
)
SELECT low FROM halving WHERE low = high
