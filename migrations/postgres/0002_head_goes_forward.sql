-- Format 2: the head is never moved back, whoever asks. The condition is looked at without calling the function.

CREATE TRIGGER goes_forward BEFORE UPDATE ON head FOR EACH ROW
    WHEN (new.position < old.position OR new.recorded_at < old.recorded_at OR new.single IS DISTINCT FROM old.single)
    EXECUTE FUNCTION refuse_change();
ALTER TABLE head ENABLE ALWAYS TRIGGER goes_forward;

UPDATE meta SET format = 2;
