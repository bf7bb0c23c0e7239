-- Lets a role of its own run the application: `SELECT pg_temp.admit('name')` in the session that ran this.
--
-- FOR UPDATE on the head needs UPDATE on it; everything else that is written once can only be added to, and a key can
-- only be destroyed through the owner's function.
CREATE FUNCTION pg_temp.admit(admitted text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    room text := current_schema();
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = admitted) THEN
        EXECUTE format('CREATE ROLE %I LOGIN', admitted);
    END IF;
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', room, admitted);
    EXECUTE format('GRANT SELECT ON meta, events, subtrees, commands, head, keys, secrets, consumers, vault_records TO %I', admitted);
    EXECUTE format('GRANT INSERT ON events, subtrees, commands, keys, secrets, consumers, vault_records TO %I', admitted);
    EXECUTE format('GRANT UPDATE ON head, consumers, vault_records TO %I', admitted);
    EXECUTE format('GRANT DELETE ON vault_records TO %I', admitted);
    EXECUTE format('GRANT EXECUTE ON FUNCTION destroy_key(uuid, bigint) TO %I', admitted);
END
$$;
