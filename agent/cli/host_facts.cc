#include "agent/cli/host_facts.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include <sys/utsname.h>
#if defined(__APPLE__)
#include <sys/sysctl.h>
#endif

#include "agent/accelerator/accelerator_id.h"

namespace wattfleet::agent {

namespace {

namespace fs = std::filesystem;

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

// "mains" where a supply of that kind is online or there is no battery at all.
std::string PowerSupply(const std::string& directory) {
  bool has_battery = false;
  std::error_code error;
  for (const auto& supply : fs::directory_iterator(directory, error)) {
    const std::string type = FirstLine((supply.path() / "type").string());
    if (type == "Mains" && FirstLine((supply.path() / "online").string()) == "1") {
      return "mains";
    }
    has_battery = has_battery || type == "Battery";
  }
  return has_battery ? "battery" : "mains";
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
  if (fs::exists(root + "/sys/class/power_supply")) {
    facts["power_supply"] = PowerSupply(root + "/sys/class/power_supply");
  }
  std::erase_if(facts, [](const auto& fact) { return fact.second.empty(); });
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
