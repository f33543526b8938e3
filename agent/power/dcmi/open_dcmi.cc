#include "agent/power/dcmi/open_dcmi.h"

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include <nlohmann/json.hpp>

#include "agent/power/asked_source.h"
#include "agent/power/dcmi/parse_dcmi.h"
#include "agent/power/network_options.h"
#include "agent/power/remedy.h"
#include "agent/power/source_options.h"
#include "common/process/posix_process_launcher.h"
#include "common/status/status_macros.h"

namespace wattfleet::agent {

namespace {

using std::chrono::milliseconds;

struct Ipmi {
  PosixProcessLauncher launcher;
  std::string program;
  milliseconds timeout{0};

  absl::StatusOr<double> Ask() {
    ProcessSpec spec;
    spec.argv = {program, "dcmi", "power", "reading"};
    WF_ASSIGN_OR_RETURN(const auto child, launcher.Launch(spec));
    if (!child->WaitForExit(timeout)) {
      child->Terminate(milliseconds(0));
      return absl::DeadlineExceededError(
          absl::StrFormat("%s does not end within %d ms", program, timeout.count()));
    }
    if (child->exit() != ProcessExit{0, 0}) {
      return absl::UnavailableError(absl::StrCat(program, " ", ExitText(*child->exit()), ": ",
                                                 LastLine(child->OutputTail())));
    }
    return ParseDcmiPower(child->OutputTail());
  }
};

}  // namespace

absl::StatusOr<std::unique_ptr<PowerSource>> OpenDcmi(const SourceRequest& request,
                                                      const PowerPaths&) {
  const SourceOptions& options = request.options;
  WF_RETURN_IF_ERROR(CheckOptionNames(request, WithNetworkOptions({"program", "timeout_ms"})));
  WF_ASSIGN_OR_RETURN(const auto poll_period, NetworkPollPeriod(options));
  NetworkDefaults defaults;
  defaults.unit = {1'000'000, 1};  // whole watts
  defaults.window = milliseconds(6'000);
  defaults.error_half_width = 0.05;
  WF_ASSIGN_OR_RETURN(ChannelSpec spec, NetworkChannel(request, "server", defaults));
  spec.facts_json = NetworkFacts({{"untested on hardware", true}}, spec, defaults);
  const auto ipmi = std::make_shared<Ipmi>();
  ipmi->program = TextOption(options, "program", "ipmitool");
  WF_ASSIGN_OR_RETURN(ipmi->timeout, MillisecondsOption(options, "timeout_ms", milliseconds(2'000),
                                                        milliseconds(50), milliseconds(30'000)));
  const absl::Status first = ipmi->Ask().status();
  if (absl::IsNotFound(first)) {
    return WithRemedy(first, "sudo apt-get install ipmitool");
  }
  if (!first.ok()) {
    return WithRemedy(first,
                      "sudo modprobe ipmi_devintf && sudo modprobe ipmi_si; ipmitool needs "
                      "to read and write /dev/ipmi0");
  }
  return std::make_unique<AskedSource>(request.name, std::move(spec), poll_period,
                                       AskedSource::Question{[ipmi] { return ipmi->Ask(); }, 1.0});
}

}  // namespace wattfleet::agent
