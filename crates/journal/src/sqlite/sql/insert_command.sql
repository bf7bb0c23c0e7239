INSERT INTO commands (issuer, command_id, fingerprint, first_position, last_position) VALUES (?1, ?2, ?3, ?4, ?5)
