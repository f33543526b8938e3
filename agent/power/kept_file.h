#ifndef WF_AGENT_POWER_KEPT_FILE_H_
#define WF_AGENT_POWER_KEPT_FILE_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "agent/power/power_source.h"

namespace wattfleet::agent {

// A small text file of sysfs or procfs, opened once and read again and again from its start.
class KeptFile {
 public:
  // NOT_FOUND, PERMISSION_DENIED or UNAVAILABLE, naming the file.
  static absl::StatusOr<KeptFile> Open(const std::string& path);
  KeptFile(KeptFile&& other) noexcept;
  KeptFile& operator=(KeptFile&& other) noexcept;
  ~KeptFile();

  // Reads into `buffer`; `text` is the part of it that was read. kLost when the device behind the
  // file is gone.
  ReadFault Read(std::span<char> buffer, std::string_view& text) const;
  // Reads a whole non-negative number, alone on the first line.
  ReadFault ReadNumber(std::uint64_t& number) const;

 private:
  explicit KeptFile(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

// The whole non-negative number that `text` is, alone or before the end of its first line.
std::optional<std::uint64_t> WholeNumber(std::string_view text);

// The first line of a small file; errors as KeptFile::Open.
absl::StatusOr<std::string> ReadFirstLine(const std::string& path);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_KEPT_FILE_H_
