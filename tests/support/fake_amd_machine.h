#ifndef WF_TESTS_SUPPORT_FAKE_AMD_MACHINE_H_
#define WF_TESTS_SUPPORT_FAKE_AMD_MACHINE_H_

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/fake_waveform.h"

#define WF_EXPORT extern "C" __attribute__((visibility("default")))

namespace wattfleet::testing {

// What the fake libamd_smi.so and librocm_smi64.so know of their machine, read from the file named
// by FAKE_AMD_SCRIPT; its words are documented in fake_amd_script.h.
struct FakeAmdGpu {
  std::uint64_t domain = 0;
  unsigned bus = 0;
  unsigned device = 0;
  unsigned function = 0;
  std::string name;
  FakeWaveform wave;
  double resolution = 15.3;
  double counter_gain = 1;
  double start_j = 5'000;
  bool is_silent = false;  // power and energy are 0
  bool has_ones = false;   // what it lacks is all ones
  bool is_short = false;   // the counter has 32 bits
  std::string power = "current";
  unsigned table_format = 1;
  unsigned table_content = 3;

  // In units of 2^-16 J.
  std::uint64_t Count() const {
    if (is_silent) {
      return has_ones ? ~std::uint64_t{0} : 0;
    }
    const double joules = start_j + counter_gain * wave.CounterJoules(0);
    const auto count = static_cast<std::uint64_t>(joules * 65'536);
    return is_short ? count & 0xFFFF'FFFF : count;
  }
  double Watts() const { return is_silent ? 0 : wave.SensedWatts(); }
  std::uint64_t BusDeviceFunction() const { return (bus << 8U) | (device << 3U) | function; }
};

struct FakeAmdMachine {
  int init_code = 0;
  unsigned version[3] = {26, 1, 0};
  std::vector<FakeAmdGpu> gpus;

  static void ReadGpuLine(const std::string& key, std::istringstream& words, FakeAmdGpu& gpu) {
    const std::map<std::string, double*> numbers = {{"resolution", &gpu.resolution},
                                                    {"counter_gain", &gpu.counter_gain},
                                                    {"start_j", &gpu.start_j}};
    if (const auto number = numbers.find(key); number != numbers.end()) {
      words >> *number->second;
    } else if (key == "power_kind") {
      words >> gpu.power;
    } else if (key == "silent") {
      gpu.is_silent = true;
    } else if (key == "ones") {
      gpu.has_ones = true;
    } else if (key == "short_counter") {
      gpu.is_short = true;
      gpu.table_content = 0;
    } else if (!gpu.wave.ReadWord(key, words)) {
      std::fprintf(stderr, "fake_amd: unknown word %s\n", key.c_str());
      std::abort();
    }
  }

  static FakeAmdMachine Read() {
    FakeAmdMachine machine;
    const char* const path = std::getenv("FAKE_AMD_SCRIPT");
    std::ifstream script(path == nullptr ? "" : path);
    for (std::string line; std::getline(script, line);) {
      std::istringstream words(line);
      std::string key;
      words >> key;
      if (key == "init") {
        words >> machine.init_code;
      } else if (key == "version") {
        words >> machine.version[0] >> machine.version[1] >> machine.version[2];
      } else if (key == "gpu") {
        FakeAmdGpu& gpu = machine.gpus.emplace_back();
        std::string address;
        words >> address >> std::ws;
        unsigned long long domain = 0;
        std::sscanf(address.c_str(), "%llx:%x:%x.%x", &domain, &gpu.bus, &gpu.device,
                    &gpu.function);
        gpu.domain = domain;
        std::getline(words, gpu.name);
        std::istringstream fast("0.001");
        gpu.wave.ReadWord("update_s", fast);
      } else if (!key.empty()) {
        ReadGpuLine(key, words, machine.gpus.back());
      }
    }
    return machine;
  }
};

}  // namespace wattfleet::testing

#endif  // WF_TESTS_SUPPORT_FAKE_AMD_MACHINE_H_
