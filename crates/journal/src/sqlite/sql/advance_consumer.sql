-- Compare and set: ?2 is where the caller believes the consumer to be, null for nowhere yet.
INSERT INTO consumers (name, position)
SELECT ?1, ?3 WHERE ?2 IS NULL OR EXISTS (SELECT 1 FROM consumers WHERE name = ?1 AND position = ?2)
ON CONFLICT (name) DO UPDATE SET position = excluded.position
WHERE consumers.position = ?2
