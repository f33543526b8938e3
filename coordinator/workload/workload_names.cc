#include "coordinator/workload/workload_names.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>
#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include <unistd.h>

#include "common/domain/nearest_name.h"
#include "common/status/status_macros.h"
#include "coordinator/workload/durable_file.h"
#include "coordinator/workload/workload.h"
#include "coordinator/workload/workload_file.h"

namespace wattfleet::coordinator {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestName = 100;
constexpr char kIdPrefix[] = "sha256:";
constexpr std::size_t kIdSize = std::string_view(kIdPrefix).size() + 64;

fs::path NamesDirectory(const std::string& data_directory) {
  return fs::path(data_directory) / "workload-names";
}

absl::Status TakenError(const std::string& name, const std::string& id) {
  return absl::AlreadyExistsError(
      absl::StrFormat("workload %s exists with other content (%s): choose another name", name, id));
}

}  // namespace

std::string WorkloadPath(const std::string& data_directory, const std::string& id) {
  constexpr std::size_t kShortHash = 16;
  const std::string hash = id.substr(std::string_view(kIdPrefix).size(), kShortHash);
  return (fs::path(data_directory) / ("workload-" + hash + ".db")).string();
}

absl::Status CheckWorkloadName(const std::string& name) {
  const bool spelt = std::all_of(name.begin(), name.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' || c == '-';
  });
  if (name.empty() || name.size() > kLongestName || !spelt || name[0] == '.' || name[0] == '-') {
    return absl::InvalidArgumentError(absl::StrFormat(
        "\"%s\" is no name of a workload: use 1 to %d letters, digits, \".\", \"_\" and \"-\", "
        "starting with a letter or digit",
        name, kLongestName));
  }
  return absl::OkStatus();
}

bool IsWorkloadId(const std::string& text) {
  return absl::StartsWith(text, kIdPrefix) && text.size() == kIdSize &&
         std::all_of(text.begin() + std::string_view(kIdPrefix).size(), text.end(), [](char c) {
           return absl::ascii_isdigit(static_cast<unsigned char>(c)) || (c >= 'a' && c <= 'f');
         });
}

absl::StatusOr<std::optional<std::string>> WorkloadIdOfName(const std::string& data_directory,
                                                            const std::string& name) {
  const fs::path path = NamesDirectory(data_directory) / name;
  std::ifstream file(path);
  if (!file) {
    return std::nullopt;
  }
  std::string id{std::istreambuf_iterator<char>(file), {}};
  absl::StripAsciiWhitespace(&id);
  if (!IsWorkloadId(id)) {
    return absl::DataLossError(
        absl::StrFormat("%s does not hold the id of a workload", path.string()));
  }
  return id;
}

absl::Status ClaimWorkloadName(const std::string& data_directory, const std::string& name,
                               const std::string& id) {
  WF_RETURN_IF_ERROR(CheckWorkloadName(name));
  const fs::path directory = NamesDirectory(data_directory);
  std::error_code error;
  fs::create_directories(directory, error);
  const fs::path path = directory / name;
  WF_ASSIGN_OR_RETURN(TemporaryFile draft, TemporaryFile::Create(directory.string()));
  WF_RETURN_IF_ERROR(draft.Append(id + "\n"));
  WF_RETURN_IF_ERROR(draft.Sync());
  if (::link(draft.path().c_str(), path.c_str()) == 0) {
    return SyncFile(directory.string());
  }
  if (errno != EEXIST) {
    return absl::InternalError(
        absl::StrFormat("cannot write %s: %s", path.string(), std::strerror(errno)));
  }
  WF_ASSIGN_OR_RETURN(const std::optional<std::string> present,
                      WorkloadIdOfName(data_directory, name));
  return present == id ? absl::OkStatus() : TakenError(name, present.value_or("unreadable"));
}

std::vector<std::string> WorkloadNames(const std::string& data_directory) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(NamesDirectory(data_directory), error), end;
       !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (CheckWorkloadName(name).ok()) {
      names.push_back(name);
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

absl::StatusOr<std::string> FindWorkload(const std::string& data_directory,
                                         const std::string& name) {
  std::optional<std::string> id;
  if (IsWorkloadId(name)) {
    id = name;
  } else if (CheckWorkloadName(name).ok()) {
    WF_ASSIGN_OR_RETURN(id, WorkloadIdOfName(data_directory, name));
  }
  if (!id) {
    const std::string nearest = NearestText(name, WorkloadNames(data_directory));
    return absl::NotFoundError(absl::StrFormat("no workload \"%s\" in %s%s", name, data_directory,
                                               nearest.empty() ? "" : "; " + nearest));
  }
  const std::string path = WorkloadPath(data_directory, *id);
  std::error_code error;
  if (!fs::exists(path, error)) {
    return absl::NotFoundError(
        absl::StrFormat("the file of workload \"%s\", %s, is gone: import it again", name, path));
  }
  return path;
}

}  // namespace wattfleet::coordinator
