-- catalog.db: what belongs to no single sweep. Times are Unix milliseconds.
CREATE TABLE store(                                  -- one row
  only INTEGER PRIMARY KEY CHECK(only = 1),
  store_id TEXT NOT NULL                             -- another store has another id: agents must not resume
) STRICT;
CREATE TABLE agent(
  agent_id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE sweep(                                  -- an index: the sweep's own file has the truth
  sweep_id INTEGER PRIMARY KEY,                      -- stays when the file is removed, so that ids are never reused
  name TEXT NOT NULL
) STRICT;
CREATE INDEX sweep_name ON sweep(name);
CREATE TABLE ingest_cursor(                          -- of batches that belong to no sweep
  agent_id INTEGER NOT NULL,
  spool_id BLOB NOT NULL CHECK(length(spool_id) = 16),
  last_seq INTEGER NOT NULL,
  PRIMARY KEY(agent_id, spool_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE event(
  event_id INTEGER PRIMARY KEY,
  at_unix_ms INTEGER NOT NULL,
  kind TEXT NOT NULL,
  text TEXT NOT NULL
) STRICT;
