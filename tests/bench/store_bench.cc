// Results per second through SqliteStore::Apply, against bare inserts of the same rows into the
// same tables by the same connection recipe, in the same run; then how fast they are read back, and
// how long a restart takes. Usage: store_bench [ROWS]
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/check/check.h"
#include "common/random/random.h"
#include "common/time/system_clock.h"
#include "coordinator/store/open_sweep_view.h"
#include "coordinator/store/schema_sql.h"
#include "coordinator/store/sqlite.h"
#include "coordinator/store/sqlite_rows.h"
#include "coordinator/store/sqlite_store.h"
#include "tests/bench/must.h"
#include "tests/support/store_rows.h"
#include "tests/support/temp_dir.h"

namespace wattfleet::testing {
namespace {

using coordinator::OpenSweepView;
using coordinator::SqliteConnection;
using coordinator::SqliteStatement;
using coordinator::SqliteStore;
using coordinator::SqliteTransaction;
using coordinator::StoreBatch;

constexpr std::int64_t kRowsPerFrame = 100;
constexpr std::int64_t kFramesPerCommit = 40;

struct Case {
  const char* name;
  std::size_t body_bytes;
  bool has_verdict;
  bool has_energy;
};

// Frames whose bodies do not compress, as zstd's output does not.
std::vector<StoreBatch> MakeBatches(const Case& the_case, std::int64_t rows) {
  Random random(1);
  std::vector<StoreBatch> batches;
  for (Unit lo = 0; lo < rows; lo += kRowsPerFrame) {
    SampleFrame frame{.seq = static_cast<std::uint64_t>(lo / kRowsPerFrame) + 1};
    for (Unit unit = lo; unit < lo + kRowsPerFrame; ++unit) {
      Result result = SampleResult(unit, random.Next64());
      result.body_zstd.assign(the_case.body_bytes, '\0');
      for (char& byte : result.body_zstd) {
        byte = static_cast<char>(random.Next64());
      }
      if (the_case.has_energy) {
        result.energy = {{.channel = 0, .gross = 5'000'000 + unit, .net = 3'000'000}};
      }
      frame.results.push_back(std::move(result));
      if (the_case.has_verdict) {
        frame.verdicts.push_back(
            Verdict{.value = VerdictValue::kCorrect, .grader = "mcq", .extracted = "C"});
      }
    }
    batches.push_back({.id = frame.seq, .sweep = kSweep, .ops = {frame.Op()}});
  }
  return batches;
}

double SecondsOf(const std::function<void()>& work) {
  const SystemClock clock;
  const MonotonicTime start = clock.MonotonicNow();
  work();
  return std::chrono::duration<double>(clock.MonotonicNow() - start).count();
}

double SecondsThroughStore(const std::string& data_dir, std::span<const StoreBatch> batches,
                           std::int64_t rows) {
  const auto store = Must(SqliteStore::Open(data_dir));
  const std::vector<StoreBatch> submitted{
      {.id = 1, .sweep = kSweep, .ops = SubmitOps(kSweep, "night", rows)},
      {.id = 2, .sweep = kSweep, .ops = GrantOps(kLease, {.lo = 0, .hi = rows})}};
  Must(store->Apply(submitted).status());
  return SecondsOf([&] {
    for (std::size_t at = 0; at < batches.size(); at += kFramesPerCommit) {
      const auto group =
          batches.subspan(at, std::min<std::size_t>(kFramesPerCommit, batches.size() - at));
      for (const auto& committed : Must(store->Apply(group))) {
        WF_CHECK(committed.leases.at(0).accepted == kRowsPerFrame);
      }
    }
  });
}

class BareInserts {
 public:
  explicit BareInserts(SqliteConnection& connection)
      : result_(Must(connection.Prepare("INSERT INTO result VALUES (?1, ?2, 0, ?3, ?4, 0, 1, 1, 1, "
                                        "?5, ?6, ?7, ?8, NULL, ?9, NULL, NULL, NULL, 1, NULL, "
                                        "?10)"))),
        response_(Must(connection.Prepare("INSERT INTO response VALUES (?1, ?2)"))),
        verdict_(Must(connection.Prepare("INSERT INTO verdict VALUES (?1, ?2, 1, ?3, '', ?4)"))),
        energy_(Must(connection.Prepare("INSERT INTO result_energy (pair_id, unit, channel_id, "
                                        "status, gross_uj, net_uj, flags, "
                                        "samples) VALUES (?1, ?2, 1, 0, ?3, ?4, 0, 0)"))) {}

  void Insert(const coordinator::GradedBatch& graded) {
    const std::int64_t pair = graded.batch.pair.value;
    for (std::size_t i = 0; i < graded.batch.results.size(); ++i) {
      const Result& result = graded.batch.results[i];
      const Verdict* verdict = graded.verdicts.empty() ? nullptr : &*graded.verdicts[i];
      result_.Bind(1, pair).Bind(2, result.unit).Bind(4, static_cast<std::int64_t>(result.flags));
      result_.Bind(3, verdict == nullptr ? std::nullopt : std::optional<std::int64_t>(1));
      result_.Bind(5, result.sent_unix_ms).Bind(6, result.duration_ns).Bind(7, result.ttft_ns);
      result_.Bind(8, result.input_tokens).Bind(9, result.output_tokens);
      Must(result_.Bind(10, static_cast<std::int64_t>(result.body_digest)).Run());
      if (!result.body_zstd.empty()) {
        response_.Bind(1, coordinator::ResponseKey(graded.batch.pair, result.unit));
        Must(response_.BindBlob(2, result.body_zstd).Run());
      }
      if (verdict != nullptr) {
        verdict_.Bind(1, pair).Bind(2, result.unit).Bind(3, std::int64_t{1});
        Must(verdict_.BindText(4, verdict->extracted).Run());
      }
      for (const ChannelEnergy& energy : result.energy) {
        energy_.Bind(1, pair).Bind(2, result.unit);
        Must(energy_.Bind(3, energy.gross).Bind(4, energy.net).Run());
      }
    }
  }

 private:
  SqliteStatement result_;
  SqliteStatement response_;
  SqliteStatement verdict_;
  SqliteStatement energy_;
};

double SecondsBare(std::span<const StoreBatch> batches) {
  const TempDir directory;
  const auto connection = Must(SqliteConnection::OpenWriter(directory.Path("bare.db"), {}));
  Must(connection->Execute(coordinator::kSweepSchemaSql));
  BareInserts inserts(*connection);
  return SecondsOf([&] {
    for (std::size_t at = 0; at < batches.size(); at += kFramesPerCommit) {
      SqliteTransaction transaction = Must(SqliteTransaction::Begin(*connection));
      for (std::size_t i = at; i < std::min(at + kFramesPerCommit, batches.size()); ++i) {
        inserts.Insert(*std::get<coordinator::AppendResults>(batches[i].ops[0]).graded);
      }
      Must(transaction.Commit());
      Must(connection->CheckpointIfLong());
    }
  });
}

double SecondsToReadBack(const std::string& data_dir, std::int64_t rows) {
  return SecondsOf([&] {
    const auto view = Must(OpenSweepView(data_dir, "night"));
    std::int64_t n = 0;
    Must(view->ForEachResult(kPair, [&](const coordinator::ResultRow&) {
      ++n;
      return absl::OkStatus();
    }));
    WF_CHECK(n == rows);
  });
}

double SecondsToRestart(const std::string& data_dir, std::int64_t rows) {
  return SecondsOf([&] {
    const auto store = Must(SqliteStore::Open(data_dir));
    WF_CHECK(Must(store->Load()).sweeps.at(0).pairs.at(0).completed == rows);
  });
}

void Run(const Case& the_case, std::int64_t rows) {
  const std::vector<StoreBatch> batches = MakeBatches(the_case, rows);
  const double bare = static_cast<double>(rows) / SecondsBare(batches);
  const TempDir directory;
  const double store =
      static_cast<double>(rows) / SecondsThroughStore(directory.path(), batches, rows);
  const double restart = SecondsToRestart(directory.path(), rows);
  const double read = static_cast<double>(rows) / SecondsToReadBack(directory.path(), rows);
  std::printf(
      "%-36s store %8.0f rows/s   bare %8.0f rows/s   ratio %.2f   read %8.0f rows/s   "
      "restart %.3f s\n",
      the_case.name, store, bare, store / bare, read, restart);
  std::fflush(stdout);
}

}  // namespace
}  // namespace wattfleet::testing

int main(int argc, char** argv) {
  using wattfleet::testing::Case;
  const std::int64_t rows = argc > 1 ? std::strtoll(argv[1], nullptr, 10) : 400'000;
  for (const Case& the_case :
       {Case{"no body", 0, false, false}, Case{"no body, verdict, one channel", 0, true, true},
        Case{"500-byte body", 500, false, false},
        Case{"500-byte body, verdict, one channel", 500, true, true}}) {
    wattfleet::testing::Run(the_case, rows / 4'000 * 4'000);
  }
  return 0;
}
