#ifndef WF_TESTS_SUPPORT_SYSFS_TREE_H_
#define WF_TESTS_SUPPORT_SYSFS_TREE_H_

#include <cstdint>
#include <string>

#include "tests/support/temp_dir.h"

namespace wattfleet::testing {

// A folder that looks like the parts of /sys and /proc that we read. Files are rewritten in place,
// so that a descriptor kept open sees the new value.
class SysfsTree {
 public:
  // A powercap zone, e.g. AddZone("intel-rapl:0", "package-0", 0, 262143328850). A counter that
  // nobody may read has mode 0.
  void AddZone(const std::string& zone, const std::string& name, std::uint64_t energy_uj,
               std::uint64_t max_range_uj, int mode = 0644);
  void SetEnergy(const std::string& zone, std::uint64_t energy_uj);
  // Replaces what is in a file below the root, whatever that makes of it.
  void Write(const std::string& path, const std::string& text);
  void Remove(const std::string& path);
  // The first line of /proc/stat, with `busy` ticks of user time.
  void SetBusyTicks(std::uint64_t busy);

  const std::string& root() const { return dir_.path(); }
  std::string sysfs_root() const { return dir_.path() + "/sys"; }
  std::string proc_root() const { return dir_.path() + "/proc"; }
  std::string ZonePath(const std::string& zone) const {
    return sysfs_root() + "/class/powercap/" + zone;
  }

 private:
  TempDir dir_;
};

}  // namespace wattfleet::testing

#endif  // WF_TESTS_SUPPORT_SYSFS_TREE_H_
