-- The last commit of the redo log (src/adapters/redo) that these tables hold.
INSERT OR IGNORE INTO counters VALUES ('redo', 0);
