INSERT INTO keys (subject, wrapped) VALUES (?1, ?2) ON CONFLICT (subject) DO NOTHING
