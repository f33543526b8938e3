#ifndef WF_COMMON_DOMAIN_CLASS_CHOICE_H_
#define WF_COMMON_DOMAIN_CLASS_CHOICE_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "absl/container/flat_hash_map.h"

#include "common/domain/class_table.h"

namespace wattfleet {

// One channel of one agent, as the choice of channels sees it.
struct ClassChannel {
  std::int64_t channel_id = 0;
  std::int64_t agent = 0;
  Scope scope = Scope::kAccelerator;
  std::string_view source;
};

// The channels whose sum is a class. Within one agent and scope only one source is taken (nvml
// before others, else the first by name), since two sources of one scope see the same device.
struct ClassChoice {
  std::optional<ClassRow> row;  // absent: no row of the class can be measured by any agent
  absl::flat_hash_map<std::int64_t, Scope> channels;
};

// `channels` are those of the agents that worked for the pair, but not of their other devices. The
// first row that every agent can measure; where there is none, the first that any can (the others'
// results are then partial).
ClassChoice ChooseChannels(std::string_view asked_class, DeviceKind device,
                           std::span<const ClassChannel> channels);

}  // namespace wattfleet

#endif  // WF_COMMON_DOMAIN_CLASS_CHOICE_H_
