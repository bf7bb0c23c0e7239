SELECT kind, key, subject, value, expires_at
FROM vault_records
WHERE kind = ?1 AND subject = ?2 AND (?3 IS NULL OR key < ?3) AND (expires_at IS NULL OR expires_at > ?5)
ORDER BY key DESC
LIMIT ?4
