#ifndef WF_COMMON_DOMAIN_IDS_H_
#define WF_COMMON_DOMAIN_IDS_H_

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>

namespace wattfleet {

// An integer that cannot be mistaken for another kind of id. 0 is "none"; real ids start at 1.
template <typename Tag>
struct Id {
  std::int64_t value = 0;
  auto operator<=>(const Id&) const = default;
  explicit operator bool() const { return value != 0; }

  template <typename H>
  friend H AbslHashValue(H h, const Id& id) {
    return H::combine(std::move(h), id.value);
  }
};

// Sweep ids are unique in a data directory; pair, shard and lease ids are unique in a data
// directory too (one counter each), so that a message can name them alone.
using SweepId = Id<struct SweepTag>;
using PairId = Id<struct PairTag>;
using ShardId = Id<struct ShardTag>;
using LeaseId = Id<struct LeaseTag>;
using AgentId = Id<struct AgentTag>;
// One connection of an agent; never reused within a coordinator's life.
using SessionId = Id<struct SessionTag>;

}  // namespace wattfleet

template <typename Tag>
struct std::hash<wattfleet::Id<Tag>> {
  std::size_t operator()(const wattfleet::Id<Tag>& id) const noexcept {
    return std::hash<std::int64_t>()(id.value);
  }
};

#endif  // WF_COMMON_DOMAIN_IDS_H_
