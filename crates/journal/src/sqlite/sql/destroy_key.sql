INSERT INTO keys (subject, wrapped, destroyed_at)
VALUES (?1, NULL, ?2)
ON CONFLICT (subject) DO UPDATE SET wrapped = NULL, destroyed_at = excluded.destroyed_at
WHERE destroyed_at IS NULL
