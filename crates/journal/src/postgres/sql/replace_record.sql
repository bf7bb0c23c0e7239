-- Where it still has the value seen, $7, and has not expired at $6.
UPDATE vault_records SET subject = $3, value = $4, expires_at = $5
WHERE kind = $1 AND key = $2 AND value = $7 AND (expires_at IS NULL OR expires_at > $6)
