#include "agent/power/energy_monitor/energy_monitor_source.h"

#include <algorithm>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include <grpcpp/client_context.h>
#include <nlohmann/json.hpp>

#include "agent/power/network_options.h"
#include "agent/power/source_options.h"
#include "agent/power/systematic_error.h"
#include "common/grpc/status_conversion.h"
#include "common/grpc/transport.h"
#include "common/status/annotate.h"
#include "common/status/status_macros.h"
#include "energy/energy_monitor.grpc.pb.h"

namespace wattfleet::agent {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kStale(1);
constexpr seconds kSilent(10);

// Errors unless a healthy monitor answers.
absl::StatusOr<std::string> CheckHealth(const std::shared_ptr<grpc::Channel>& channel,
                                        const Clock& clock, milliseconds timeout) {
  grpc::ClientContext context;
  context.set_deadline(clock.WallNow() + timeout);
  energy::HealthResponse health;
  const auto stub = energy::EnergyMonitor::NewStub(channel);
  WF_RETURN_IF_ERROR(FromGrpcStatus(stub->Health(&context, energy::HealthRequest(), &health)));
  if (!health.healthy()) {
    return absl::FailedPreconditionError(absl::StrCat("it says that it is not healthy (platform \"",
                                                      health.platform(), "\"): no collector"));
  }
  return health.platform();
}

// What is usually taken for the sensors behind a monitor.
double HalfWidth(Scope scope) {
  switch (scope) {
    case Scope::kSocGpu:
    case Scope::kSocCpu:
    case Scope::kSocCompute:
    case Scope::kSocNeuralEngine:
      return 0.15;
    case Scope::kCpuPackage:
      return 0.10;
    default:
      return 0.05;
  }
}

std::string Facts(const ChannelSpec& spec, const energy::TelemetryReading& reading,
                  const std::string& address, bool is_newer) {
  const nlohmann::json facts = {
      {"address", address},
      {"clock", "wall"},
      {"external", true},
      {"fields", is_newer ? 17 : 9},
      {"gpu", reading.gpu_info().name()},
      {"platform", reading.platform()},
      {"systematic_relative", SystematicRelative(HalfWidth(spec.scope))},
      {"update_period_ms", spec.update_period / milliseconds(1)},
  };
  return facts.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::optional<Scope> MainScope(const SourceOptions& options, Scope scope) {
  return options.contains("scope") ? std::optional(scope) : std::nullopt;
}

}  // namespace

absl::Status EnergyMonitorSource::AddChannels(const SourceOptions& options,
                                              const std::string& address, milliseconds timeout) {
  // Enough to tell a peer of 9 fields from one whose newer fields begin at 0.
  constexpr std::size_t kLookedAt = 4;
  const std::vector<energy::TelemetryReading> first = stream_.AwaitFirst(kLookedAt, timeout);
  WF_ASSIGN_OR_RETURN(const Scope scope, ScopeOption(options, Scope::kAccelerator));
  WF_ASSIGN_OR_RETURN(rails_, FindMonitorChannels(first, MainScope(options, scope)));
  const bool is_mac = first.front().platform() == "macos";
  WF_ASSIGN_OR_RETURN(const milliseconds update,
                      MillisecondsOption(options, "update_ms", milliseconds(is_mac ? 200 : 50),
                                         milliseconds(10), milliseconds(60'000)));
  WF_ASSIGN_OR_RETURN(const double max_watts, PositiveOption(options, "max_watts", 2'000));
  for (const MonitorChannel& rail : rails_) {
    ChannelSpec spec;
    spec.name = absl::StrCat(name_, "/", NameOf(rail.rail), rail.is_energy ? "/energy" : "/power");
    spec.kind = rail.is_energy ? SampleKind::kCounter : SampleKind::kPowerInstant;
    spec.scope = rail.scope;
    spec.device_id = rail.rail == MonitorRail::kMain ? TextOption(options, "device", "") : "";
    spec.update_period = update;
    spec.max_watts = max_watts;
    spec.part_time = rail.scope == Scope::kAccelerator;
    // A neural engine that does nothing draws nothing.
    spec.may_stand_still = rail.rail == MonitorRail::kNeuralEngine;
    spec.facts_json = Facts(spec, first.front(), address, KnowsNewerFields(first));
    specs_.push_back(std::move(spec));
  }
  followed_ = 1;
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<PowerSource>> EnergyMonitorSource::Open(const SourceRequest& request,
                                                                       const PowerPaths&) {
  const SourceOptions& options = request.options;
  WF_RETURN_IF_ERROR(CheckOptionNames(
      request, {"address", "scope", "device", "update_ms", "max_watts", "poll_ms", "timeout_ms"}));
  WF_ASSIGN_OR_RETURN(const auto poll_period, PollPeriodOption(options, milliseconds(20)));
  WF_ASSIGN_OR_RETURN(const auto timeout,
                      MillisecondsOption(options, "timeout_ms", milliseconds(2'000),
                                         milliseconds(100), milliseconds(30'000)));
  const std::string address = TextOption(options, "address", "127.0.0.1:50053");
  WF_ASSIGN_OR_RETURN(const auto channel, OpenLoopbackChannel(address));
  const std::string who = absl::StrCat("the energy monitor at ", address);
  if (const auto health = CheckHealth(channel, SystemClock(), timeout); !health.ok()) {
    return Annotate(health.status(), who);
  }
  std::unique_ptr<EnergyMonitorSource> source(new EnergyMonitorSource(channel, poll_period));
  if (absl::Status status = source->AddChannels(options, address, timeout); !status.ok()) {
    return Annotate(status, who);
  }
  return source;
}

void EnergyMonitorSource::Read(std::span<ChannelValue> values) {
  stream_.LeaveIfSilentFor(kSilent);
  const MonitorStream::Look look = stream_.LookNow();
  std::fill(values.begin(), values.end(), ChannelValue{});
  const bool is_another = look.stream != followed_;
  if (!look.is_open || (is_another && !said_lost_)) {
    for (ChannelValue& value : values) {
      value.fault = ReadFault::kLost;
    }
    said_lost_ = true;
    return;
  }
  followed_ = look.stream;
  said_lost_ = false;
  if (clock_.MonotonicNow() - look.at > kStale) {
    return;
  }
  for (std::size_t i = 0; i < rails_.size(); ++i) {
    values[i] = ValueOf(look.newest, rails_[i]);
  }
}

}  // namespace wattfleet::agent
