#include "agent/cli/host_facts.h"

#include <chrono>
#include <fstream>
#include <optional>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include <sys/utsname.h>
#if defined(__APPLE__)
#include <sys/sysctl.h>
#endif

#include "agent/accelerator/accelerator_id.h"
#include "agent/power/pmset_supply.h"
#include "agent/power/supply_state.h"
#include "common/time/system_clock.h"

namespace wattfleet::agent {

namespace {

std::string ReadAll(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string FirstLine(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// PRETTY_NAME="Debian GNU/Linux 12 (bookworm)" of /etc/os-release.
std::string PrettyName(const std::string& os_release) {
  for (const auto& line : absl::StrSplit(os_release, '\n')) {
    absl::string_view value = line;
    if (absl::ConsumePrefix(&value, "PRETTY_NAME=")) {
      absl::ConsumePrefix(&value, "\"");
      absl::ConsumeSuffix(&value, "\"");
      return std::string(value);
    }
  }
  return "";
}

// "pmode:0002 fmode:fanNull" of Jetson boards' nvpmodel.
std::string JetsonPowerMode(const std::string& status) {
  absl::string_view value = status;
  return absl::ConsumePrefix(&value, "pmode:")
             ? absl::StrCat("nvpmodel ", value.substr(0, value.find(' ')))
             : "";
}

// What the machine runs on, by sysfs or by macOS's pmset.
std::optional<SupplyState> Supply(const std::string& root) {
  if (const SupplyWatcher watcher(root + "/sys"); watcher.is_able()) {
    return watcher.Read();
  }
  const SystemClock clock;
  const auto pmset = PmsetSupply::Open(root + kPmset, clock);
  return pmset != nullptr ? pmset->Await(std::chrono::seconds(5)) : std::nullopt;
}

}  // namespace

std::map<std::string, std::string> HostFacts(const std::string& root) {
  utsname machine{};
  uname(&machine);
  std::map<std::string, std::string> facts = {
      {"os", PrettyName(ReadAll(root + "/etc/os-release"))},
      {"kernel", std::string(machine.sysname) + " " + machine.release},
      {"cpu", CpuModelName(ReadAll(root + "/proc/cpuinfo"))},
      {"cpu_governor", FirstLine(root + "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")},
      {"nvidia_driver", FirstLine(root + "/sys/module/nvidia/version")},
  };
  facts.merge(ChangingHostFacts(root));
  std::erase_if(facts, [](const auto& fact) { return fact.second.empty(); });
  return facts;
}

std::map<std::string, std::string> ChangingHostFacts(const std::string& root) {
  std::map<std::string, std::string> facts;
  if (const auto supply = Supply(root)) {
    facts["power_supply"] = SupplyName(*supply);
  }
  std::string mode = FirstLine(root + "/sys/firmware/acpi/platform_profile");
  if (mode.empty()) {
    mode = JetsonPowerMode(FirstLine(root + "/var/lib/nvpmodel/status"));
  }
  if (!mode.empty()) {
    facts["power_mode"] = mode;
  }
  return facts;
}

std::string BootId(const std::string& root) {
#if defined(__APPLE__)
  char id[64] = {};
  std::size_t size = sizeof(id) - 1;
  return sysctlbyname("kern.bootsessionuuid", id, &size, nullptr, 0) == 0 ? id : "";
#else
  return FirstLine(root + "/proc/sys/kernel/random/boot_id");
#endif
}

}  // namespace wattfleet::agent
