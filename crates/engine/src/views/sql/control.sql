CREATE TABLE IF NOT EXISTS alforis_generations (
    id TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    journal TEXT NOT NULL,
    state TEXT NOT NULL,
    boot TEXT NOT NULL,
    changed_at BIGINT NOT NULL
);

CREATE TABLE IF NOT EXISTS alforis_leases (
    name TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE TABLE IF NOT EXISTS alforis_requests (
    id TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    projection TEXT NOT NULL,
    part TEXT
)
