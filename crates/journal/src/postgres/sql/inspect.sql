-- What stands in the schema: nothing, other people's tables, or a journal.
SELECT
    to_regclass(quote_ident($1) || '.meta') IS NOT NULL
        AND to_regclass(quote_ident($1) || '.events') IS NOT NULL AS ours,
    EXISTS (
        SELECT FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
        WHERE nspname = $1 AND relkind IN ('r', 'p', 'v', 'm')
    ) AS occupied
