#include "agent/power/nvml/nvml_power_source.h"

#include <optional>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

#include "agent/power/nvml/visible_gpus.h"
#include "agent/power/source_options.h"
#include "common/status/status_macros.h"

namespace wattfleet::agent {

absl::StatusOr<std::unique_ptr<PowerSource>> NvmlPowerSource::Open(const SourceRequest& request,
                                                                   const PowerPaths& paths) {
  WF_RETURN_IF_ERROR(CheckOptionNames(request, {kNvmlLibraryOption, "poll_ms"}));
  WF_ASSIGN_OR_RETURN(const auto period,
                      PollPeriodOption(request.options, std::chrono::milliseconds(50)));
  WF_ASSIGN_OR_RETURN(auto library, NvmlLibrary::Open(TextOption(
                                        request.options, kNvmlLibraryOption, paths.nvml_library)));
  WF_ASSIGN_OR_RETURN(const std::vector<NvmlDevice> devices, VisibleGpus(*library));
  std::unique_ptr<NvmlPowerSource> source(new NvmlPowerSource(std::move(library)));
  source->poll_period_ = period;
  source->poll_is_set_ = request.options.contains("poll_ms");
  for (const NvmlDevice& device : devices) {
    if (std::optional<NvmlGpu> gpu = NvmlGpu::Find(*source->library_, device)) {
      source->specs_.push_back(gpu->spec());
      source->gpus_.push_back(*std::move(gpu));
    }
  }
  if (source->specs_.empty()) {
    return absl::UnimplementedError(absl::StrCat("no GPU here tells its energy or power (",
                                                 devices.front().name, ", driver ",
                                                 source->library_->driver_version(), ")"));
  }
  return source;
}

// Read more often than every 50 ms for long, some drivers fail to answer for power.
std::optional<ProbeTerms> NvmlPowerSource::probe_terms() const {
  return ProbeTerms{.read_every = std::chrono::milliseconds(10),
                    .least_poll = std::chrono::milliseconds(50),
                    .poll_is_set = poll_is_set_};
}

void NvmlPowerSource::Read(std::span<ChannelValue> values) {
  for (std::size_t i = 0; i < gpus_.size(); ++i) {
    values[i] = gpus_[i].Read(clock_.MonotonicNow());
  }
}

}  // namespace wattfleet::agent
