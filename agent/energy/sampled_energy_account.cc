#include "agent/energy/sampled_energy_account.h"

#include <algorithm>

namespace wattfleet::agent {

namespace {

std::int64_t Nanoseconds(MonotonicTime t) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(t.time_since_epoch()).count();
}

}  // namespace

SampledEnergyAccount::SampledEnergyAccount(MeteredHost& host, const Clock& clock,
                                           TaskRunner& runner, std::vector<std::size_t> channels,
                                           bool has_all_devices, AccountOptions options)
    : host_(host),
      clock_(clock),
      runner_(runner),
      host_channels_(std::move(channels)),
      has_all_devices_(has_all_devices),
      options_(options),
      settle_deadline_(std::max(options.settle_deadline, host.KnownAfter(host_channels_))) {
  for (const std::size_t channel : host_channels_) {
    facts_.push_back(host_.facts(channel));
  }
  host_.TakeIn();
  ledger_ = host_.OpenLedger(
      {.channels = host_channels_,
       .now_ns = Nanoseconds(clock_.MonotonicNow()),
       .now_unix_ms = UnixMillis(clock_.WallNow()),
       .has_all_devices = has_all_devices_},
      [this, &runner, alive = std::weak_ptr(alive_)](std::size_t channel, std::uint64_t request,
                                                     const ChannelEnergy& energy) {
        runner.Post([this, alive, channel, request, energy] {
          if (!alive.expired()) {
            OnChannelSettled(channel, request, energy);
          }
        });
      });
  ScheduleTick();
}

SampledEnergyAccount::~SampledEnergyAccount() {
  if (is_open_) {
    host_.CloseLedger(ledger_, host_channels_);
  }
}

void SampledEnergyAccount::ScheduleTick() {
  runner_.PostAfter(options_.tick, [this, alive = std::weak_ptr(alive_)] {
    if (!alive.expired() && is_open_) {
      Tick();
      ScheduleTick();
    }
  });
}

void SampledEnergyAccount::Tick() {
  host_.TakeIn();
  const MonotonicTime now = clock_.MonotonicNow();
  while (!deadlines_.empty() && deadlines_.front().first <= now) {
    const std::uint64_t request = deadlines_.front().second;
    deadlines_.pop_front();
    const auto found = waiting_.find(request);
    for (std::size_t i = 0; found != waiting_.end() && i < host_channels_.size(); ++i) {
      if (!found->second.is_final[i]) {
        host_.ForceRequest(host_channels_[i], {ledger_, request});
      }
    }
  }
}

void SampledEnergyAccount::RequestStarted(std::uint64_t request, MonotonicTime sent) {
  for (const std::size_t channel : host_channels_) {
    host_.StartRequest(channel, {ledger_, request}, Nanoseconds(sent));
  }
}

void SampledEnergyAccount::RequestFirstToken(std::uint64_t request, MonotonicTime at) {
  for (const std::size_t channel : host_channels_) {
    host_.MarkFirstToken(channel, {ledger_, request}, Nanoseconds(at));
  }
}

void SampledEnergyAccount::RequestEnded(std::uint64_t request, MonotonicTime done, RequestFate fate,
                                        std::function<void(std::vector<ChannelEnergy>)> settled) {
  const std::size_t count = host_channels_.size();
  waiting_[request] = {std::vector<ChannelEnergy>(count), std::vector<bool>(count, false), count,
                       std::move(settled)};
  deadlines_.emplace_back(clock_.MonotonicNow() + settle_deadline_, request);
  for (const std::size_t channel : host_channels_) {
    host_.EndRequest(channel, {ledger_, request}, Nanoseconds(done), fate);
  }
}

void SampledEnergyAccount::OnChannelSettled(std::size_t channel, std::uint64_t request,
                                            ChannelEnergy energy) {
  const auto found = waiting_.find(request);
  const auto place = std::find(host_channels_.begin(), host_channels_.end(), channel);
  if (found == waiting_.end() || place == host_channels_.end()) {
    return;
  }
  Waiting& waiting = found->second;
  const auto index = static_cast<std::size_t>(place - host_channels_.begin());
  if (waiting.is_final[index]) {
    return;
  }
  const bool is_device = !host_.spec(channel).device_id.empty();
  if (is_device && !has_all_devices_ && energy.status == EnergyStatus::kMeasured) {
    energy.status = EnergyStatus::kPartial;
  }
  energy.channel = static_cast<std::uint32_t>(index);
  waiting.energies[index] = energy;
  waiting.is_final[index] = true;
  if (--waiting.open_channels == 0) {
    const auto settled = std::move(waiting.settled);
    std::vector<ChannelEnergy> energies = std::move(waiting.energies);
    waiting_.erase(found);
    settled(std::move(energies));
  }
}

void SampledEnergyAccount::RequestAnswers(std::uint64_t request, Unit unit) {
  host_.NameUnit({ledger_, request}, unit);
}

std::vector<LedgerEntry> SampledEnergyAccount::Close() {
  is_open_ = false;
  ClosedLedger closed = host_.CloseLedger(ledger_, host_channels_);
  trace_ = std::move(closed.trace);
  return std::move(closed.entries);
}

}  // namespace wattfleet::agent
