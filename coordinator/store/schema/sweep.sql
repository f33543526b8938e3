-- sweep-<id>.db: one sweep; its removal is the removal of this file.
-- unit = repetition * n + position (repetition-major); position -> q by `sample`. Every range is of
-- units, half open. Times are Unix milliseconds, durations nanoseconds, energies microjoules. Enumerations
-- are integers with the values of the C++ enumerations in common/domain and coordinator/store/records.h.
CREATE TABLE sweep(                                  -- one row, written with the first batch
  sweep_id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  state INTEGER NOT NULL,
  reason TEXT NOT NULL,
  resolved TEXT NOT NULL,
  workload_id TEXT NOT NULL,
  workload_name TEXT NOT NULL,
  n_queries INTEGER NOT NULL,
  created_unix_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE sample(
  position INTEGER PRIMARY KEY,
  q INTEGER NOT NULL
) STRICT;
CREATE TABLE pair(
  pair_id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,                                -- MODEL/BUILD/ACCELERATOR/CONDITION, to read
  spec TEXT NOT NULL,                                -- JSON: PairSpec but for the columns beside it
  n_units INTEGER NOT NULL,
  plan_hash BLOB NOT NULL,
  state INTEGER NOT NULL,
  reason TEXT NOT NULL,
  seal_model_digest TEXT,                            -- these three are null until the pair is sealed
  seal_engine_kind TEXT,
  seal_quantization TEXT
) STRICT;
CREATE TABLE shard(
  shard_id INTEGER PRIMARY KEY,
  pair_id INTEGER NOT NULL REFERENCES pair,
  parent_id INTEGER,                                 -- null: first cut of its pair
  lo INTEGER NOT NULL,
  hi INTEGER NOT NULL,
  state INTEGER NOT NULL,                            -- 0 PENDING 1 LEASED 2 DONE 3 QUARANTINED 4 CANCELLED 5 SPLIT
  epoch INTEGER NOT NULL,
  crash_n INTEGER NOT NULL,
  error_n INTEGER NOT NULL
) STRICT;
CREATE TABLE lease(
  lease_id INTEGER PRIMARY KEY,
  shard_id INTEGER NOT NULL REFERENCES shard,
  pair_id INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  agent_id INTEGER NOT NULL,
  instance TEXT NOT NULL,
  lo INTEGER NOT NULL,
  hi INTEGER NOT NULL,
  state INTEGER NOT NULL,                            -- 0 OFFERED 1 ACTIVE, then 2..7 ended
  granted_unix_ms INTEGER NOT NULL,
  ttl_ms INTEGER NOT NULL,
  closed_unix_ms INTEGER,
  reason TEXT,
  n_accepted INTEGER NOT NULL DEFAULT 0,
  n_failed INTEGER NOT NULL DEFAULT 0,               -- of n_accepted
  n_duplicate INTEGER NOT NULL DEFAULT 0,
  n_conflicting INTEGER NOT NULL DEFAULT 0,
  n_refused INTEGER NOT NULL DEFAULT 0,
  ledger_refused TEXT,                               -- why its ledger is not stored; its energy then counts nowhere
  UNIQUE(shard_id, epoch)
) STRICT;
CREATE UNIQUE INDEX lease_one_open ON lease(shard_id) WHERE state IN (0, 1);
CREATE TABLE lease_energy(                           -- gross energy that the results of a lease reported so far
  lease_id INTEGER NOT NULL,
  channel_id INTEGER NOT NULL,
  counted_uj INTEGER NOT NULL,                       -- of stored results
  set_aside_uj INTEGER NOT NULL,                     -- of duplicate, conflicting and refused ones
  PRIMARY KEY(lease_id, channel_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE ingest_cursor(                          -- written with the rows that it covers
  agent_id INTEGER NOT NULL,
  spool_id BLOB NOT NULL CHECK(length(spool_id) = 16),
  last_seq INTEGER NOT NULL,
  PRIMARY KEY(agent_id, spool_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE environment(                            -- who exactly answered, under what
  environment_id INTEGER PRIMARY KEY,
  agent_id INTEGER NOT NULL,
  instance TEXT NOT NULL,
  model_digest TEXT NOT NULL,
  engine_kind TEXT NOT NULL,
  quantization TEXT NOT NULL,
  facts TEXT NOT NULL,                               -- canonical JSON
  digest BLOB NOT NULL UNIQUE                        -- XXH3-128 of the columns above
) STRICT;
CREATE TABLE pair_environment(                       -- how many results of the pair were made there
  pair_id INTEGER NOT NULL,
  environment_id INTEGER NOT NULL,
  results INTEGER NOT NULL,
  PRIMARY KEY(pair_id, environment_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE channel(
  channel_id INTEGER PRIMARY KEY,
  agent_id INTEGER NOT NULL,
  name TEXT NOT NULL,
  source TEXT NOT NULL,
  scope INTEGER NOT NULL,
  facts TEXT NOT NULL,
  digest BLOB NOT NULL UNIQUE                        -- XXH3-128 of the columns above
) STRICT;
CREATE TABLE result(                                 -- the first answer to each unit
  pair_id INTEGER NOT NULL,
  unit INTEGER NOT NULL,
  status INTEGER NOT NULL,                           -- 0 completed 1 timeout 2 failed for good
  verdict INTEGER,                                   -- in force: 0 wrong 1 correct 2 no_answer, null pending
  flags INTEGER NOT NULL,
  failure INTEGER NOT NULL,
  finish INTEGER NOT NULL,
  environment_id INTEGER NOT NULL,
  lease_id INTEGER NOT NULL,
  sent_unix_ms INTEGER NOT NULL,
  duration_ns INTEGER NOT NULL,
  ttft_ns INTEGER,
  input_tokens INTEGER,
  cached_tokens INTEGER,
  output_tokens INTEGER,
  reasoning_tokens INTEGER,
  ttfo_ns INTEGER,
  queue_ns INTEGER,
  token_source INTEGER NOT NULL,
  in_flight_mean REAL,
  body_digest INTEGER NOT NULL,                      -- XXH3-64 of the text, as a signed number
  PRIMARY KEY(pair_id, unit)
) STRICT, WITHOUT ROWID;
CREATE TABLE result_energy(                          -- per channel; a class is a sum chosen when reporting
  pair_id INTEGER NOT NULL,
  unit INTEGER NOT NULL,
  channel_id INTEGER NOT NULL,
  status INTEGER NOT NULL,
  gross_uj INTEGER,
  net_uj INTEGER,
  random_uj INTEGER,
  flags INTEGER NOT NULL,
  samples INTEGER NOT NULL,
  max_gap_ns INTEGER,
  covered_ppm INTEGER,
  baseline_id INTEGER,                               -- of the loaded-idle power that it was settled with
  prefill_uj INTEGER,                                -- of gross_uj, before the first token
  PRIMARY KEY(pair_id, unit, channel_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE reattributed(                           -- the same from the traces, by another method: never in figures
  pair_id INTEGER NOT NULL,
  unit INTEGER NOT NULL,
  channel_id INTEGER NOT NULL,
  method TEXT NOT NULL,
  status INTEGER NOT NULL,
  gross_uj INTEGER,
  net_uj INTEGER,
  random_uj INTEGER,
  flags INTEGER NOT NULL,
  PRIMARY KEY(pair_id, unit, channel_id, method)
) STRICT, WITHOUT ROWID;
CREATE TABLE trace(                                  -- what a lease's sensors read: its parts in order, common/trace
  lease_id INTEGER NOT NULL,
  part INTEGER NOT NULL,                             -- from 0
  parts INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  PRIMARY KEY(lease_id, part)
) STRICT;
CREATE TABLE response(                               -- zstd of v1.ResponseBody; one integer key appends fastest
  response_key INTEGER PRIMARY KEY,                  -- pair_id << 40 | unit
  zstd BLOB NOT NULL
) STRICT;
CREATE TABLE result_dup(                             -- later answers to units that had one
  pair_id INTEGER NOT NULL,
  unit INTEGER NOT NULL,
  lease_id INTEGER NOT NULL,
  status INTEGER NOT NULL,
  duration_ns INTEGER NOT NULL,
  body_digest INTEGER NOT NULL,
  received_unix_ms INTEGER NOT NULL,
  PRIMARY KEY(pair_id, unit, lease_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE ledger(                                 -- attributed_uj is exactly the sum over stored results
  lease_id INTEGER NOT NULL,
  channel_id INTEGER NOT NULL,
  total_uj INTEGER NOT NULL,
  attributed_uj INTEGER NOT NULL,
  idle_uj INTEGER NOT NULL,
  uncounted_uj INTEGER NOT NULL,                     -- failed, retried and duplicate work
  unassigned_uj INTEGER NOT NULL,
  baseline_uw INTEGER,
  baseline_id INTEGER,
  PRIMARY KEY(lease_id, channel_id),
  CHECK(total_uj = attributed_uj + idle_uj + uncounted_uj + unassigned_uj)
) STRICT, WITHOUT ROWID;
CREATE TABLE grader(
  grader_id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  version INTEGER NOT NULL,
  UNIQUE(name, version)
) STRICT;
CREATE TABLE verdict(                                -- in force: the sweep's own grader's
  pair_id INTEGER NOT NULL,
  unit INTEGER NOT NULL,
  grader_id INTEGER NOT NULL,
  value INTEGER NOT NULL,
  reason TEXT NOT NULL,
  extracted TEXT NOT NULL,
  PRIMARY KEY(pair_id, unit, grader_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE regraded(                               -- verdicts of other graders, added later; never in force
  pair_id INTEGER NOT NULL,
  unit INTEGER NOT NULL,
  grader_id INTEGER NOT NULL,
  value INTEGER NOT NULL,
  reason TEXT NOT NULL,
  extracted TEXT NOT NULL,
  PRIMARY KEY(pair_id, unit, grader_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE quarantine(                             -- units given up
  pair_id INTEGER NOT NULL,
  unit INTEGER NOT NULL,
  lease_id INTEGER NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY(pair_id, unit)
) STRICT, WITHOUT ROWID;
CREATE TABLE failure(                                -- tries that brought no result
  failure_id INTEGER PRIMARY KEY,
  shard_id INTEGER NOT NULL,
  lease_id INTEGER NOT NULL,
  unit INTEGER NOT NULL,
  failure INTEGER NOT NULL,
  message TEXT NOT NULL
) STRICT;
CREATE TABLE event(
  event_id INTEGER PRIMARY KEY,
  at_unix_ms INTEGER NOT NULL,
  kind TEXT NOT NULL,
  text TEXT NOT NULL
) STRICT;
