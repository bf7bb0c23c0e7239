-- Format 2: what was true of events becomes true of the command index and the head.
--
-- A command's answer is kept for ever, so nobody changes or removes it; the head is never taken away or moved back.

CREATE TRIGGER commands_are_not_updated BEFORE UPDATE ON commands
BEGIN
    SELECT RAISE (ABORT, 'the command index is append-only');
END;

CREATE TRIGGER commands_are_not_deleted BEFORE DELETE ON commands
BEGIN
    SELECT RAISE (ABORT, 'the command index is append-only');
END;

CREATE TRIGGER head_is_not_deleted BEFORE DELETE ON head
BEGIN
    SELECT RAISE (ABORT, 'the journal is append-only: its head stays');
END;

CREATE TRIGGER head_does_not_go_back BEFORE UPDATE ON head
WHEN NEW.one IS NOT OLD.one OR NEW.position < OLD.position OR NEW.recorded_at < OLD.recorded_at
BEGIN
    SELECT RAISE (ABORT, 'the journal is append-only: its head only goes forward');
END;
