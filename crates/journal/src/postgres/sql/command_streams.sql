-- The streams that the events of one command went to, in the order of writing, with their versions after it.
SELECT aggregate_type, aggregate_id, max(sequence) AS version
FROM events
WHERE position BETWEEN $1 AND $2
GROUP BY aggregate_type, aggregate_id
ORDER BY min(position)
