#include "agent/power/remedy.h"

#include "absl/strings/cord.h"

namespace wattfleet::agent {

namespace {

constexpr char kPayload[] = "wattfleet/remedy";

}  // namespace

absl::Status WithRemedy(absl::Status status, std::string_view remedy) {
  status.SetPayload(kPayload, absl::Cord(std::string(remedy)));
  return status;
}

std::string RemedyOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kPayload);
  return payload ? std::string(*payload) : std::string();
}

}  // namespace wattfleet::agent
