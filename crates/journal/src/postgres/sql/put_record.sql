INSERT INTO vault_records (kind, key, subject, value, expires_at)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (kind, key) DO UPDATE
SET subject = excluded.subject, value = excluded.value, expires_at = excluded.expires_at
