-- The invariants of one sweep's file. Every query returns no row on a healthy store; the first column
-- says which invariant a row breaks, the others where.
SELECT 'I1 gap or overlap in the shards' AS broken, pair_id, lo FROM (
  SELECT pair_id, lo, lag(hi, 1, 0) OVER (PARTITION BY pair_id ORDER BY lo) AS previous_hi
  FROM shard WHERE state <> 5)
WHERE lo <> previous_hi;
SELECT 'I1 shards do not cover the pair' AS broken, p.pair_id, p.n_units FROM pair p
WHERE p.n_units <> (SELECT coalesce(sum(s.hi - s.lo), 0) FROM shard s
                    WHERE s.pair_id = p.pair_id AND s.state <> 5);
SELECT 'I2 done shard is incomplete' AS broken, s.shard_id FROM shard s
WHERE s.state IN (2, 3)
  -- A judge pair has units without anything to judge.
  AND NOT EXISTS (SELECT 1 FROM pair p WHERE p.pair_id = s.pair_id
                  AND json_extract(p.spec, '$.judge.subject') IS NOT NULL) AND s.hi - s.lo <>
  (SELECT count(*) FROM result r WHERE r.pair_id = s.pair_id AND r.unit >= s.lo AND r.unit < s.hi) +
  (SELECT count(*) FROM quarantine q WHERE q.pair_id = s.pair_id AND q.unit >= s.lo AND q.unit < s.hi);
SELECT 'I3 result outside its pair' AS broken, r.pair_id, r.unit
FROM result r LEFT JOIN pair p USING (pair_id)
WHERE p.pair_id IS NULL OR r.unit < 0 OR r.unit >= p.n_units;
SELECT 'I4 leased shard without an open lease' AS broken, s.shard_id FROM shard s
WHERE s.state = 1 AND NOT EXISTS (
  SELECT 1 FROM lease l WHERE l.shard_id = s.shard_id AND l.state IN (0, 1));
SELECT 'I4 open lease on a shard that is not leased' AS broken, l.lease_id, l.shard_id
FROM lease l JOIN shard s USING (shard_id) WHERE l.state IN (0, 1) AND s.state <> 1;
SELECT 'I5 lease epoch above its shard''s' AS broken, l.lease_id, l.shard_id
FROM lease l JOIN shard s USING (shard_id) WHERE l.epoch > s.epoch;
SELECT 'I6 result outside its lease' AS broken, r.pair_id, r.unit, r.lease_id
FROM result r LEFT JOIN lease l USING (lease_id)
WHERE l.lease_id IS NULL OR l.pair_id <> r.pair_id OR r.unit < l.lo OR r.unit >= l.hi;
SELECT 'I7 both result and quarantine' AS broken, q.pair_id, q.unit
FROM quarantine q JOIN result r USING (pair_id, unit);
SELECT 'I8 lease counters' AS broken, l.lease_id FROM lease l LEFT JOIN (
  SELECT lease_id, count(*) AS accepted, sum(status = 2) AS failed FROM result GROUP BY lease_id) r
  USING (lease_id)
WHERE l.n_accepted <> coalesce(r.accepted, 0) OR l.n_failed <> coalesce(r.failed, 0);
SELECT 'I18 energy of an unknown result' AS broken, e.pair_id, e.unit, e.channel_id
FROM result_energy e LEFT JOIN result r USING (pair_id, unit) WHERE r.unit IS NULL;
SELECT 'I18 energy on an unknown channel' AS broken, e.pair_id, e.unit, e.channel_id
FROM result_energy e LEFT JOIN channel c USING (channel_id) WHERE c.channel_id IS NULL;
SELECT 'I18 ledger does not attribute what its results drew' AS broken, l.lease_id, l.channel_id
FROM ledger l LEFT JOIN (
  SELECT r.lease_id, e.channel_id, sum(e.gross_uj) AS gross_uj
  FROM result_energy e JOIN result r USING (pair_id, unit) GROUP BY r.lease_id, e.channel_id) s
  USING (lease_id, channel_id)
WHERE l.attributed_uj <> coalesce(s.gross_uj, 0);
SELECT 'I18 ledger both stored and refused' AS broken, l.lease_id FROM lease l
WHERE l.ledger_refused IS NOT NULL AND EXISTS (SELECT 1 FROM ledger g WHERE g.lease_id = l.lease_id);
SELECT 'I19 body of an unknown result' AS broken, b.response_key >> 40 AS pair_id,
  b.response_key & 0xffffffffff AS unit
FROM response b LEFT JOIN result r
  ON r.pair_id = b.response_key >> 40 AND r.unit = b.response_key & 0xffffffffff
WHERE r.unit IS NULL;
SELECT 'I20 verdict on an unknown result' AS broken, v.pair_id, v.unit
FROM verdict v LEFT JOIN result r USING (pair_id, unit) WHERE r.unit IS NULL;
SELECT 'I20 verdict in force is not the last grader''s' AS broken, r.pair_id, r.unit
FROM result r LEFT JOIN (
  SELECT pair_id, unit, value, max(grader_id) FROM verdict GROUP BY pair_id, unit) v
  USING (pair_id, unit)
WHERE r.verdict IS NOT v.value;
SELECT 'I28 added verdict on an unknown result' AS broken, v.pair_id, v.unit
FROM regraded v LEFT JOIN result r USING (pair_id, unit) WHERE r.unit IS NULL;
SELECT 'I28 added verdict of a grader that spoke before' AS broken, pair_id, unit, grader_id
FROM regraded JOIN verdict USING (pair_id, unit, grader_id);
SELECT 'I21 results counted per environment' AS broken, pair_id, environment_id FROM (
  SELECT pair_id, environment_id, count(*) AS n FROM result GROUP BY pair_id, environment_id)
  FULL JOIN pair_environment p USING (pair_id, environment_id)
WHERE n IS NOT p.results;
SELECT 'I22 result in an unknown environment' AS broken, p.pair_id, p.environment_id
FROM pair_environment p LEFT JOIN environment e USING (environment_id) WHERE e.environment_id IS NULL;
SELECT 'I23 query sampled twice' AS broken, q FROM sample GROUP BY q HAVING count(*) > 1;
SELECT 'I24 file without its sweep' AS broken, count(*) AS rows FROM sweep
HAVING count(*) <> 1 AND EXISTS (SELECT 1 FROM pair);
SELECT 'I25 pair or facts are not JSON' AS broken, 'pair' AS kind, pair_id AS id FROM pair WHERE NOT json_valid(spec)
UNION ALL SELECT 'I25 pair or facts are not JSON', 'environment', environment_id FROM environment WHERE facts <> '' AND NOT json_valid(facts)
UNION ALL SELECT 'I25 pair or facts are not JSON', 'channel', channel_id FROM channel WHERE facts <> '' AND NOT json_valid(facts);
SELECT 'I26 trace of an unknown lease' AS broken, t.lease_id, t.part
FROM trace t LEFT JOIN lease l USING (lease_id) WHERE l.lease_id IS NULL;
SELECT 'I26 trace is not whole though its lease has its ledger' AS broken, t.lease_id
FROM trace t WHERE EXISTS (SELECT 1 FROM ledger g WHERE g.lease_id = t.lease_id)
GROUP BY t.lease_id
HAVING count(*) <> max(t.parts) OR min(t.parts) <> max(t.parts) OR max(t.part) <> max(t.parts) - 1;
SELECT 'I27 reattributed energy of an unknown result' AS broken, e.pair_id, e.unit, e.method
FROM reattributed e LEFT JOIN result r USING (pair_id, unit) WHERE r.unit IS NULL;
