#include "agent/cli/command_line.h"

#include <csignal>
#include <cstdio>

#include <CLI/CLI.hpp>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "agent/cli/commands.h"
#include "agent/cli/run_agent.h"
#include "agent/config/agent_config.h"
#include "common/process/stop_signals.h"
#include "common/status/status_macros.h"

namespace wattfleet::agent {

namespace {

struct Flags {
  std::string config;
  std::string coordinator;
  std::string name;
  std::string spool;
  bool insecure_loopback = false;
  bool json = false;
  DoctorFlags doctor;
  int self_test_seconds = 5;
  int meter_seconds = 0;
  std::string monitor_listen;
  std::string trace;
  int record_seconds = 0;
};

absl::StatusOr<AgentConfig> Configure(const Flags& flags) {
  AgentConfig config = DefaultAgentConfig();
  if (!flags.config.empty()) {
    WF_ASSIGN_OR_RETURN(config, LoadAgentConfig(flags.config));
  }
  const auto override_with = [](const std::string& flag, std::string& value) {
    value = flag.empty() ? value : flag;
  };
  override_with(flags.coordinator, config.coordinator);
  override_with(flags.name, config.name);
  override_with(flags.spool, config.spool_directory);
  return config;
}

void AddOptions(CLI::App& app, Flags& flags) {
  app.add_option("--config", flags.config, "agent.yaml");
  app.add_option("--coordinator", flags.coordinator, "HOST:PORT, before what the file says");
  app.add_option("--name", flags.name, "unique in the fleet, before what the file says");
  app.add_option("--spool", flags.spool, "directory of finished results not yet handed over");
  app.add_flag("--insecure-loopback", flags.insecure_loopback,
               "speak without TLS, to a loopback address only");
  app.fallthrough();

  CLI::App* const doctor = app.add_subcommand(
      "doctor", "say what this machine can measure and run, and test that its sensors see work");
  doctor->add_flag("--json", flags.json, "one JSON object");
  doctor->add_flag("--quick", flags.doctor.quick, "without the self-test");
  doctor
      ->add_option("--seconds", flags.self_test_seconds,
                   "idle, and as many under load; more for slow sensors")
      ->check(CLI::Range(3, 600))
      ->capture_default_str();

  CLI::App* const meter =
      app.add_subcommand("meter", "print the watts of every channel and class, once a second");
  meter->add_flag("--json", flags.json, "one JSON object a second");
  meter->add_option("--seconds", flags.meter_seconds, "stop after so many; 0 = go on until Ctrl-C")
      ->check(CLI::NonNegativeNumber);

  CLI::App* const monitor = app.add_subcommand(
      "monitor", "serve the channels' energy over gRPC (energy.EnergyMonitor), on loopback");
  monitor->add_option("--listen", flags.monitor_listen, "HOST:PORT; 127.0.0.1:50053 unless given");

  CLI::App* const record = app.add_subcommand(
      "record", "write the raw readings of every sensor to a file, for `source: replay`");
  record->add_option("FILE", flags.trace, "a new file")->required();
  record
      ->add_option("--seconds", flags.record_seconds, "stop after so many; 0 = go on until Ctrl-C")
      ->check(CLI::NonNegativeNumber);
}

int CodeOf(int signal) {
  return signal == SIGINT ? 130 : 0;
}

// The exit code.
absl::StatusOr<int> Run(const CLI::App& app, const Flags& flags, const std::string& version) {
  const CommandContext context{.stop = BlockStopSignals(), .json = flags.json};
  WF_ASSIGN_OR_RETURN(const AgentConfig config, Configure(flags));
  if (app.got_subcommand("doctor")) {
    DoctorFlags doctor = flags.doctor;
    doctor.phase = std::chrono::seconds(flags.self_test_seconds);
    return DoctorCommand(config, doctor, context);
  }
  if (app.got_subcommand("meter")) {
    WF_RETURN_IF_ERROR(MeterCommand(config, flags.meter_seconds, context));
    return 0;
  }
  if (app.got_subcommand("monitor")) {
    WF_RETURN_IF_ERROR(MonitorCommand(config, flags.monitor_listen, context));
    return 0;
  }
  if (app.got_subcommand("record")) {
    WF_RETURN_IF_ERROR(RecordCommand(config, flags.trace, flags.record_seconds, context));
    return 0;
  }
  if (!flags.insecure_loopback) {
    return absl::InvalidArgumentError(
        "only --insecure-loopback is spoken so far: enrolment with certificates is not there yet");
  }
  WF_ASSIGN_OR_RETURN(const int signal, RunAgent(config, version, context.stop));
  return CodeOf(signal);
}

// 1: it could not go on, a new start may mend it; 2: what it was told is wrong.
int CodeOf(const absl::Status& status) {
  return absl::IsDataLoss(status) || absl::IsUnavailable(status) ? 1 : 2;
}

}  // namespace

int RunCommandLine(int argc, char** argv, const std::string& version) {
  CLI::App app("Runs beside an accelerator and works for a coordinator.");
  Flags flags;
  AddOptions(app, flags);
  app.set_version_flag("--version", version);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  spdlog::set_default_logger(spdlog::stderr_logger_mt("agent"));
  const absl::StatusOr<int> code = Run(app, flags, version);
  if (!code.ok()) {
    std::fprintf(stderr, "wattfleet-agent: %s\n", std::string(code.status().message()).c_str());
    return CodeOf(code.status());
  }
  return *code;
}

}  // namespace wattfleet::agent
