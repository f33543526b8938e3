#include "tests/support/sysfs_tree.h"

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace wattfleet::testing {

void SysfsTree::Write(const std::string& path, const std::string& text) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  ASSERT_GE(file, 0) << path;
  // Written before the rest is cut off, so that no reader meets an empty file.
  EXPECT_EQ(pwrite(file, text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  EXPECT_EQ(ftruncate(file, static_cast<off_t>(text.size())), 0);
  close(file);
}

void SysfsTree::AddZone(const std::string& zone, const std::string& name, std::uint64_t energy_uj,
                        std::uint64_t max_range_uj, int mode) {
  Write(ZonePath(zone) + "/name", name + "\n");
  if (max_range_uj > 0) {
    Write(ZonePath(zone) + "/max_energy_range_uj", absl::StrCat(max_range_uj, "\n"));
  }
  SetEnergy(zone, energy_uj);
  EXPECT_EQ(chmod((ZonePath(zone) + "/energy_uj").c_str(), static_cast<mode_t>(mode)), 0);
}

void SysfsTree::SetEnergy(const std::string& zone, std::uint64_t energy_uj) {
  // Of constant width: a rewrite never changes the file's length.
  Write(ZonePath(zone) + "/energy_uj", absl::StrFormat("%015d\n", energy_uj));
}

void SysfsTree::Remove(const std::string& path) {
  std::filesystem::remove_all(path);
}

void SysfsTree::SetBusyTicks(std::uint64_t busy) {
  Write(proc_root() + "/stat",
        absl::StrFormat("cpu  %012d 0 0 999 5 0 0 0 0 0\ncpu0 1 2 3 4 5 6 7 8 9 10\n", busy));
}

}  // namespace wattfleet::testing
