#include "tests/hardware/gpu_work.h"

#include <array>
#include <cstddef>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include <dlfcn.h>

#include "common/status/status_macros.h"

namespace wattfleet::hardware {

namespace {

// What we use of CUDA's driver library, as its header has it.
struct CudaFunctions {
  int (*Init)(unsigned) = nullptr;
  int (*DeviceGetCount)(int*) = nullptr;
  int (*DeviceGet)(int* device, int ordinal) = nullptr;
  int (*DeviceGetUuid)(unsigned char (*)[16], int device) = nullptr;
  int (*DevicePrimaryCtxRetain)(void**, int device) = nullptr;
  int (*DevicePrimaryCtxRelease)(int device) = nullptr;
  int (*CtxSetCurrent)(void*) = nullptr;
  int (*CtxSynchronize)() = nullptr;
  int (*MemAlloc)(unsigned long long*, std::size_t) = nullptr;
  int (*MemFree)(unsigned long long) = nullptr;
  int (*MemsetD32Async)(unsigned long long, unsigned, std::size_t, void* stream) = nullptr;
};

template <typename Function>
bool Load(void* handle, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(handle, name));
  return function != nullptr;
}

bool LoadAll(void* handle, CudaFunctions& f) {
  return Load(handle, "cuInit", f.Init) && Load(handle, "cuDeviceGetCount", f.DeviceGetCount) &&
         Load(handle, "cuDeviceGet", f.DeviceGet) &&
         Load(handle, "cuDeviceGetUuid", f.DeviceGetUuid) &&
         Load(handle, "cuDevicePrimaryCtxRetain", f.DevicePrimaryCtxRetain) &&
         Load(handle, "cuDevicePrimaryCtxRelease_v2", f.DevicePrimaryCtxRelease) &&
         Load(handle, "cuCtxSetCurrent", f.CtxSetCurrent) &&
         Load(handle, "cuCtxSynchronize", f.CtxSynchronize) &&
         Load(handle, "cuMemAlloc_v2", f.MemAlloc) && Load(handle, "cuMemFree_v2", f.MemFree) &&
         Load(handle, "cuMemsetD32Async", f.MemsetD32Async);
}

std::string UuidText(const unsigned char (&uuid)[16]) {
  std::string text = "GPU-";
  for (int i = 0; i < 16; ++i) {
    text += (i == 4 || i == 6 || i == 8 || i == 10) ? "-" : "";
    text += absl::StrFormat("%02x", uuid[i]);
  }
  return text;
}

absl::Status Check(int code, const char* what) {
  return code == 0 ? absl::OkStatus()
                   : absl::UnavailableError(absl::StrFormat("%s: CUDA error %d", what, code));
}

class CudaWork final : public GpuWork {
 public:
  CudaWork(void* library, const Clock& clock) : library_(library), clock_(clock) {}
  ~CudaWork() override {
    if (memory_ != 0) {
      cuda_.MemFree(memory_);
    }
    if (context_ != nullptr) {
      cuda_.DevicePrimaryCtxRelease(device_);
    }
    dlclose(library_);
  }
  CudaWork(const CudaWork&) = delete;
  CudaWork& operator=(const CudaWork&) = delete;

  absl::Status Open(const std::string& gpu_uuid) {
    if (!LoadAll(library_, cuda_)) {
      return absl::NotFoundError("the CUDA driver library lacks a function");
    }
    WF_RETURN_IF_ERROR(Check(cuda_.Init(0), "cuInit"));
    int count = 0;
    WF_RETURN_IF_ERROR(Check(cuda_.DeviceGetCount(&count), "cuDeviceGetCount"));
    for (int i = 0; i < count; ++i) {
      unsigned char uuid[16] = {};
      if (cuda_.DeviceGet(&device_, i) == 0 && cuda_.DeviceGetUuid(&uuid, device_) == 0 &&
          UuidText(uuid) == gpu_uuid) {
        WF_RETURN_IF_ERROR(
            Check(cuda_.DevicePrimaryCtxRetain(&context_, device_), "cuDevicePrimaryCtxRetain"));
        WF_RETURN_IF_ERROR(Check(cuda_.CtxSetCurrent(context_), "cuCtxSetCurrent"));
        return Check(cuda_.MemAlloc(&memory_, kBytes), "cuMemAlloc");
      }
    }
    return absl::NotFoundError("CUDA does not see " + gpu_uuid);
  }

  const char* what() const override { return "writing over 1 GiB of its memory"; }
  void RunFor(std::chrono::nanoseconds span) override {
    const MonotonicTime end = clock_.MonotonicNow() + span;
    do {
      cuda_.MemsetD32Async(memory_, static_cast<unsigned>(done_), kBytes / 4, nullptr);
      cuda_.CtxSynchronize();
      ++done_;
    } while (clock_.MonotonicNow() < end);
  }
  std::int64_t done() const override { return done_; }

 private:
  static constexpr std::size_t kBytes = std::size_t{1} << 30;

  void* const library_;
  const Clock& clock_;
  CudaFunctions cuda_;
  int device_ = 0;
  void* context_ = nullptr;
  unsigned long long memory_ = 0;
  std::int64_t done_ = 0;
};

class NoWork final : public GpuWork {
 public:
  const char* what() const override { return "nothing: fake sensors draw by script"; }
  void RunFor(std::chrono::nanoseconds span) override {
    absl::Notification never;
    never.WaitForNotificationWithTimeout(absl::FromChrono(span));
    done_ += span / std::chrono::milliseconds(1);
  }
  std::int64_t done() const override { return done_; }

 private:
  std::int64_t done_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<GpuWork>> OpenCudaWork(const std::string& path,
                                                      const std::string& gpu_uuid,
                                                      const Clock& clock) {
  void* const library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    return absl::NotFoundError("no CUDA driver library: " + path);
  }
  auto work = std::make_unique<CudaWork>(library, clock);
  WF_RETURN_IF_ERROR(work->Open(gpu_uuid));
  return work;
}

std::unique_ptr<GpuWork> PretendedWork() {
  return std::make_unique<NoWork>();
}

}  // namespace wattfleet::hardware
