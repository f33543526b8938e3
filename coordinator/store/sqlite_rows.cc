#include "coordinator/store/sqlite_rows.h"

#include <algorithm>
#include <initializer_list>
#include <memory>

#include "absl/strings/str_format.h"
#include <xxhash.h>

#include "common/status/annotate.h"
#include "common/status/status_macros.h"
#include "coordinator/store/pair_json.h"

namespace wattfleet::coordinator {

namespace {

constexpr char kLeaseColumns[] =
    "SELECT lease_id, shard_id, pair_id, epoch, agent_id, instance, lo, hi, state, "
    "granted_unix_ms, ttl_ms FROM lease ";

LeaseRecord LeaseOf(const SqliteStatement& row) {
  return {.id = {row.Int(0)},
          .shard = {row.Int(1)},
          .pair = {row.Int(2)},
          .epoch = row.Int(3),
          .agent = {row.Int(4)},
          .instance = std::string(row.Text(5)),
          .range = {.lo = row.Int(6), .hi = row.Int(7)},
          .state = static_cast<LeaseState>(row.Int(8)),
          .granted_unix_ms = row.Int(9),
          .ttl_ms = row.Int(10)};
}

absl::StatusOr<PairSnapshot> PairOf(const SqliteStatement& row, SweepId sweep) {
  absl::StatusOr<PairSpec> spec = PairSpecFromJson(row.Text(1));
  if (!spec.ok()) {
    return Annotate(spec.status(), absl::StrFormat("pair %d", row.Int(0)));
  }
  spec->id = {row.Int(0)};
  spec->sweep = sweep;
  spec->n_units = row.Int(2);
  spec->plan_hash = std::string(row.Blob(3));
  PairSnapshot pair{.spec = *std::move(spec),
                    .state = static_cast<PairState>(row.Int(4)),
                    .reason = std::string(row.Text(5))};
  if (!row.IsNull(6)) {
    pair.seal = Seal{.model_digest = std::string(row.Text(6)),
                     .engine_kind = std::string(row.Text(7)),
                     .quantization = std::string(row.Text(8))};
  }
  WF_ASSIGN_OR_RETURN(pair.judge, JudgeTaskFromJson(row.Text(1)));
  return pair;
}

PairSnapshot* FindPair(std::vector<PairSnapshot>& pairs, std::int64_t id) {
  const auto found = std::find_if(pairs.begin(), pairs.end(), [id](const PairSnapshot& pair) {
    return pair.spec.id.value == id;
  });
  return found == pairs.end() ? nullptr : &*found;
}

absl::Status ReadCounts(SqliteConnection& connection, std::vector<PairSnapshot>& pairs) {
  WF_ASSIGN_OR_RETURN(
      SqliteStatement leases,
      connection.Prepare("SELECT pair_id, sum(n_accepted), sum(n_failed) FROM lease GROUP BY 1"));
  WF_ASSIGN_OR_RETURN(bool more, leases.Step());
  while (more) {
    if (PairSnapshot* pair = FindPair(pairs, leases.Int(0)); pair != nullptr) {
      pair->completed = leases.Int(1) - leases.Int(2);
      pair->failed = leases.Int(2);
    }
    WF_ASSIGN_OR_RETURN(more, leases.Step());
  }
  WF_ASSIGN_OR_RETURN(SqliteStatement quarantine,
                      connection.Prepare("SELECT pair_id, count(*) FROM quarantine GROUP BY 1"));
  WF_ASSIGN_OR_RETURN(more, quarantine.Step());
  while (more) {
    if (PairSnapshot* pair = FindPair(pairs, quarantine.Int(0)); pair != nullptr) {
      pair->quarantined = quarantine.Int(1);
    }
    WF_ASSIGN_OR_RETURN(more, quarantine.Step());
  }
  return absl::OkStatus();
}

// What the judgements so far have cost in tokens. Reads every result of the judge pairs.
absl::Status ReadJudgeTokens(SqliteConnection& connection, std::vector<PairSnapshot>& pairs) {
  WF_ASSIGN_OR_RETURN(
      SqliteStatement sums,
      connection.Prepare("SELECT count(*), coalesce(sum(input_tokens IS NULL OR output_tokens IS "
                         "NULL), 0), coalesce(sum(input_tokens), 0), coalesce(sum(cached_tokens), "
                         "0), coalesce(sum(output_tokens), 0) FROM result WHERE pair_id = ?1"));
  for (PairSnapshot& pair : pairs) {
    if (!pair.judge) {
      continue;
    }
    WF_RETURN_IF_ERROR(sums.Bind(1, pair.spec.id.value).Step().status());
    pair.tokens = {.results = sums.Int(0),
                   .uncounted = sums.Int(1),
                   .input = sums.Int(2),
                   .cached = sums.Int(3),
                   .output = sums.Int(4)};
    sums.Reset();
  }
  return absl::OkStatus();
}

// Each part with its length, so that no two lists of parts look the same.
std::string Digest(AgentId agent, std::initializer_list<std::string_view> parts) {
  const std::unique_ptr<XXH3_state_t, XXH_errorcode (*)(XXH3_state_t*)> state(XXH3_createState(),
                                                                              XXH3_freeState);
  XXH3_128bits_reset(state.get());
  XXH3_128bits_update(state.get(), &agent.value, sizeof agent.value);
  for (const std::string_view part : parts) {
    const std::uint64_t size = part.size();
    XXH3_128bits_update(state.get(), &size, sizeof size);
    XXH3_128bits_update(state.get(), part.data(), part.size());
  }
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(state.get()));
  return std::string(reinterpret_cast<const char*>(canonical.digest), sizeof canonical.digest);
}

}  // namespace

absl::StatusOr<std::optional<SweepRecord>> ReadSweep(SqliteConnection& connection) {
  WF_ASSIGN_OR_RETURN(
      SqliteStatement row,
      connection.Prepare("SELECT sweep_id, name, state, reason, resolved, workload_id, "
                         "workload_name, n_queries, created_unix_ms FROM sweep"));
  WF_ASSIGN_OR_RETURN(const bool has_row, row.Step());
  if (!has_row) {
    return std::optional<SweepRecord>();
  }
  return SweepRecord{.id = {row.Int(0)},
                     .name = std::string(row.Text(1)),
                     .state = static_cast<SweepState>(row.Int(2)),
                     .reason = std::string(row.Text(3)),
                     .resolved = std::string(row.Text(4)),
                     .workload_id = std::string(row.Text(5)),
                     .workload_name = std::string(row.Text(6)),
                     .n_queries = row.Int(7),
                     .created_unix_ms = row.Int(8)};
}

absl::StatusOr<std::vector<PairSnapshot>> ReadPairs(SqliteConnection& connection, SweepId sweep) {
  WF_ASSIGN_OR_RETURN(SqliteStatement row,
                      connection.Prepare("SELECT pair_id, spec, n_units, plan_hash, state, reason, "
                                         "seal_model_digest, seal_engine_kind, seal_quantization "
                                         "FROM pair ORDER BY pair_id"));
  std::vector<PairSnapshot> pairs;
  WF_ASSIGN_OR_RETURN(bool more, row.Step());
  while (more) {
    WF_ASSIGN_OR_RETURN(PairSnapshot pair, PairOf(row, sweep));
    pairs.push_back(std::move(pair));
    WF_ASSIGN_OR_RETURN(more, row.Step());
  }
  WF_RETURN_IF_ERROR(ReadCounts(connection, pairs));
  WF_RETURN_IF_ERROR(ReadJudgeTokens(connection, pairs));
  return pairs;
}

absl::StatusOr<std::vector<ShardRecord>> ReadShards(SqliteConnection& connection) {
  WF_ASSIGN_OR_RETURN(
      SqliteStatement row,
      connection.Prepare("SELECT shard_id, pair_id, lo, hi, state, epoch, crash_n, error_n, "
                         "parent_id FROM shard ORDER BY pair_id, lo, shard_id"));
  std::vector<ShardRecord> shards;
  WF_ASSIGN_OR_RETURN(bool more, row.Step());
  while (more) {
    shards.push_back({.id = {row.Int(0)},
                      .pair = {row.Int(1)},
                      .range = {.lo = row.Int(2), .hi = row.Int(3)},
                      .state = static_cast<ShardState>(row.Int(4)),
                      .epoch = row.Int(5),
                      .crash_n = static_cast<std::int32_t>(row.Int(6)),
                      .error_n = static_cast<std::int32_t>(row.Int(7)),
                      .parent = {row.OptionalInt(8).value_or(0)}});
    WF_ASSIGN_OR_RETURN(more, row.Step());
  }
  return shards;
}

absl::StatusOr<std::vector<LeaseRecord>> ReadOpenLeases(SqliteConnection& connection) {
  const std::string sql =
      absl::StrFormat("%sWHERE state IN (0, 1) ORDER BY lease_id", kLeaseColumns);
  WF_ASSIGN_OR_RETURN(SqliteStatement row, connection.Prepare(sql));
  std::vector<LeaseRecord> leases;
  WF_ASSIGN_OR_RETURN(bool more, row.Step());
  while (more) {
    leases.push_back(LeaseOf(row));
    WF_ASSIGN_OR_RETURN(more, row.Step());
  }
  return leases;
}

absl::StatusOr<std::optional<LeaseRecord>> ReadLease(SqliteConnection& connection, LeaseId lease) {
  const std::string sql = absl::StrFormat("%sWHERE lease_id = ?1", kLeaseColumns);
  WF_ASSIGN_OR_RETURN(SqliteStatement row, connection.Prepare(sql));
  WF_ASSIGN_OR_RETURN(const bool has_row, row.Bind(1, lease.value).Step());
  return has_row ? std::optional(LeaseOf(row)) : std::nullopt;
}

absl::StatusOr<std::vector<StoreSnapshot::Cursor>> ReadCursors(SqliteConnection& connection) {
  WF_ASSIGN_OR_RETURN(SqliteStatement row,
                      connection.Prepare("SELECT agent_id, spool_id, last_seq FROM ingest_cursor"));
  std::vector<StoreSnapshot::Cursor> cursors;
  WF_ASSIGN_OR_RETURN(bool more, row.Step());
  while (more) {
    StoreSnapshot::Cursor cursor{.agent = {row.Int(0)},
                                 .seq = static_cast<std::uint64_t>(row.Int(2))};
    const std::string_view spool = row.Blob(1);
    std::copy_n(spool.begin(), std::min(spool.size(), cursor.spool.size()), cursor.spool.begin());
    cursors.push_back(cursor);
    WF_ASSIGN_OR_RETURN(more, row.Step());
  }
  return cursors;
}

std::string EnvironmentDigest(AgentId agent, std::string_view instance,
                              const Environment& environment) {
  return Digest(agent, {instance, environment.seal.model_digest, environment.seal.engine_kind,
                        environment.seal.quantization, environment.facts_json});
}

std::string ChannelDigest(AgentId agent, const ChannelFacts& facts) {
  return Digest(agent, {facts.name, facts.source, std::to_string(static_cast<int>(facts.scope)),
                        facts.facts_json});
}

}  // namespace wattfleet::coordinator
