-- From version 2: verdicts that a regrade added.
CREATE TABLE regraded(
  pair_id INTEGER NOT NULL,
  unit INTEGER NOT NULL,
  grader_id INTEGER NOT NULL,
  value INTEGER NOT NULL,
  reason TEXT NOT NULL,
  extracted TEXT NOT NULL,
  PRIMARY KEY(pair_id, unit, grader_id)
) STRICT, WITHOUT ROWID;
