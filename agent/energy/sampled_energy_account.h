#ifndef WF_AGENT_ENERGY_SAMPLED_ENERGY_ACCOUNT_H_
#define WF_AGENT_ENERGY_SAMPLED_ENERGY_ACCOUNT_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agent/energy/energy_account.h"
#include "agent/energy/metered_host.h"
#include "common/task/task_runner.h"
#include "common/time/clock.h"

namespace wattfleet::agent {

struct AccountOptions {
  // How often readings are taken in while the account is open.
  std::chrono::nanoseconds tick{std::chrono::milliseconds(50)};
  // How long after its end a request waits for its last interval; longer where a channel is slow
  // (MeteredHost::KnownAfter).
  std::chrono::nanoseconds settle_deadline{std::chrono::seconds(5)};
};

// The account of one lease over a host's channels. Confined to `runner`, on which all its callbacks
// run; destroyed there too, with or without Close.
class SampledEnergyAccount final : public EnergyAccount {
 public:
  // `has_all_devices`: each of the lease's devices has a channel; otherwise what is measured of
  // them is partial. All references outlive this.
  SampledEnergyAccount(MeteredHost& host, const Clock& clock, TaskRunner& runner,
                       std::vector<std::size_t> channels, bool has_all_devices,
                       AccountOptions options);
  ~SampledEnergyAccount() override;
  SampledEnergyAccount(const SampledEnergyAccount&) = delete;
  SampledEnergyAccount& operator=(const SampledEnergyAccount&) = delete;

  const std::vector<ChannelFacts>& channels() const override { return facts_; }
  void RequestStarted(std::uint64_t request, MonotonicTime sent) override;
  void RequestFirstToken(std::uint64_t request, MonotonicTime at) override;
  void RequestEnded(std::uint64_t request, MonotonicTime done, RequestFate fate,
                    std::function<void(std::vector<ChannelEnergy>)> settled) override;
  void RequestAnswers(std::uint64_t request, Unit unit) override;
  bool IsPowerSteady() const override { return host_.IsPowerSteady(ledger_, host_channels_); }
  bool IsHeatSteady() const override { return host_.IsHeatSteady(ledger_); }
  std::vector<LedgerEntry> Close() override;
  std::string TakeTrace() override { return std::move(trace_); }

 private:
  // An ended request that waits for its channels.
  struct Waiting {
    std::vector<ChannelEnergy> energies;
    std::vector<bool> is_final;
    std::size_t open_channels = 0;
    std::function<void(std::vector<ChannelEnergy>)> settled;
  };
  void ScheduleTick();
  void Tick();
  void OnChannelSettled(std::size_t channel, std::uint64_t request, ChannelEnergy energy);

  MeteredHost& host_;
  const Clock& clock_;
  TaskRunner& runner_;
  const std::vector<std::size_t> host_channels_;  // the host's numbers of our channels
  const bool has_all_devices_;
  const AccountOptions options_;
  const std::chrono::nanoseconds settle_deadline_;
  std::vector<ChannelFacts> facts_;
  std::uint64_t ledger_ = 0;
  bool is_open_ = true;
  std::string trace_;  // once closed
  std::map<std::uint64_t, Waiting> waiting_;
  std::deque<std::pair<MonotonicTime, std::uint64_t>> deadlines_;  // in the order of ends
  // Gone when this is: tasks on the runner look before they touch.
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_ENERGY_SAMPLED_ENERGY_ACCOUNT_H_
