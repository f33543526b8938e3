// For macOS alone. IOReport has no public header: what is declared here are its C functions as
// dlsym finds them. libIOReport.dylib lies in the dyld shared cache and has no file on disk.
#include <array>

#include "absl/strings/str_cat.h"
#include <CoreFoundation/CoreFoundation.h>
#include <dlfcn.h>

#include "agent/power/ioreport/energy_model_reader.h"
#include "common/status/status_macros.h"

namespace wattfleet::agent {

namespace {

// Releases what it owns at the end of its scope.
template <typename Ref>
class Owned {
 public:
  explicit Owned(Ref ref = nullptr) : ref_(ref) {}
  ~Owned() {
    if (ref_ != nullptr) {
      CFRelease(ref_);
    }
  }
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;
  Ref get() const { return ref_; }
  void Set(Ref ref) { ref_ = ref; }

 private:
  Ref ref_;
};

struct IoReportApi {
  CFDictionaryRef (*copy_channels_in_group)(CFStringRef, CFStringRef, std::uint64_t, std::uint64_t,
                                            std::uint64_t) = nullptr;
  CFTypeRef (*create_subscription)(void*, CFMutableDictionaryRef, CFMutableDictionaryRef*,
                                   std::uint64_t, CFTypeRef) = nullptr;
  CFDictionaryRef (*create_samples)(CFTypeRef, CFMutableDictionaryRef, CFTypeRef) = nullptr;
  CFStringRef (*channel_name)(CFDictionaryRef) = nullptr;
  CFStringRef (*unit_label)(CFDictionaryRef) = nullptr;
  std::int64_t (*integer_value)(CFDictionaryRef, std::int32_t) = nullptr;
};

template <typename Function>
absl::Status Resolve(void* library, const char* symbol, Function*& function) {
  function = reinterpret_cast<Function*>(dlsym(library, symbol));
  return function != nullptr ? absl::OkStatus()
                             : absl::UnimplementedError(absl::StrCat("this macOS has no ", symbol));
}

absl::StatusOr<IoReportApi> LoadApi() {
  // Never closed: CoreFoundation objects of it may outlive us.
  void* const library = dlopen("/usr/lib/libIOReport.dylib", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    return absl::NotFoundError("this macOS has no libIOReport.dylib");
  }
  IoReportApi api;
  WF_RETURN_IF_ERROR(Resolve(library, "IOReportCopyChannelsInGroup", api.copy_channels_in_group));
  WF_RETURN_IF_ERROR(Resolve(library, "IOReportCreateSubscription", api.create_subscription));
  WF_RETURN_IF_ERROR(Resolve(library, "IOReportCreateSamples", api.create_samples));
  WF_RETURN_IF_ERROR(Resolve(library, "IOReportChannelGetChannelName", api.channel_name));
  WF_RETURN_IF_ERROR(Resolve(library, "IOReportChannelGetUnitLabel", api.unit_label));
  WF_RETURN_IF_ERROR(Resolve(library, "IOReportSimpleGetIntegerValue", api.integer_value));
  return api;
}

void Assign(CFStringRef from, std::string& to) {
  std::array<char, 256> text{};
  const bool is_text =
      from != nullptr && CFStringGetCString(from, text.data(), text.size(), kCFStringEncodingUTF8);
  to.assign(is_text ? text.data() : "");
}

class IoReportReader final : public EnergyModelReader {
 public:
  explicit IoReportReader(const IoReportApi& api) : api_(api) {}

  absl::Status Subscribe() {
    const Owned<CFDictionaryRef> group(
        api_.copy_channels_in_group(CFSTR("Energy Model"), nullptr, 0, 0, 0));
    if (group.get() == nullptr) {
      return absl::NotFoundError("IOReport has no group Energy Model here");
    }
    channels_.Set(CFDictionaryCreateMutableCopy(nullptr, 0, group.get()));
    CFMutableDictionaryRef subscribed = nullptr;
    subscription_.Set(api_.create_subscription(nullptr, channels_.get(), &subscribed, 0, nullptr));
    subscribed_.Set(subscribed);
    return subscription_.get() != nullptr
               ? absl::OkStatus()
               : absl::UnavailableError("IOReport refused a subscription to Energy Model");
  }

  absl::Status Read(std::vector<EnergyModelEntry>& entries) override {
    const Owned<CFDictionaryRef> samples(
        api_.create_samples(subscription_.get(), channels_.get(), nullptr));
    const CFArrayRef list = samples.get() == nullptr
                                ? nullptr
                                : static_cast<CFArrayRef>(CFDictionaryGetValue(
                                      samples.get(), CFSTR("IOReportChannels")));
    if (list == nullptr) {
      return absl::UnavailableError("IOReport gave no samples");
    }
    entries.resize(static_cast<std::size_t>(CFArrayGetCount(list)));
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const auto channel =
          static_cast<CFDictionaryRef>(CFArrayGetValueAtIndex(list, static_cast<CFIndex>(i)));
      Assign(api_.channel_name(channel), entries[i].name);
      Assign(api_.unit_label(channel), entries[i].unit);
      entries[i].value = api_.integer_value(channel, 0);
    }
    return absl::OkStatus();
  }

 private:
  const IoReportApi api_;
  Owned<CFMutableDictionaryRef> channels_;
  Owned<CFMutableDictionaryRef> subscribed_;
  Owned<CFTypeRef> subscription_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<EnergyModelReader>> OpenEnergyModelReader() {
  WF_ASSIGN_OR_RETURN(const IoReportApi api, LoadApi());
  auto reader = std::make_unique<IoReportReader>(api);
  WF_RETURN_IF_ERROR(reader->Subscribe());
  return reader;
}

}  // namespace wattfleet::agent
