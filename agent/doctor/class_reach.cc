#include "agent/doctor/class_reach.h"

#include <algorithm>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "common/domain/class_choice.h"

namespace wattfleet::agent {

namespace {

bool Contains(const std::vector<std::string>& all, const std::string& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

// The scopes that any way to measure the class would need, as words.
std::string WaysOf(std::string_view asked, DeviceKind kind) {
  std::vector<std::string> ways;
  for (const ClassRow& row : kClassRows) {
    const std::string way = row.name == asked ? ScopeNames(row.scopes)
                                              : absl::StrCat(ScopeNames(row.scopes), " (as ",
                                                             std::string(row.name), ")");
    if (row.asked == asked && row.device == kind && !Contains(ways, way)) {
      ways.push_back(way);
    }
  }
  return absl::StrJoin(ways, ", or ");
}

// Those of `device_ids` that no chosen channel sees, where some of the chosen belong to a device.
std::vector<std::string> Unseen(const std::vector<std::string>& device_ids,
                                const std::vector<std::size_t>& chosen,
                                const std::vector<SensedChannel>& channels) {
  std::vector<std::string> unseen = device_ids;
  bool any_device = false;
  for (const std::size_t channel : chosen) {
    any_device = any_device || !channels[channel].device_id.empty();
    std::erase(unseen, channels[channel].device_id);
  }
  return any_device ? unseen : std::vector<std::string>();
}

ClassReach ReachOf(const std::string& asked, DeviceKind kind,
                   const std::vector<std::string>& device_ids,
                   const std::vector<SensedChannel>& channels) {
  std::vector<ClassChannel> candidates;
  for (std::size_t i = 0; i < channels.size(); ++i) {
    const SensedChannel& channel = channels[i];
    const bool is_ours = channel.device_id.empty() || Contains(device_ids, channel.device_id);
    if (is_ours && IsSensorScope(channel.scope)) {
      candidates.push_back({.channel_id = static_cast<std::int64_t>(i),
                            .agent = 0,
                            .scope = channel.scope,
                            .source = channel.source});
    }
  }
  const ClassChoice choice = ChooseChannels(asked, kind, candidates);
  ClassReach reach{.asked = asked, .name = std::nullopt, .channels = {}, .lack = {}};
  if (!choice.row) {
    reach.lack = absl::StrCat("needs ", WaysOf(asked, kind));
    return reach;
  }
  for (const auto& [channel, scope] : choice.channels) {
    reach.channels.push_back(static_cast<std::size_t>(channel));
  }
  std::sort(reach.channels.begin(), reach.channels.end());
  if (const auto unseen = Unseen(device_ids, reach.channels, channels); !unseen.empty()) {
    reach.channels.clear();
    reach.lack = absl::StrCat("no sensor sees ", absl::StrJoin(unseen, ", "));
    return reach;
  }
  reach.name = std::string(choice.row->name);
  return reach;
}

}  // namespace

std::vector<ClassReach> ReachOfClasses(DeviceKind kind, const std::vector<std::string>& device_ids,
                                       const std::vector<SensedChannel>& channels) {
  std::vector<ClassReach> reaches;
  for (const std::string& asked : EnergyClasses()) {
    reaches.push_back(ReachOf(asked, kind, device_ids, channels));
  }
  return reaches;
}

}  // namespace wattfleet::agent
