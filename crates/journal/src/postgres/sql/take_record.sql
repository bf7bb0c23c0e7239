DELETE FROM vault_records WHERE kind = $1 AND key = $2
RETURNING kind, key, subject, value, expires_at
