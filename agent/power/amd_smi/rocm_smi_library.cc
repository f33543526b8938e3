// ROCm SMI, which AMD SMI replaces: librocm_smi64.so.
#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "agent/power/amd_smi/amd_gpu_library.h"
#include "agent/power/amd_smi/shared_library.h"
#include "agent/power/remedy.h"
#include "common/status/status_macros.h"

namespace wattfleet::agent {

namespace {

// What we use of the library's C interface, as it is laid out in memory.
enum Status : int {
  kSuccess = 0,
  kPermission = 4,
  kInitError = 8,
  kNotFound = 10,
};

constexpr int kAveragePower = 0;

struct Functions {
  int (*init)(std::uint64_t) = nullptr;
  int (*shut_down)() = nullptr;
  int (*version_get)(void*) = nullptr;
  int (*status_string)(int, const char**) = nullptr;
  int (*num_monitor_devices)(std::uint32_t*) = nullptr;
  int (*dev_pci_id_get)(std::uint32_t, std::uint64_t*) = nullptr;
  int (*dev_name_get)(std::uint32_t, char*, std::size_t) = nullptr;
  int (*dev_metrics_header_info_get)(std::uint32_t, void*) = nullptr;
  int (*dev_energy_count_get)(std::uint32_t, std::uint64_t*, float*, std::uint64_t*) = nullptr;
  int (*dev_power_get)(std::uint32_t, std::uint64_t*, int*) = nullptr;
  int (*dev_power_ave_get)(std::uint32_t, std::uint32_t, std::uint64_t*) = nullptr;
};

ReadFault FaultOf(int status) {
  return status == kSuccess                            ? ReadFault::kNone
         : status == kNotFound || status == kInitError ? ReadFault::kLost
                                                       : ReadFault::kUnavailable;
}

class RocmSmiLibrary final : public AmdGpuLibrary {
 public:
  explicit RocmSmiLibrary(SharedLibrary library) : library_(std::move(library)) {}
  ~RocmSmiLibrary() override {
    if (initialised_ && f_.shut_down != nullptr) {
      f_.shut_down();
    }
  }

  absl::Status Start(const std::string& path);

  const std::string& name() const override { return name_; }
  const std::string& version() const override { return version_; }
  const std::vector<AmdGpu>& gpus() const override { return gpus_; }
  ReadFault ReadEnergy(std::size_t gpu, AmdEnergy& energy) override;
  ReadFault ReadPower(std::size_t gpu, AmdPower& power) override;

 private:
  void Resolve();
  absl::Status Error(int status, const std::string& what) const;
  AmdGpu Describe(std::uint32_t index) const;

  const std::string name_ = "ROCm SMI";
  SharedLibrary library_;
  Functions f_;
  bool initialised_ = false;
  std::string version_;
  std::vector<AmdGpu> gpus_;
  std::vector<std::uint32_t> indices_;
};

void RocmSmiLibrary::Resolve() {
  library_.Load("rsmi_init", f_.init);
  library_.Load("rsmi_shut_down", f_.shut_down);
  library_.Load("rsmi_version_get", f_.version_get);
  library_.Load("rsmi_status_string", f_.status_string);
  library_.Load("rsmi_num_monitor_devices", f_.num_monitor_devices);
  library_.Load("rsmi_dev_pci_id_get", f_.dev_pci_id_get);
  library_.Load("rsmi_dev_name_get", f_.dev_name_get);
  library_.Load("rsmi_dev_metrics_header_info_get", f_.dev_metrics_header_info_get);
  library_.Load("rsmi_dev_energy_count_get", f_.dev_energy_count_get);
  library_.Load("rsmi_dev_power_get", f_.dev_power_get);
  library_.Load("rsmi_dev_power_ave_get", f_.dev_power_ave_get);
}

absl::Status RocmSmiLibrary::Error(int status, const std::string& what) const {
  const char* words = nullptr;
  if (f_.status_string != nullptr) {
    f_.status_string(status, &words);
  }
  const std::string message =
      absl::StrFormat("%s: %s (%d)", what, words == nullptr ? "ROCm SMI error" : words, status);
  if (status == kPermission) {
    return WithRemedy(absl::PermissionDeniedError(message),
                      R"(sudo usermod -aG render,video "$USER"   # then log in again)");
  }
  return absl::UnavailableError(message);
}

absl::Status RocmSmiLibrary::Start(const std::string& path) {
  Resolve();
  if (f_.init == nullptr || f_.num_monitor_devices == nullptr || f_.dev_pci_id_get == nullptr) {
    return absl::FailedPreconditionError(
        absl::StrFormat("%s is not AMD's management library", path));
  }
  if (const int status = f_.init(0); status != kSuccess) {
    return Error(status, "starting ROCm SMI");
  }
  initialised_ = true;
  // Three numbers and a pointer.
  alignas(8) std::array<std::uint32_t, 64> numbers{};
  if (f_.version_get != nullptr && f_.version_get(numbers.data()) == kSuccess) {
    version_ = absl::StrCat(numbers[0], ".", numbers[1], ".", numbers[2]);
  }
  std::uint32_t count = 0;
  if (const int status = f_.num_monitor_devices(&count); status != kSuccess) {
    return Error(status, "counting AMD GPUs");
  }
  for (std::uint32_t index = 0; index < count; ++index) {
    AmdGpu gpu = Describe(index);
    if (!gpu.bus_id.empty()) {
      gpus_.push_back(std::move(gpu));
      indices_.push_back(index);
    }
  }
  return gpus_.empty() ? absl::UnavailableError("the AMD driver sees no GPU") : absl::OkStatus();
}

AmdGpu RocmSmiLibrary::Describe(std::uint32_t index) const {
  AmdGpu gpu;
  std::uint64_t id = 0;
  if (f_.dev_pci_id_get(index, &id) == kSuccess) {
    gpu.bus_id = BusIdText(id >> 32, id & 0xffff);
  }
  std::array<char, 128> name{};
  if (f_.dev_name_get != nullptr &&
      f_.dev_name_get(index, name.data(), name.size() - 1) == kSuccess) {
    gpu.name = name.data();
  }
  struct {
    std::uint16_t size;
    std::uint8_t format;
    std::uint8_t content;
  } table{0, 1, 1};
  if (f_.dev_metrics_header_info_get != nullptr &&
      f_.dev_metrics_header_info_get(index, &table) == kSuccess) {
    gpu.has_short_counter = table.format == 0 || (table.format == 1 && table.content == 0);
  }
  return gpu;
}

ReadFault RocmSmiLibrary::ReadEnergy(std::size_t gpu, AmdEnergy& energy) {
  if (f_.dev_energy_count_get == nullptr) {
    return ReadFault::kUnavailable;
  }
  std::uint64_t timestamp = 0;
  float resolution = 0;
  const ReadFault fault =
      FaultOf(f_.dev_energy_count_get(indices_[gpu], &energy.count, &resolution, &timestamp));
  energy.microjoules_per_count = resolution;
  const bool is_value = energy.count != 0 && energy.count != ~std::uint64_t{0} && resolution > 0;
  return fault == ReadFault::kNone && !is_value ? ReadFault::kUnavailable : fault;
}

ReadFault RocmSmiLibrary::ReadPower(std::size_t gpu, AmdPower& power) {
  std::uint64_t microwatts = 0;
  int type = kAveragePower;
  ReadFault fault = ReadFault::kUnavailable;
  if (f_.dev_power_get != nullptr) {
    fault = FaultOf(f_.dev_power_get(indices_[gpu], &microwatts, &type));
  } else if (f_.dev_power_ave_get != nullptr) {
    fault = FaultOf(f_.dev_power_ave_get(indices_[gpu], 0, &microwatts));
  }
  if (fault != ReadFault::kNone) {
    return fault;
  }
  power = {static_cast<double>(microwatts) * 1e-6, type == kAveragePower};
  return microwatts != 0 && microwatts != ~std::uint64_t{0} ? ReadFault::kNone
                                                            : ReadFault::kUnavailable;
}

}  // namespace

absl::StatusOr<std::unique_ptr<AmdGpuLibrary>> OpenRocmSmi(const std::string& path) {
  WF_ASSIGN_OR_RETURN(SharedLibrary shared, SharedLibrary::Open(path));
  auto library = std::make_unique<RocmSmiLibrary>(std::move(shared));
  WF_RETURN_IF_ERROR(library->Start(path));
  return library;
}

absl::StatusOr<std::unique_ptr<AmdGpuLibrary>> OpenAmdGpuLibrary(const std::string& amd_smi,
                                                                 const std::string& rocm_smi) {
  absl::StatusOr<std::unique_ptr<AmdGpuLibrary>> library = OpenAmdSmi(amd_smi);
  if (library.ok()) {
    return library;
  }
  absl::StatusOr<std::unique_ptr<AmdGpuLibrary>> older = OpenRocmSmi(rocm_smi);
  // The older library's own error says more where the newer is not installed at all.
  return older.ok() || (absl::IsNotFound(library.status()) && !absl::IsNotFound(older.status()))
             ? std::move(older)
             : std::move(library);
}

}  // namespace wattfleet::agent
