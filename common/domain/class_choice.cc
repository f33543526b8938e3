#include "common/domain/class_choice.h"

#include <algorithm>
#include <map>
#include <utility>

namespace wattfleet {

namespace {

// Before which other sources of the same scope a source is believed.
int SourceRank(std::string_view source) {
  return source == "nvml" || source == "amd_smi" || source == "rapl" ? 0 : 1;
}

bool IsBetterSource(std::string_view a, std::string_view b) {
  return std::pair(SourceRank(a), a) < std::pair(SourceRank(b), b);
}

using AgentScope = std::pair<std::int64_t, Scope>;

std::map<AgentScope, std::string_view> SourceOfScopes(std::span<const ClassChannel> channels) {
  std::map<AgentScope, std::string_view> sources;
  for (const ClassChannel& channel : channels) {
    const auto [at, is_new] = sources.try_emplace({channel.agent, channel.scope}, channel.source);
    if (!is_new && IsBetterSource(channel.source, at->second)) {
      at->second = channel.source;
    }
  }
  return sources;
}

std::optional<ClassRow> ChooseRow(std::string_view asked_class, DeviceKind device,
                                  const std::map<std::int64_t, ScopeSet>& scopes_of_agent) {
  const ClassRow* partly = nullptr;
  for (const ClassRow& row : kClassRows) {
    if (row.asked != asked_class || row.device != device) {
      continue;
    }
    const auto covers = [&](const auto& agent) {
      return (agent.second & row.scopes) == row.scopes;
    };
    const auto able = std::count_if(scopes_of_agent.begin(), scopes_of_agent.end(), covers);
    if (able > 0 && able == static_cast<std::ptrdiff_t>(scopes_of_agent.size())) {
      return row;
    }
    if (able > 0 && partly == nullptr) {
      partly = &row;
    }
  }
  return partly == nullptr ? std::nullopt : std::optional<ClassRow>(*partly);
}

}  // namespace

ClassChoice ChooseChannels(std::string_view asked_class, DeviceKind device,
                           std::span<const ClassChannel> channels) {
  std::map<std::int64_t, ScopeSet> scopes_of_agent;
  for (const ClassChannel& channel : channels) {
    scopes_of_agent[channel.agent] |= ScopeBit(channel.scope);
  }
  ClassChoice choice;
  choice.row = ChooseRow(asked_class, device, scopes_of_agent);
  if (!choice.row) {
    return choice;
  }
  const std::map<AgentScope, std::string_view> sources = SourceOfScopes(channels);
  for (const ClassChannel& channel : channels) {
    if ((choice.row->scopes & ScopeBit(channel.scope)) != 0 &&
        sources.at({channel.agent, channel.scope}) == channel.source) {
      choice.channels.emplace(channel.channel_id, channel.scope);
    }
  }
  return choice;
}

}  // namespace wattfleet
