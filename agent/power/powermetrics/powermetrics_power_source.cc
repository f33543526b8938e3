#include "agent/power/powermetrics/powermetrics_power_source.h"

#include <cmath>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include <nlohmann/json.hpp>

#include "agent/power/remedy.h"
#include "agent/power/source_options.h"
#include "agent/power/systematic_error.h"
#include "common/status/status_macros.h"

namespace wattfleet::agent {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr double kHalfWidth = 0.15;  // budget; Apple calls the figures estimates
constexpr int kReportsWithoutPower = 10;

absl::StatusOr<milliseconds> MillisecondsOption(const SourceOptions& options,
                                                const std::string& name, milliseconds standard,
                                                milliseconds most) {
  const auto option = options.find(name);
  int ms = static_cast<int>(standard.count());
  if (option != options.end() &&
      (!absl::SimpleAtoi(option->second, &ms) || ms < 50 || ms > most.count())) {
    return absl::InvalidArgumentError(absl::StrFormat("%s is \"%s\": a whole number from 50 to %d",
                                                      name, option->second, most.count()));
  }
  return milliseconds(ms);
}

// What has to be allowed: the command without sudo itself.
std::span<const std::string> WithoutSudo(const std::vector<std::string>& command) {
  const bool has_sudo = command.size() > 2 && command[1] == "-n";
  return std::span(command).subspan(has_sudo ? 2 : 0);
}

std::string PermissionRemedy(const std::vector<std::string>& command) {
  const std::string line = SudoersLine("$USER", WithoutSudo(command));
  // Within double quotes a shell takes one of two backslashes away.
  return absl::StrFormat(R"(echo "%s" | sudo tee /etc/sudoers.d/wattfleet-powermetrics && )"
                         "sudo chmod 440 /etc/sudoers.d/wattfleet-powermetrics && sudo visudo -c",
                         absl::StrReplaceAll(line, {{"\\", "\\\\"}}));
}

ChannelSpec CombinedSpec(const std::vector<std::string>& command, milliseconds interval) {
  ChannelSpec spec;
  spec.name = "powermetrics/combined";
  spec.kind = SampleKind::kIntervalEnergy;
  spec.scope = Scope::kSocCompute;
  spec.unit = {1, 1'000};
  spec.update_period = interval;
  // A report comes some moments after its span has ended; nobody knows how many.
  spec.part_time = true;
  spec.max_watts = 1'000;
  spec.facts_json = nlohmann::json{{"command", absl::StrJoin(WithoutSudo(command), " ")},
                                   {"read_by", "processor.combined_power x elapsed_ns"},
                                   {"unit", "nJ"},
                                   {"update_period_ms", interval.count()},
                                   {"systematic_relative", SystematicRelative(kHalfWidth)},
                                   {"verified", "untested on hardware"}}
                        .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return spec;
}

}  // namespace

std::string SudoersLine(std::string_view user, std::span<const std::string> command) {
  std::vector<std::string> words;
  for (const std::string& word : command) {
    words.push_back(absl::StrReplaceAll(
        word, {{"\\", "\\\\"}, {",", "\\,"}, {":", "\\:"}, {"=", "\\="}, {" ", "\\ "}}));
  }
  return absl::StrCat(std::string(user), " ALL=(root) NOPASSWD: ", absl::StrJoin(words, " "));
}

absl::StatusOr<std::unique_ptr<PowerSource>> PowermetricsPowerSource::Open(
    const SourceRequest& request, const PowerPaths& /*paths*/) {
  const SourceOptions& options = request.options;
  WF_RETURN_IF_ERROR(
      CheckOptionNames(request, {"interval_ms", "patience_ms", "poll_ms", "program", "sudo"}));
  WF_ASSIGN_OR_RETURN(const auto period, PollPeriodOption(options, milliseconds(10)));
  WF_ASSIGN_OR_RETURN(const milliseconds interval,
                      MillisecondsOption(options, "interval_ms", milliseconds(200), seconds(10)));
  WF_ASSIGN_OR_RETURN(const milliseconds patience,
                      MillisecondsOption(options, "patience_ms", seconds(5), seconds(60)));
  const std::string program = TextOption(options, "program", "/usr/bin/powermetrics");
  if (!FindProgramOnPath(program).ok()) {
    return absl::NotFoundError(absl::StrFormat("no powermetrics here (%s)", program));
  }
  std::vector<std::string> command;
  if (const std::string sudo = TextOption(options, "sudo", "sudo"); sudo != "none") {
    command = {sudo, "-n"};
  }
  for (const std::string& word :
       {program, std::string("-s"), std::string("cpu_power,gpu_power,ane_power"), std::string("-f"),
        std::string("plist"), std::string("-i"), absl::StrCat(interval.count()), std::string("-n"),
        std::string("0"), std::string("-b"), std::string("1")}) {
    command.push_back(word);
  }
  std::unique_ptr<PowermetricsPowerSource> source(
      new PowermetricsPowerSource(std::move(command), interval, period));
  WF_RETURN_IF_ERROR(source->Start());
  WF_RETURN_IF_ERROR(source->AwaitFirst(patience));
  return source;
}

PowermetricsPowerSource::PowermetricsPowerSource(std::vector<std::string> command,
                                                 milliseconds interval,
                                                 std::chrono::nanoseconds poll_period)
    : command_(std::move(command)), interval_(interval), poll_period_(poll_period) {
  specs_.push_back(CombinedSpec(command_, interval_));
}

PowermetricsPowerSource::~PowermetricsPowerSource() = default;

absl::Status PowermetricsPowerSource::Start() {
  process_.reset();
  started_ = clock_.MonotonicNow();
  {
    absl::MutexLock lock(&mutex_);
    splitter_ = PlistSplitter();
    taken_ = {};
    reports_ = 0;
    powered_reports_ = 0;
    anchor_.reset();
  }
  ProcessSpec spec;
  spec.argv = command_;
  spec.on_output = [this](std::string_view bytes) { TakeOutput(bytes); };
  PosixProcessLauncher launcher;
  WF_ASSIGN_OR_RETURN(process_, launcher.Launch(spec));
  return absl::OkStatus();
}

absl::Status PowermetricsPowerSource::AwaitFirst(milliseconds patience) {
  const MonotonicTime deadline = started_ + patience;
  const auto is_decided = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return powered_reports_ > 0 || reports_ >= kReportsWithoutPower;
  };
  while (true) {
    const std::optional<ProcessExit> exit = process_->exit();
    absl::MutexLock lock(&mutex_);
    constexpr absl::Duration kLook = absl::Milliseconds(20);
    if (mutex_.AwaitWithTimeout(absl::Condition(&is_decided),
                                exit ? absl::ZeroDuration() : kLook)) {
      return powered_reports_ > 0
                 ? absl::OkStatus()
                 : absl::UnimplementedError(
                       "powermetrics tells no power on this machine, as in virtual machines");
    }
    if (exit) {
      return WhyEnded(*exit);
    }
    if (clock_.MonotonicNow() >= deadline) {
      return WithRemedy(
          absl::UnavailableError(absl::StrFormat(
              "powermetrics gave no report in %d ms; sudo may be waiting for a password",
              patience.count())),
          PermissionRemedy(command_));
    }
  }
}

absl::Status PowermetricsPowerSource::WhyEnded(const ProcessExit& exit) const {
  process_->WaitForExit(seconds(1));
  const std::string said = process_->OutputTail();
  for (const char* refusal : {"superuser", "password is required", "terminal is required",
                              "not allowed", "may not run", "not in the sudoers file"}) {
    if (absl::StrContains(said, refusal)) {
      return WithRemedy(absl::PermissionDeniedError(absl::StrFormat(
                            "powermetrics may be started only by root: %s", LastLine(said))),
                        PermissionRemedy(command_));
    }
  }
  return absl::UnavailableError(
      absl::StrFormat("powermetrics %s: %s", ExitText(exit), LastLine(said)));
}

void PowermetricsPowerSource::TakeOutput(std::string_view bytes) {
  absl::MutexLock lock(&mutex_);
  splitter_.Add(bytes, [this](std::string_view document) {
    mutex_.AssertHeld();
    TakeDocument(document);
  });
}

void PowermetricsPowerSource::TakeDocument(std::string_view document) {
  ++reports_;
  const absl::StatusOr<PowermetricsReport> report = ParsePowermetricsReport(document);
  const std::optional<std::uint64_t> nanojoules =
      report.ok() ? CombinedNanojoules(*report) : std::nullopt;
  if (!nanojoules) {
    taken_ = {};
    anchor_.reset();
    return;
  }
  ++powered_reports_;
  taken_.nanojoules += *nanojoules;
  taken_.elapsed_ns += report->elapsed_ns;
  taken_.flags |= CheckDrift(report->elapsed_ns);
  taken_.flags |= EnergyDisagrees(*report) ? kFlagCounterSuspect : 0;
  const bool is_hot = !report->thermal_pressure.empty() && report->thermal_pressure != "Nominal";
  taken_.flags |= is_hot ? kFlagThermalThrottled : 0;
}

Flags PowermetricsPowerSource::CheckDrift(std::int64_t elapsed_ns) {
  constexpr double kTolerance = 0.005;
  constexpr double kJitterNs = 1e8;
  const MonotonicTime now = clock_.MonotonicNow();
  if (!anchor_) {
    anchor_ = now;
    since_anchor_ns_ = 0;
    return 0;
  }
  since_anchor_ns_ += elapsed_ns;
  const double passed_ns = std::chrono::duration<double, std::nano>(now - *anchor_).count();
  if (std::abs(passed_ns - static_cast<double>(since_anchor_ns_)) <=
      kTolerance * passed_ns + kJitterNs) {
    return 0;
  }
  anchor_ = now;
  since_anchor_ns_ = 0;
  return kFlagGap;
}

void PowermetricsPowerSource::RestartWhenDue() {
  constexpr seconds kEvery(10);
  if (clock_.MonotonicNow() - started_ >= kEvery) {
    // Whether it could be started shows at the next read.
    Start().IgnoreError();
  }
}

void PowermetricsPowerSource::Read(std::span<ChannelValue> values) {
  values[0] = ChannelValue{};
  const bool has_ended = process_ == nullptr || process_->exit().has_value();
  {
    absl::MutexLock lock(&mutex_);
    if (taken_.elapsed_ns > 0) {
      values[0] = {taken_.nanojoules, std::chrono::nanoseconds(taken_.elapsed_ns), taken_.flags,
                   ReadFault::kNone};
      taken_ = {};
      return;
    }
  }
  if (has_ended) {
    values[0].fault = ReadFault::kLost;
    RestartWhenDue();
  }
}

}  // namespace wattfleet::agent
