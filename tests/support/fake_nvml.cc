// A libnvidia-ml.so for machines without a GPU: exports the symbols that we use and behaves as the
// file named by FAKE_NVML_SCRIPT says; tests/support/fake_nvml_script.h writes such files and
// documents them. Built twice, once without nvmlDeviceGetFieldValues.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "agent/power/nvml/nvml_api.h"
#include "common/time/system_clock.h"

#define WF_EXPORT extern "C" __attribute__((visibility("default")))

namespace nvml = wattfleet::agent::nvml;

namespace {

struct Step {
  double from_s = 0;
  double watts = 0;
};

struct Failure {
  std::string call;
  int code = 0;
  double from_s = 0;
  double to_s = 0;
};

double SecondsSinceBoot() {
  const auto since = wattfleet::SystemClock().MonotonicNow().time_since_epoch();
  return std::chrono::duration<double>(since).count();
}

struct Gpu {
  std::string uuid;
  std::string name;
  double update_s = 0.1;
  std::optional<double> window_s;
  double start_mj = 1'000'000;
  double zero_s = 0;
  std::optional<double> restart_s;
  bool is_partitioned = false;
  bool is_module = false;
  unsigned architecture = 9;
  double limit_w = 700;
  double memory_gib = 141;
  std::vector<Step> steps;
  std::vector<Failure> failures;
  std::set<std::string> unsupported;

  // Joules since long before the script's zero.
  double Joules(double at_s) const {
    constexpr double kBefore = 1'000;
    double joules = steps.front().watts * (kBefore + std::min(at_s, 0.0));
    for (std::size_t i = 0; i < steps.size() && at_s > 0; ++i) {
      const double from = std::max(0.0, steps[i].from_s);
      const double to = i + 1 < steps.size() ? steps[i + 1].from_s : at_s;
      joules += steps[i].watts * std::max(0.0, std::min(at_s, to) - from);
    }
    return joules;
  }
  double MeanWatts(double to_s, double span_s) const {
    return (Joules(to_s) - Joules(to_s - span_s)) / span_s;
  }
  double Now() const { return SecondsSinceBoot() - zero_s; }
  // The last moment at which the sensor moved.
  double Updated() const { return std::floor(Now() / update_s) * update_s; }

  unsigned long long Millijoules() const {
    const double at = Updated();
    double joules = Joules(at);
    if (window_s) {
      joules = Joules(0);
      for (double t = update_s; t <= at + update_s / 2; t += update_s) {
        joules += MeanWatts(t, *window_s) * update_s;
      }
    }
    if (restart_s && Now() >= *restart_s) {
      return static_cast<unsigned long long>((Joules(at) - Joules(*restart_s)) * 1e3);
    }
    return static_cast<unsigned long long>(start_mj + joules * 1e3);
  }
  unsigned Milliwatts(double span_s) const {
    return static_cast<unsigned>(std::lround(MeanWatts(Updated(), span_s) * 1e3));
  }
  int CodeOf(const std::string& call) const {
    for (const Failure& failure : failures) {
      const bool meant = failure.call == call || failure.call == "all";
      if (meant && Now() >= failure.from_s && Now() < failure.to_s) {
        return failure.code;
      }
    }
    return unsupported.contains(call) ? nvml::kNotSupported : nvml::kSuccess;
  }
};

struct Machine {
  int init_code = nvml::kSuccess;
  std::string driver = "550.54.15";
  std::vector<Gpu> gpus;
};

std::mutex mutex;
std::optional<Machine> machine;
int inits = 0;

void ReadGpuLine(const std::string& key, std::istringstream& words, Gpu& gpu) {
  const std::map<std::string, double*> numbers = {
      {"start_mj", &gpu.start_mj}, {"zero_s", &gpu.zero_s},         {"update_s", &gpu.update_s},
      {"limit_w", &gpu.limit_w},   {"memory_gib", &gpu.memory_gib},
  };
  if (const auto number = numbers.find(key); number != numbers.end()) {
    words >> *number->second;
  } else if (key == "window_s") {
    words >> gpu.window_s.emplace();
  } else if (key == "restart_s") {
    words >> gpu.restart_s.emplace();
  } else if (key == "mig") {
    gpu.is_partitioned = true;
  } else if (key == "module") {
    gpu.is_module = true;
  } else if (key == "architecture") {
    words >> gpu.architecture;
  } else if (key == "power") {
    Step& step = gpu.steps.emplace_back();
    words >> step.from_s >> step.watts;
  } else if (key == "fail") {
    Failure& failure = gpu.failures.emplace_back();
    words >> failure.call >> failure.code >> failure.from_s >> failure.to_s;
  } else if (key == "unsupported") {
    std::string call;
    words >> call;
    gpu.unsupported.insert(call);
  } else {
    std::fprintf(stderr, "fake_nvml: unknown word %s\n", key.c_str());
    std::abort();
  }
}

Machine ReadScript() {
  Machine read;
  const char* const path = std::getenv("FAKE_NVML_SCRIPT");
  std::ifstream script(path == nullptr ? "" : path);
  for (std::string line; std::getline(script, line);) {
    std::istringstream words(line);
    std::string key;
    words >> key;
    if (key == "init") {
      words >> read.init_code;
    } else if (key == "driver") {
      words >> read.driver;
    } else if (key == "gpu") {
      Gpu& gpu = read.gpus.emplace_back();
      words >> gpu.uuid >> std::ws;
      std::getline(words, gpu.name);
    } else if (!key.empty()) {
      ReadGpuLine(key, words, read.gpus.back());
    }
  }
  return read;
}

// A handle is the GPU's index + 1.
nvml::DeviceHandle HandleOf(std::size_t index) {
  return reinterpret_cast<nvml::DeviceHandle>(index + 1);
}

const Gpu& GpuOf(nvml::DeviceHandle handle) {
  return machine->gpus.at(reinterpret_cast<std::uintptr_t>(handle) - 1);
}

int CopyText(const std::string& text, char* out, unsigned length) {
  std::snprintf(out, length, "%s", text.c_str());
  return nvml::kSuccess;
}

}  // namespace

WF_EXPORT int nvmlInit_v2() {
  const std::lock_guard lock(mutex);
  if (!machine) {
    machine = ReadScript();
  }
  inits += machine->init_code == nvml::kSuccess ? 1 : 0;
  return machine->init_code;
}

WF_EXPORT int nvmlShutdown() {
  const std::lock_guard lock(mutex);
  if (--inits == 0) {
    machine.reset();
  }
  return nvml::kSuccess;
}

WF_EXPORT const char* nvmlErrorString(int code) {
  return code == nvml::kNotSupported      ? "Not Supported"
         : code == nvml::kGpuIsLost       ? "GPU is lost"
         : code == nvml::kDriverNotLoaded ? "Driver Not Loaded"
                                          : "Unknown Error";
}

WF_EXPORT int nvmlSystemGetDriverVersion(char* out, unsigned length) {
  return CopyText(machine->driver, out, length);
}

WF_EXPORT int nvmlSystemGetNVMLVersion(char* out, unsigned length) {
  return CopyText("12." + machine->driver, out, length);
}

WF_EXPORT int nvmlDeviceGetCount_v2(unsigned* count) {
  *count = static_cast<unsigned>(machine->gpus.size());
  return nvml::kSuccess;
}

WF_EXPORT int nvmlDeviceGetHandleByIndex_v2(unsigned index, nvml::DeviceHandle* handle) {
  *handle = HandleOf(index);
  return machine->gpus.at(index).CodeOf("handle");
}

WF_EXPORT int nvmlDeviceGetUUID(nvml::DeviceHandle handle, char* out, unsigned length) {
  return CopyText(GpuOf(handle).uuid, out, length);
}

WF_EXPORT int nvmlDeviceGetName(nvml::DeviceHandle handle, char* out, unsigned length) {
  return CopyText(GpuOf(handle).name, out, length);
}

WF_EXPORT int nvmlDeviceGetArchitecture(nvml::DeviceHandle handle, unsigned* architecture) {
  *architecture = GpuOf(handle).architecture;
  return nvml::kSuccess;
}

WF_EXPORT int nvmlDeviceGetMemoryInfo(nvml::DeviceHandle handle, nvml::Memory* memory) {
  *memory = {};
  memory->total = static_cast<unsigned long long>(GpuOf(handle).memory_gib * 1024) << 20;
  return nvml::kSuccess;
}

WF_EXPORT int nvmlDeviceGetMigMode(nvml::DeviceHandle handle, unsigned* current,
                                   unsigned* pending) {
  *current = *pending = GpuOf(handle).is_partitioned ? 1 : 0;
  return nvml::kSuccess;
}

WF_EXPORT int nvmlDeviceGetEnforcedPowerLimit(nvml::DeviceHandle handle, unsigned* milliwatts) {
  *milliwatts = static_cast<unsigned>(GpuOf(handle).limit_w * 1e3);
  return nvml::kSuccess;
}

WF_EXPORT int nvmlDeviceGetTotalEnergyConsumption(nvml::DeviceHandle handle,
                                                  unsigned long long* millijoules) {
  *millijoules = GpuOf(handle).Millijoules();
  return GpuOf(handle).CodeOf("energy_call");
}

WF_EXPORT int nvmlDeviceGetPowerUsage(nvml::DeviceHandle handle, unsigned* milliwatts) {
  *milliwatts = GpuOf(handle).Milliwatts(1.0);
  return GpuOf(handle).CodeOf("power_call");
}

#if !defined(WF_FAKE_NVML_WITHOUT_FIELDS)
namespace {

void ReadField(const Gpu& gpu, nvml::FieldValue& field) {
  if (gpu.is_module && field.scope_id != nvml::kScopeModule) {
    field.return_code = nvml::kNotSupported;
  } else if (field.field_id == nvml::kFieldTotalEnergy) {
    field.return_code = gpu.CodeOf("energy_field");
    field.value_type = nvml::kUnsignedLongLong;
    field.value.ull = gpu.Millijoules();
  } else if (field.field_id == nvml::kFieldPowerInstant) {
    field.return_code = gpu.CodeOf("power_field");
    field.value_type = nvml::kUnsignedInt;
    field.value.ui = gpu.Milliwatts(gpu.window_s.value_or(gpu.update_s));
  } else {
    field.return_code = nvml::kNotSupported;
  }
}

}  // namespace

WF_EXPORT int nvmlDeviceGetFieldValues(nvml::DeviceHandle handle, int count,
                                       nvml::FieldValue* values) {
  const Gpu& gpu = GpuOf(handle);
  if (const int code = gpu.CodeOf("fields"); code != nvml::kSuccess) {
    return code;
  }
  for (int i = 0; i < count; ++i) {
    ReadField(gpu, values[i]);
  }
  return nvml::kSuccess;
}
#endif
