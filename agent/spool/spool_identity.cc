#include "agent/spool/spool_identity.h"

#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"

namespace wattfleet::agent {

namespace {

constexpr int kVersion = 1;

absl::Status Damaged() {
  return absl::DataLossError("the spool's identity file is damaged");
}

std::map<std::string, std::string> Lines(const std::string& text) {
  std::map<std::string, std::string> lines;
  for (const auto& line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    const std::vector<std::string> words = absl::StrSplit(line, absl::MaxSplits(' ', 1));
    lines[words[0]] = words.size() == 2 ? words[1] : "";
  }
  return lines;
}

bool HexToSpoolId(const std::string& hex, SpoolId& id) {
  if (hex.size() != 2 * id.size() || hex.find_first_not_of("0123456789abcdef") != hex.npos) {
    return false;
  }
  const std::string bytes = absl::HexStringToBytes(hex);
  for (std::size_t i = 0; i < id.size(); ++i) {
    id[i] = static_cast<std::uint8_t>(bytes[i]);
  }
  return true;
}

}  // namespace

std::string SpoolIdHex(const SpoolId& id) {
  return absl::BytesToHexString(std::string(id.begin(), id.end()));
}

std::string FormatIdentity(const SpoolIdentity& identity) {
  return absl::StrFormat(
      "wattfleet-spool %d\nid %s\nagent %s\nincarnation %d\nboot %s\nclosed %s\n", kVersion,
      SpoolIdHex(identity.id), absl::CEscape(identity.agent), identity.incarnation,
      identity.boot_id, identity.is_clean ? "cleanly" : "no");
}

absl::StatusOr<SpoolIdentity> ParseIdentity(const std::string& text) {
  std::map<std::string, std::string> lines = Lines(text);
  int version = 0;
  if (!absl::SimpleAtoi(lines["wattfleet-spool"], &version)) {
    return Damaged();
  }
  if (version > kVersion) {
    return absl::FailedPreconditionError(
        absl::StrFormat("the spool was written by a newer agent (format %d, this one knows %d)",
                        version, kVersion));
  }
  SpoolIdentity identity;
  identity.boot_id = lines["boot"];
  identity.is_clean = lines["closed"] == "cleanly";
  const bool good = HexToSpoolId(lines["id"], identity.id) &&
                    absl::CUnescape(lines["agent"], &identity.agent) &&
                    absl::SimpleAtoi(lines["incarnation"], &identity.incarnation) &&
                    (identity.is_clean || lines["closed"] == "no");
  if (!good) {
    return Damaged();
  }
  return identity;
}

}  // namespace wattfleet::agent
