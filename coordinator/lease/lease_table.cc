#include "coordinator/lease/lease_table.h"

#include <algorithm>
#include <utility>

#include "common/check/check.h"

namespace wattfleet::coordinator {

void LeaseTable::Add(OpenLease lease) {
  const LeaseId id = lease.id;
  WF_CHECK(leases_.emplace(id, std::move(lease)).second);
}

void LeaseTable::Remove(LeaseId id) {
  leases_.erase(id);
}

OpenLease* LeaseTable::Find(LeaseId id) {
  const auto it = leases_.find(id);
  return it == leases_.end() ? nullptr : &it->second;
}

const OpenLease* LeaseTable::Find(LeaseId id) const {
  const auto it = leases_.find(id);
  return it == leases_.end() ? nullptr : &it->second;
}

void LeaseTable::Progress(LeaseId id, std::int64_t units_done, MonotonicTime now) {
  OpenLease* lease = Find(id);
  if (lease == nullptr || units_done <= lease->units_done) {
    return;
  }
  lease->units_done = units_done;
  RenewInstance(lease->agent, lease->instance, now);
}

void LeaseTable::Accepted(LeaseId id, std::int64_t rows, MonotonicTime now) {
  OpenLease* lease = Find(id);
  if (lease == nullptr || rows == 0) {
    return;
  }
  lease->accepted += rows;
  RenewInstance(lease->agent, lease->instance, now);
}

void LeaseTable::RenewInstance(AgentId agent, const std::string& instance, MonotonicTime now) {
  for (auto& [id, lease] : leases_) {
    if (lease.agent == agent && lease.instance == instance) {
      lease.expires = std::max(lease.expires, now + lease.ttl);
    }
  }
}

void LeaseTable::CapExpiry(AgentId agent, MonotonicTime until) {
  for (auto& [id, lease] : leases_) {
    if (lease.agent == agent) {
      lease.expires = std::min(lease.expires, until);
    }
  }
}

void LeaseTable::Restart(AgentId agent, MonotonicTime now) {
  for (auto& [id, lease] : leases_) {
    if (lease.agent == agent) {
      lease.expires = std::max(lease.expires, now + lease.ttl);
    }
  }
}

bool LeaseTable::IsFirstOfInstance(const OpenLease& lease) const {
  return std::none_of(leases_.begin(), leases_.end(), [&lease](const auto& entry) {
    return entry.second.agent == lease.agent && entry.second.instance == lease.instance &&
           entry.first < lease.id;
  });
}

std::vector<LeaseId> LeaseTable::Due(MonotonicTime now) const {
  std::vector<LeaseId> due;
  for (const auto& [id, lease] : leases_) {
    if (lease.phase == LeasePhase::kActive && lease.expires <= now) {
      due.push_back(id);
    }
  }
  return due;
}

std::vector<LeaseId> LeaseTable::OfAgent(AgentId agent) const {
  std::vector<LeaseId> ids;
  for (const auto& [id, lease] : leases_) {
    if (lease.agent == agent) {
      ids.push_back(id);
    }
  }
  return ids;
}

std::vector<LeaseId> LeaseTable::OfPair(PairId pair) const {
  std::vector<LeaseId> ids;
  for (const auto& [id, lease] : leases_) {
    if (lease.pair == pair) {
      ids.push_back(id);
    }
  }
  return ids;
}

std::int64_t LeaseTable::CountOf(AgentId agent, const std::string& instance) const {
  return std::count_if(leases_.begin(), leases_.end(), [&](const auto& entry) {
    return entry.second.agent == agent && entry.second.instance == instance;
  });
}

std::int64_t LeaseTable::CountOf(PairId pair) const {
  return std::count_if(leases_.begin(), leases_.end(),
                       [&](const auto& entry) { return entry.second.pair == pair; });
}

}  // namespace wattfleet::coordinator
