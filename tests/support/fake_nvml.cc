// A libnvidia-ml.so for machines without a GPU: exports the symbols that we use and behaves as the
// file named by FAKE_NVML_SCRIPT says; tests/support/fake_nvml_script.h writes such files and
// documents them. Built twice, once without nvmlDeviceGetFieldValues.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <mutex>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "agent/power/nvml/nvml_api.h"
#include "tests/support/fake_waveform.h"

#define WF_EXPORT extern "C" __attribute__((visibility("default")))

namespace nvml = wattfleet::agent::nvml;

namespace {

// Time in which the GPU is held back.
struct Throttle {
  std::string kind;  // thermal, brake or cap
  double from_s = 0;
  double to_s = 0;
  double share = 1;  // of that time
};

struct Gpu {
  std::string uuid;
  std::string name;
  wattfleet::testing::FakeWaveform wave;
  double start_mj = 1'000'000;
  unsigned partitions = 0;
  bool is_module = false;
  unsigned architecture = 9;
  double limit_w = 700;
  double memory_gib = 141;
  double power_gain = 1;
  double celsius = 0;  // 0: it has no sensor
  unsigned throttle_ids = 251;
  std::string bus_id = "00000000:01:00.0";
  std::vector<Throttle> throttles;
  std::vector<unsigned> pids;

  unsigned long long Millijoules() const {
    return static_cast<unsigned long long>(wave.CounterJoules(start_mj * 1e-3) * 1e3);
  }
  unsigned Milliwatts(double watts) const {
    return static_cast<unsigned>(std::lround(watts * power_gain * 1e3));
  }
  unsigned long long HeldBackNs(const std::string& kind) const {
    double seconds = 1;  // of some earlier load
    for (const Throttle& t : throttles) {
      seconds +=
          t.kind == kind ? t.share * std::max(0.0, std::min(wave.Now(), t.to_s) - t.from_s) : 0;
    }
    return static_cast<unsigned long long>(seconds * 1e9);
  }
  bool IsHeldBack(const std::string& kind) const {
    return std::any_of(throttles.begin(), throttles.end(), [&](const Throttle& t) {
      return t.kind == kind && wave.Now() >= t.from_s && wave.Now() < t.to_s;
    });
  }
  int CodeOf(const std::string& call) const { return wave.CodeOf(call, nvml::kNotSupported); }
};

struct Machine {
  int init_code = nvml::kSuccess;
  std::string driver = "550.54.15";
  std::vector<Gpu> gpus;
};

std::mutex mutex;
std::optional<Machine> machine;
int inits = 0;

std::atomic<int> field_calls = 0;

void ReadGpuLine(const std::string& key, std::istringstream& words, Gpu& gpu) {
  const std::map<std::string, double*> numbers = {
      {"start_mj", &gpu.start_mj},     {"limit_w", &gpu.limit_w}, {"memory_gib", &gpu.memory_gib},
      {"power_gain", &gpu.power_gain}, {"celsius", &gpu.celsius},
  };
  if (const auto number = numbers.find(key); number != numbers.end()) {
    words >> *number->second;
  } else if (key == "mig") {
    gpu.partitions = 2;
    words >> gpu.partitions;
  } else if (key == "module") {
    gpu.is_module = true;
  } else if (key == "architecture") {
    words >> gpu.architecture;
  } else if (key == "pci") {
    words >> gpu.bus_id;
  } else if (key == "processes") {
    for (unsigned pid = 0; words >> pid;) {
      gpu.pids.push_back(pid);
    }
  } else if (key == "throttle_ids") {
    words >> gpu.throttle_ids;
  } else if (key == "throttle") {
    Throttle& throttle = gpu.throttles.emplace_back();
    words >> throttle.kind >> throttle.from_s >> throttle.to_s >> throttle.share;
  } else if (!gpu.wave.ReadWord(key, words)) {
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

// A handle is the GPU's index + 1, and for its partition i 100 x (i + 1) more.
constexpr std::size_t kPartitionStep = 100;

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

WF_EXPORT int nvmlDeviceGetPciInfo_v3(nvml::DeviceHandle handle, nvml::PciAddress* pci) {
  *pci = {};
  return CopyText(GpuOf(handle).bus_id, pci->bus_id, sizeof(pci->bus_id));
}

WF_EXPORT int nvmlDeviceGetPersistenceMode(nvml::DeviceHandle handle, unsigned* mode) {
  *mode = GpuOf(handle).uuid.empty() ? 0 : 1;
  return nvml::kSuccess;
}

WF_EXPORT int nvmlDeviceGetMigMode(nvml::DeviceHandle handle, unsigned* current,
                                   unsigned* pending) {
  *current = *pending = GpuOf(handle).partitions > 0 ? 1 : 0;
  return nvml::kSuccess;
}

WF_EXPORT int nvmlDeviceGetMaxMigDeviceCount(nvml::DeviceHandle, unsigned* count) {
  *count = 7;
  return nvml::kSuccess;
}

WF_EXPORT int nvmlDeviceGetMigDeviceHandleByIndex(nvml::DeviceHandle handle, unsigned index,
                                                  nvml::DeviceHandle* partition) {
  if (index >= GpuOf(handle).partitions) {
    return nvml::kNotFound;
  }
  *partition = reinterpret_cast<nvml::DeviceHandle>(reinterpret_cast<std::uintptr_t>(handle) +
                                                    kPartitionStep * (index + 1));
  return nvml::kSuccess;
}

// A partition of GPU-aa is called MIG-GPU-aa.
WF_EXPORT int nvmlDeviceGetHandleByUUID(const char* uuid, nvml::DeviceHandle* handle) {
  const std::string text = uuid;
  for (std::size_t i = 0; i < machine->gpus.size(); ++i) {
    if (text == machine->gpus[i].uuid) {
      *handle = HandleOf(i);
      return nvml::kSuccess;
    }
    if (text == "MIG-" + machine->gpus[i].uuid) {
      return nvmlDeviceGetMigDeviceHandleByIndex(HandleOf(i), 0, handle);
    }
  }
  return nvml::kNotFound;
}

WF_EXPORT int nvmlDeviceGetDeviceHandleFromMigDeviceHandle(nvml::DeviceHandle partition,
                                                           nvml::DeviceHandle* parent) {
  *parent = reinterpret_cast<nvml::DeviceHandle>(reinterpret_cast<std::uintptr_t>(partition) %
                                                 kPartitionStep);
  return nvml::kSuccess;
}

WF_EXPORT int nvmlDeviceGetCurrentClocksEventReasons(nvml::DeviceHandle handle,
                                                     unsigned long long* reasons) {
  const Gpu& gpu = GpuOf(handle);
  *reasons = (gpu.IsHeldBack("cap") ? nvml::kReasonPowerCap : 0ULL) |
             (gpu.IsHeldBack("thermal") ? nvml::kReasonSoftwareThermal : 0ULL) |
             (gpu.IsHeldBack("brake") ? nvml::kReasonPowerBrake : 0ULL);
  return gpu.CodeOf("reasons");
}

WF_EXPORT int nvmlDeviceGetComputeRunningProcesses_v3(nvml::DeviceHandle handle, unsigned* count,
                                                      nvml::Process* processes) {
  constexpr int kInsufficientSize = 7;
  const Gpu& gpu = GpuOf(handle);
  const auto room = static_cast<std::size_t>(*count);
  *count = static_cast<unsigned>(gpu.pids.size());
  for (std::size_t i = 0; i < gpu.pids.size() && i < room; ++i) {
    processes[i] = {
        .pid = gpu.pids[i], .used_memory = 1 << 30, .gpu_instance = ~0U, .compute_instance = ~0U};
  }
  const int code = gpu.CodeOf("processes");
  return code != nvml::kSuccess || gpu.pids.size() <= room ? code : kInsufficientSize;
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
  *milliwatts = GpuOf(handle).Milliwatts(GpuOf(handle).wave.SensedWatts(1.0));
  return GpuOf(handle).CodeOf("power_call");
}

WF_EXPORT int nvmlDeviceGetTemperature(nvml::DeviceHandle handle, int sensor, unsigned* celsius) {
  *celsius = static_cast<unsigned>(GpuOf(handle).celsius);
  const bool is_there = sensor == 0 && GpuOf(handle).celsius > 0;
  return is_there ? GpuOf(handle).CodeOf("temperature") : nvml::kNotSupported;
}

WF_FAKE_CLOCK

// How often nvmlDeviceGetFieldValues was called, for tests.
WF_EXPORT int fakeNvmlFieldCalls() {
  return field_calls;
}

#if !defined(WF_FAKE_NVML_WITHOUT_FIELDS)
namespace {

void Answer(const Gpu& gpu, const std::string& call, unsigned long long value,
            nvml::FieldValue& field) {
  field.return_code = gpu.CodeOf(call);
  field.value_type = nvml::kUnsignedLongLong;
  field.value.ull = value;
}

void ReadTime(const Gpu& gpu, nvml::FieldValue& field) {
  const char* const kKinds[] = {"thermal", "thermal", "brake"};
  const unsigned first = gpu.throttle_ids;
  if (first != 0 && field.field_id == nvml::kFieldPowerCapTime) {
    Answer(gpu, "time_fields", gpu.HeldBackNs("cap"), field);
  } else if (first != 0 && field.field_id >= first && field.field_id < first + 3) {
    Answer(gpu, "time_fields", gpu.HeldBackNs(kKinds[field.field_id - first]), field);
  } else if (first == 251 && field.field_id == 270) {
    // Other drivers' slowdown time is a setting here.
    Answer(gpu, "time_fields", static_cast<unsigned long long>(gpu.wave.Now()) * 1'000'000'000'000,
           field);
  }
}

void ReadField(const Gpu& gpu, nvml::FieldValue& field) {
  field.return_code = nvml::kNotSupported;
  const bool is_of_device =
      field.field_id == nvml::kFieldTotalEnergy || field.field_id == nvml::kFieldEnergyOfScope ||
      field.field_id == nvml::kFieldPowerInstant || field.field_id == nvml::kFieldPowerAverage;
  if (!is_of_device) {
    ReadTime(gpu, field);
  } else if (gpu.is_module != (field.scope_id == nvml::kScopeModule)) {
    return;
  } else if (field.field_id == nvml::kFieldTotalEnergy) {
    Answer(gpu, "energy_field", gpu.Millijoules(), field);
  } else if (field.field_id == nvml::kFieldEnergyOfScope) {
    Answer(gpu, "scope_energy_field", gpu.Millijoules(), field);
  } else {
    const bool is_mean = field.field_id == nvml::kFieldPowerAverage;
    field.return_code = gpu.CodeOf(is_mean ? "mean_power_field" : "power_field");
    field.value_type = nvml::kUnsignedInt;
    field.value.ui = gpu.Milliwatts(is_mean ? gpu.wave.SensedWatts(1.0) : gpu.wave.SensedWatts());
  }
}

}  // namespace

WF_EXPORT int nvmlDeviceGetFieldValues(nvml::DeviceHandle handle, int count,
                                       nvml::FieldValue* values) {
  ++field_calls;
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
