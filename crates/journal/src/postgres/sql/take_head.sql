-- One round trip: the transaction begins with the head row, so that all processes together give one order.
-- READ COMMITTED: the statements that follow see what the previous holder of the row committed.
BEGIN ISOLATION LEVEL READ COMMITTED;
SELECT position, recorded_at, frontier FROM head FOR UPDATE;
