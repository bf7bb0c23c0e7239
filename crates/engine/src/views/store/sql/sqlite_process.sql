PRAGMA journal_mode = WAL;
PRAGMA synchronous = OFF;
PRAGMA secure_delete = ON;
PRAGMA cache_size = -65536;
PRAGMA wal_autocheckpoint = 16384;
