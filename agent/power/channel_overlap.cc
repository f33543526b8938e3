#include "agent/power/channel_overlap.h"

#include <algorithm>
#include <map>
#include <string>

#include "absl/strings/str_format.h"

#include "common/domain/class_table.h"

namespace wattfleet::agent {

namespace {

bool AreAdded(Scope a, Scope b) {
  const ScopeSet both = ScopeBit(a) | ScopeBit(b);
  return std::any_of(kClassRows.begin(), kClassRows.end(),
                     [both](const ClassRow& row) { return (row.scopes & both) == both; });
}

bool CountTwice(const ChannelSpec& a, const ChannelSpec& b) {
  const bool on_one_device = a.device_id == b.device_id
                                 ? !a.device_id.empty()
                                 : a.device_id.empty() || b.device_id.empty();
  return on_one_device && (RowOf(a.scope).parts & RowOf(b.scope).parts) != 0 &&
         AreAdded(a.scope, b.scope);
}

std::string Described(const ChannelSpec& spec) {
  return absl::StrFormat("%s (%s of %s)", spec.name, std::string(RowOf(spec.scope).name),
                         spec.device_id.empty() ? "the whole host" : spec.device_id);
}

}  // namespace

absl::Status CheckNoOverlap(const std::vector<std::unique_ptr<PowerSource>>& sources) {
  std::vector<const PowerSource*> plain;
  plain.reserve(sources.size());
  for (const std::unique_ptr<PowerSource>& source : sources) {
    plain.push_back(source.get());
  }
  return CheckNoOverlap(plain);
}

absl::Status CheckNoOverlap(std::span<const PowerSource* const> sources) {
  std::map<std::string, std::vector<const ChannelSpec*>> of_source;
  std::map<std::string, const ChannelSpec*> by_name;
  for (const PowerSource* const source : sources) {
    for (const ChannelSpec& spec : source->channels()) {
      if (!by_name.try_emplace(spec.name, &spec).second) {
        return absl::FailedPreconditionError(absl::StrFormat(
            "power: two channels are called %s; is a source listed twice?", spec.name));
      }
      std::vector<const ChannelSpec*>& others = of_source[source->name()];
      for (const ChannelSpec* other : others) {
        if (CountTwice(*other, spec)) {
          return absl::FailedPreconditionError(absl::StrFormat(
              "power: %s and %s see the same part of the machine, and a class would count it "
              "twice; leave one out, or say by its scope or device that it covers another part",
              Described(*other), Described(spec)));
        }
      }
      others.push_back(&spec);
    }
  }
  return absl::OkStatus();
}

}  // namespace wattfleet::agent
