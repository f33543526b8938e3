#ifndef WF_TESTS_SUPPORT_FAKE_ENERGY_ACCOUNT_H_
#define WF_TESTS_SUPPORT_FAKE_ENERGY_ACCOUNT_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "agent/energy/energy_account.h"
#include "common/task/task_runner.h"

namespace wattfleet::testing {

// One channel on which every request costs the same and settles after a post-roll. Counts what it
// was told, for tests.
class FakeEnergyAccount final : public agent::EnergyAccount {
 public:
  static constexpr Microjoules kPerRequest = 1'000'000;

  FakeEnergyAccount(TaskRunner& runner, std::chrono::nanoseconds postroll)
      : runner_(runner), postroll_(postroll) {}

  const std::vector<ChannelFacts>& channels() const override { return channels_; }
  void RequestStarted(std::uint64_t request, MonotonicTime) override { ++open[request]; }
  void RequestFirstToken(std::uint64_t request, MonotonicTime at) override {
    first_tokens[request] = at;
  }
  void RequestEnded(std::uint64_t request, MonotonicTime, RequestFate fate,
                    std::function<void(std::vector<ChannelEnergy>)> settled) override {
    --open.at(request);
    const bool counted = fate == RequestFate::kCounted;
    (counted ? ledger.attributed : ledger.uncounted) += kPerRequest;
    ledger.total += kPerRequest;
    runner_.PostAfter(postroll_, [settled = std::move(settled)] {
      settled({{.channel = 0, .status = EnergyStatus::kMeasured, .gross = kPerRequest}});
    });
  }
  bool IsHeatSteady() const override { return is_heat_steady; }
  std::vector<LedgerEntry> Close() override {
    ++closes;
    return {ledger};
  }

  std::string TakeTrace() override { return trace; }

  bool is_heat_steady = true;
  std::string trace;
  std::map<std::uint64_t, int> open;  // by request: 1 while it runs, 0 once it ended
  std::map<std::uint64_t, MonotonicTime> first_tokens;
  LedgerEntry ledger;
  int closes = 0;

 private:
  TaskRunner& runner_;
  std::chrono::nanoseconds postroll_;
  std::vector<ChannelFacts> channels_{
      {.name = "fake", .source = "fake", .scope = Scope::kAccelerator, .facts_json = "{}"}};
};

}  // namespace wattfleet::testing

#endif  // WF_TESTS_SUPPORT_FAKE_ENERGY_ACCOUNT_H_
