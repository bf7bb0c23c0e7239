SELECT fingerprint, first_position, last_position FROM commands WHERE issuer = ?1 AND command_id = ?2
