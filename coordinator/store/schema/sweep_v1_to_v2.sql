-- From version 1: baselines have ids, leases have traces, refused ledgers are remembered.
ALTER TABLE lease ADD COLUMN ledger_refused TEXT;
ALTER TABLE result_energy ADD COLUMN baseline_id INTEGER;
ALTER TABLE result_energy ADD COLUMN prefill_uj INTEGER;
ALTER TABLE ledger ADD COLUMN baseline_id INTEGER;
CREATE TABLE reattributed(
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
CREATE TABLE trace(
  lease_id INTEGER NOT NULL,
  part INTEGER NOT NULL,
  parts INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  PRIMARY KEY(lease_id, part)
) STRICT;
