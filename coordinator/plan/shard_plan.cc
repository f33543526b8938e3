#include "coordinator/plan/shard_plan.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include "common/check/check.h"

namespace wattfleet::coordinator {

std::int64_t ShardUnits(const ShardSizing& sizing, std::int64_t remaining, std::int64_t slots,
                        std::optional<double> units_per_second) {
  WF_CHECK(slots >= 1);
  const std::int64_t fair = (remaining + 2 * slots - 1) / (2 * slots);
  std::int64_t units = std::min(sizing.first_units, fair);
  if (units_per_second.has_value()) {
    const double cap = static_cast<double>(sizing.max_units);
    const double speed = *units_per_second;
    const auto target =
        static_cast<std::int64_t>(std::min(cap, std::floor(speed * sizing.target_seconds)));
    const auto least =
        static_cast<std::int64_t>(std::min(cap, std::ceil(speed * sizing.min_seconds)));
    units = std::max(std::min(target, fair), least);
  }
  return std::clamp<std::int64_t>(units, 1, std::max<std::int64_t>(remaining, 1));
}

void ShardPlan::Add(OpenShard shard) {
  const ShardId id = shard.record.id;
  WF_CHECK(shards_.emplace(id, std::move(shard)).second);
}

OpenShard* ShardPlan::Find(ShardId id) {
  const auto it = shards_.find(id);
  return it == shards_.end() ? nullptr : &it->second;
}

void ShardPlan::Finish(ShardId id) {
  shards_.erase(id);
}

OpenShard* ShardPlan::NextPending(MonotonicTime now, AgentId agent) {
  OpenShard* best = nullptr;
  const auto rank = [agent](const OpenShard& shard) {
    return std::tuple(shard.avoid == agent, shard.record.range.lo);
  };
  for (auto& [id, shard] : shards_) {
    if (shard.record.state == ShardState::kPending && !shard.waits && shard.not_before <= now &&
        (best == nullptr || rank(shard) < rank(*best))) {
      best = &shard;
    }
  }
  return best;
}

OpenShard* ShardPlan::FindWaiting(Unit unit) {
  for (auto& [id, shard] : shards_) {
    if (shard.waits && shard.record.range.contains(unit)) {
      return &shard;
    }
  }
  return nullptr;
}

std::int64_t ShardPlan::PendingUnits() const {
  std::int64_t units = 0;
  for (const auto& [id, shard] : shards_) {
    const bool is_ready = shard.record.state == ShardState::kPending && !shard.waits;
    units += is_ready ? shard.record.range.size() : 0;
  }
  return units;
}

}  // namespace wattfleet::coordinator
