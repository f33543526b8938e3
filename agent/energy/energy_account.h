#ifndef WF_AGENT_ENERGY_ENERGY_ACCOUNT_H_
#define WF_AGENT_ENERGY_ENERGY_ACCOUNT_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "common/domain/energy.h"
#include "common/domain/unit.h"
#include "common/energy/request_fate.h"
#include "common/time/clock.h"

namespace wattfleet::agent {

// The energy books of one lease: the driver tells when requests run, the account says what each
// used. Confined to the driver's task runner. A request id is the driver's own.
class EnergyAccount {
 public:
  virtual ~EnergyAccount() = default;

  // The channels that ChannelEnergy::channel and LedgerEntry::channel index; fixed for its life.
  virtual const std::vector<ChannelFacts>& channels() const = 0;

  virtual void RequestStarted(std::uint64_t request, MonotonicTime sent) = 0;
  // The request's first token came at `at`: parts its energy into prefill and decode. Before its
  // end, at any time; no call where nobody knows.
  virtual void RequestFirstToken(std::uint64_t request, MonotonicTime at) = 0;
  // The unit that becomes a result with this request; before its end. For the lease's trace.
  virtual void RequestAnswers(std::uint64_t /*request*/, Unit /*unit*/) {}
  // `settled` is called exactly once, on the driver's runner, once the last interval that touches
  // the request is in, or its deadline has passed (flag NO_POSTROLL): one entry per channel. It may
  // be called before this returns when nothing is measured.
  virtual void RequestEnded(std::uint64_t request, MonotonicTime done, RequestFate fate,
                            std::function<void(std::vector<ChannelEnergy>)> settled) = 0;

  // Whether the power of the lease's devices has settled under its load, as far as sensors see
  // them.
  virtual bool IsPowerSteady() const { return true; }
  // Whether their temperature has; true where no sensor tells one.
  virtual bool IsHeatSteady() const { return true; }

  // After all requests have settled: the ledger of the lease, balanced, one entry per channel.
  virtual std::vector<LedgerEntry> Close() = 0;
  // After Close, once: all that the books were made of (common/trace), packed; empty where nothing
  // is kept.
  virtual std::string TakeTrace() { return {}; }
};

// Where nothing can be measured: no channels, no energy, an empty ledger.
class NoEnergyAccount final : public EnergyAccount {
 public:
  const std::vector<ChannelFacts>& channels() const override { return channels_; }
  void RequestStarted(std::uint64_t, MonotonicTime) override {}
  void RequestFirstToken(std::uint64_t, MonotonicTime) override {}
  void RequestEnded(std::uint64_t, MonotonicTime, RequestFate,
                    std::function<void(std::vector<ChannelEnergy>)> settled) override {
    settled({});
  }
  std::vector<LedgerEntry> Close() override { return {}; }

 private:
  std::vector<ChannelFacts> channels_;
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_ENERGY_ENERGY_ACCOUNT_H_
