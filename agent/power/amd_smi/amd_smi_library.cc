// AMD SMI: libamd_smi.so.
#include <array>
#include <cstring>
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
using Handle = void*;
constexpr std::uint64_t kInitGpus = 1ULL << 1;

enum Status : int {
  kSuccess = 0,
  kNotSupported = 2,
  kNoPermission = 10,
  kNotFound = 31,
  kNotInitialised = 32,
  kDriverNotLoaded = 34,
};

struct Functions {
  int (*init)(std::uint64_t) = nullptr;
  int (*shut_down)() = nullptr;
  int (*get_lib_version)(std::uint32_t*) = nullptr;
  int (*status_code_to_string)(int, const char**) = nullptr;
  int (*get_socket_handles)(std::uint32_t*, Handle*) = nullptr;
  int (*get_processor_handles)(Handle, std::uint32_t*, Handle*) = nullptr;
  int (*get_gpu_device_bdf)(Handle, std::uint64_t*) = nullptr;
  int (*get_gpu_asic_info)(Handle, void*) = nullptr;
  int (*get_gpu_metrics_header_info)(Handle, void*) = nullptr;
  int (*get_energy_count)(Handle, std::uint64_t*, float*, std::uint64_t*) = nullptr;
  int (*get_power_info)(Handle, void*) = nullptr;
};

// Where amdsmi_power_info_t has its powers, counted in 32-bit words; the struct grew with the
// versions, which count as years did until 24 and go on from there.
struct PowerLayout {
  std::optional<std::size_t> current;
  std::size_t average = 0;
};

std::optional<PowerLayout> LayoutOf(std::uint32_t version) {
  if (version < 23) {
    return std::nullopt;
  }
  return version == 23   ? PowerLayout{std::nullopt, 0}
         : version == 24 ? PowerLayout{0, 1}
                         : PowerLayout{2, 3};
}

ReadFault FaultOf(int status) {
  switch (status) {
    case kSuccess:
      return ReadFault::kNone;
    case kNotFound:
    case kNotInitialised:
    case kDriverNotLoaded:
      return ReadFault::kLost;
    default:
      return ReadFault::kUnavailable;
  }
}

// A power in watts, or nothing: 0 and all ones (of 16 bits too) stand for "not on this GPU".
bool IsPower(std::uint32_t watts) {
  return watts != 0 && watts != 0xFFFF && watts != 0xFFFF'FFFF;
}

class AmdSmiLibrary final : public AmdGpuLibrary {
 public:
  explicit AmdSmiLibrary(SharedLibrary library) : library_(std::move(library)) {}
  ~AmdSmiLibrary() override {
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
  absl::Status ReadVersion();
  absl::Status FindGpus();
  AmdGpu Describe(Handle handle) const;

  const std::string name_ = "AMD SMI";
  SharedLibrary library_;
  Functions f_;
  bool initialised_ = false;
  std::string version_;
  PowerLayout layout_;
  std::vector<AmdGpu> gpus_;
  std::vector<Handle> handles_;
};

void AmdSmiLibrary::Resolve() {
  library_.Load("amdsmi_init", f_.init);
  library_.Load("amdsmi_shut_down", f_.shut_down);
  library_.Load("amdsmi_get_lib_version", f_.get_lib_version);
  library_.Load("amdsmi_status_code_to_string", f_.status_code_to_string);
  library_.Load("amdsmi_get_socket_handles", f_.get_socket_handles);
  library_.Load("amdsmi_get_processor_handles", f_.get_processor_handles);
  library_.Load("amdsmi_get_gpu_device_bdf", f_.get_gpu_device_bdf);
  library_.Load("amdsmi_get_gpu_asic_info", f_.get_gpu_asic_info);
  library_.Load("amdsmi_get_gpu_metrics_header_info", f_.get_gpu_metrics_header_info);
  library_.Load("amdsmi_get_energy_count", f_.get_energy_count);
  library_.Load("amdsmi_get_power_info", f_.get_power_info);
}

absl::Status AmdSmiLibrary::Error(int status, const std::string& what) const {
  const char* words = nullptr;
  if (f_.status_code_to_string != nullptr) {
    f_.status_code_to_string(status, &words);
  }
  const std::string message =
      absl::StrFormat("%s: %s (%d)", what, words == nullptr ? "AMD SMI error" : words, status);
  if (status == kNoPermission) {
    return WithRemedy(absl::PermissionDeniedError(message),
                      R"(sudo usermod -aG render,video "$USER"   # then log in again)");
  }
  if (status == kDriverNotLoaded) {
    return WithRemedy(absl::UnavailableError(message), "sudo modprobe amdgpu");
  }
  return absl::UnavailableError(message);
}

absl::Status AmdSmiLibrary::Start(const std::string& path) {
  Resolve();
  if (f_.init == nullptr || f_.get_lib_version == nullptr || f_.get_socket_handles == nullptr ||
      f_.get_processor_handles == nullptr || f_.get_gpu_device_bdf == nullptr) {
    return absl::FailedPreconditionError(
        absl::StrFormat("%s is too old, or not AMD's management library", path));
  }
  if (const int status = f_.init(kInitGpus); status != kSuccess) {
    return Error(status, "starting AMD SMI");
  }
  initialised_ = true;
  WF_RETURN_IF_ERROR(ReadVersion());
  return FindGpus();
}

absl::Status AmdSmiLibrary::ReadVersion() {
  // Three or four numbers and a pointer, by version.
  std::array<std::uint32_t, 64> numbers{};
  if (const int status = f_.get_lib_version(numbers.data()); status != kSuccess) {
    return Error(status, "reading AMD SMI's version");
  }
  version_ = absl::StrCat(numbers[0], ".", numbers[1], ".", numbers[2]);
  const std::optional<PowerLayout> layout = LayoutOf(numbers[0]);
  if (!layout) {
    return absl::FailedPreconditionError(
        absl::StrFormat("AMD SMI %s is older than ROCm 5.6", version_));
  }
  layout_ = *layout;
  return absl::OkStatus();
}

AmdGpu AmdSmiLibrary::Describe(Handle handle) const {
  AmdGpu gpu;
  std::uint64_t bdf = 0;
  if (f_.get_gpu_device_bdf(handle, &bdf) == kSuccess) {
    gpu.bus_id = BusIdText(bdf >> 16, bdf & 0xffff);
  }
  // Its name is the first member in every version; the rest grew.
  std::array<char, 4096> asic{};
  if (f_.get_gpu_asic_info != nullptr && f_.get_gpu_asic_info(handle, asic.data()) == kSuccess) {
    gpu.name = std::string(asic.data(), strnlen(asic.data(), 64));
  }
  struct {
    std::uint16_t size;
    std::uint8_t format;
    std::uint8_t content;
  } table{0, 1, 1};
  if (f_.get_gpu_metrics_header_info != nullptr &&
      f_.get_gpu_metrics_header_info(handle, &table) == kSuccess) {
    gpu.has_short_counter = table.format == 0 || (table.format == 1 && table.content == 0);
  }
  return gpu;
}

absl::Status AmdSmiLibrary::FindGpus() {
  constexpr std::uint32_t kMost = 64;
  std::array<Handle, kMost> sockets{};
  std::uint32_t socket_count = kMost;
  if (const int status = f_.get_socket_handles(&socket_count, sockets.data()); status != kSuccess) {
    return Error(status, "counting AMD GPUs");
  }
  for (std::uint32_t s = 0; s < socket_count && s < kMost; ++s) {
    std::array<Handle, kMost> processors{};
    std::uint32_t count = kMost;
    if (f_.get_processor_handles(sockets[s], &count, processors.data()) != kSuccess) {
      continue;
    }
    for (std::uint32_t p = 0; p < count && p < kMost; ++p) {
      AmdGpu gpu = Describe(processors[p]);
      if (!gpu.bus_id.empty()) {
        gpus_.push_back(std::move(gpu));
        handles_.push_back(processors[p]);
      }
    }
  }
  return gpus_.empty() ? absl::UnavailableError("the AMD driver sees no GPU") : absl::OkStatus();
}

ReadFault AmdSmiLibrary::ReadEnergy(std::size_t gpu, AmdEnergy& energy) {
  if (f_.get_energy_count == nullptr) {
    return ReadFault::kUnavailable;
  }
  std::uint64_t timestamp = 0;
  float resolution = 0;
  const ReadFault fault =
      FaultOf(f_.get_energy_count(handles_[gpu], &energy.count, &resolution, &timestamp));
  energy.microjoules_per_count = resolution;
  const bool is_value = energy.count != 0 && energy.count != ~std::uint64_t{0} && resolution > 0;
  return fault == ReadFault::kNone && !is_value ? ReadFault::kUnavailable : fault;
}

ReadFault AmdSmiLibrary::ReadPower(std::size_t gpu, AmdPower& power) {
  if (f_.get_power_info == nullptr) {
    return ReadFault::kUnavailable;
  }
  alignas(8) std::array<std::uint32_t, 256> words{};
  const ReadFault fault = FaultOf(f_.get_power_info(handles_[gpu], words.data()));
  if (fault != ReadFault::kNone) {
    return fault;
  }
  if (layout_.current && IsPower(words[*layout_.current])) {
    power = {static_cast<double>(words[*layout_.current]), false};
  } else if (IsPower(words[layout_.average])) {
    power = {static_cast<double>(words[layout_.average]), true};
  } else {
    return ReadFault::kUnavailable;
  }
  return ReadFault::kNone;
}

}  // namespace

absl::StatusOr<std::unique_ptr<AmdGpuLibrary>> OpenAmdSmi(const std::string& path) {
  WF_ASSIGN_OR_RETURN(SharedLibrary shared, SharedLibrary::Open(path));
  auto library = std::make_unique<AmdSmiLibrary>(std::move(shared));
  WF_RETURN_IF_ERROR(library->Start(path));
  return library;
}

}  // namespace wattfleet::agent
