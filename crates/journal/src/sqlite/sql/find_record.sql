SELECT kind, key, subject, value, expires_at
FROM vault_records
WHERE kind = ?1 AND key = ?2 AND (expires_at IS NULL OR expires_at > ?3)
