-- Where there is none, or one that has expired at $6. ($7 is the value seen: none.)
INSERT INTO vault_records (kind, key, subject, value, expires_at)
SELECT $1, $2, $3, $4, $5 WHERE $7::bytea IS NULL
ON CONFLICT (kind, key) DO UPDATE
SET subject = excluded.subject, value = excluded.value, expires_at = excluded.expires_at
WHERE vault_records.expires_at <= $6
