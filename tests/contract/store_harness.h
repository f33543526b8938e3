#ifndef WF_TESTS_CONTRACT_STORE_HARNESS_H_
#define WF_TESTS_CONTRACT_STORE_HARNESS_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "coordinator/store/memory_store.h"
#include "coordinator/store/open_sweep_view.h"
#include "coordinator/store/sqlite_store.h"
#include "tests/support/status_matchers.h"
#include "tests/support/store_rows.h"
#include "tests/support/temp_dir.h"

namespace wattfleet::testing {

// One implementation of Store, and how to restart it and to look into it.
class MemoryStoreHarness {
 public:
  coordinator::Store& store() { return *store_; }
  void Restart() { store_ = std::make_unique<coordinator::MemoryStore>(*store_); }
  std::unique_ptr<coordinator::SweepView> View(const std::string& sweep) {
    auto view = store_->View(sweep);
    EXPECT_THAT(view, IsOk());
    return *std::move(view);
  }

 private:
  std::unique_ptr<coordinator::MemoryStore> store_ = std::make_unique<coordinator::MemoryStore>();
};

class SqliteStoreHarness {
 public:
  SqliteStoreHarness() { Restart(); }
  coordinator::Store& store() { return *store_; }
  void Restart() {
    store_.reset();
    auto store = coordinator::SqliteStore::Open(directory_.path());
    EXPECT_THAT(store, IsOk());
    store_ = *std::move(store);
  }
  std::unique_ptr<coordinator::SweepView> View(const std::string& sweep) {
    auto view = coordinator::OpenSweepView(directory_.path(), sweep);
    EXPECT_THAT(view, IsOk());
    return *std::move(view);
  }

 private:
  TempDir directory_;
  std::unique_ptr<coordinator::SqliteStore> store_;
};

// The shared arrangement: sweep "night" with one pair of 100 units in one shard.
template <typename Harness>
class StoreContractTest : public ::testing::Test {
 protected:
  absl::StatusOr<coordinator::Committed> Apply(std::vector<coordinator::StoreOp> ops,
                                               SweepId sweep = kSweep) {
    const std::vector<coordinator::StoreBatch> batches{
        {.id = next_batch_++, .sweep = sweep, .ops = std::move(ops)}};
    auto committed = store().Apply(batches);
    if (!committed.ok()) {
      return committed.status();
    }
    return committed->front();
  }
  void Submit() { WF_ASSERT_OK(Apply(SubmitOps(kSweep, "night", 100))); }
  // Lease 1 on all of it, for agent 1.
  void SubmitAndGrant() {
    Submit();
    WF_ASSERT_OK(Apply(GrantOps(kLease, {.lo = 0, .hi = 100})));
  }
  coordinator::LeaseCommit Append(const SampleFrame& frame) {
    auto committed = Apply({frame.Op()});
    EXPECT_THAT(committed, IsOk());
    return committed.ok() && committed->leases.size() == 1 ? committed->leases[0]
                                                           : coordinator::LeaseCommit{};
  }
  coordinator::StoreSnapshot Load() {
    auto snapshot = store().Load();
    EXPECT_THAT(snapshot, IsOk());
    return *std::move(snapshot);
  }
  coordinator::PairSnapshot LoadPair() { return Load().sweeps.at(0).pairs.at(0); }
  std::vector<coordinator::ResultRow> Results(PairId pair = kPair) {
    std::vector<coordinator::ResultRow> rows;
    WF_EXPECT_OK(View()->ForEachResult(pair, [&](const coordinator::ResultRow& row) {
      rows.push_back(row);
      return absl::OkStatus();
    }));
    return rows;
  }
  std::vector<coordinator::EnergyRow> Energies(PairId pair = kPair) {
    std::vector<coordinator::EnergyRow> rows;
    WF_EXPECT_OK(View()->ForEachEnergy(pair, [&](const coordinator::EnergyRow& row) {
      rows.push_back(row);
      return absl::OkStatus();
    }));
    return rows;
  }
  coordinator::Store& store() { return harness_.store(); }
  void Restart() { harness_.Restart(); }
  std::unique_ptr<coordinator::SweepView> View() { return harness_.View("night"); }

 private:
  Harness harness_;
  std::uint64_t next_batch_ = 1;
};

using StoreHarnesses = ::testing::Types<MemoryStoreHarness, SqliteStoreHarness>;

}  // namespace wattfleet::testing

#endif  // WF_TESTS_CONTRACT_STORE_HARNESS_H_
