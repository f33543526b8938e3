// wattfleet-agent: runs beside an accelerator and works for a coordinator.

#include <csignal>
#include <cstdio>
#include <string>

#include <CLI/CLI.hpp>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "agent/cli/commands.h"
#include "agent/cli/run_agent.h"
#include "agent/config/agent_config.h"
#include "common/process/stop_signals.h"
#include "common/status/status_macros.h"

namespace {

struct Flags {
  std::string config;
  std::string coordinator;
  std::string name;
  std::string spool;
  bool insecure_loopback = false;
  int seconds = 0;
};

absl::StatusOr<wattfleet::agent::AgentConfig> Configure(const Flags& flags) {
  wattfleet::agent::AgentConfig config = wattfleet::agent::DefaultAgentConfig();
  if (!flags.config.empty()) {
    WF_ASSIGN_OR_RETURN(config, wattfleet::agent::LoadAgentConfig(flags.config));
  }
  const auto override_with = [](const std::string& flag, std::string& value) {
    value = flag.empty() ? value : flag;
  };
  override_with(flags.coordinator, config.coordinator);
  override_with(flags.name, config.name);
  override_with(flags.spool, config.spool_directory);
  return config;
}

absl::StatusOr<int> Run(const CLI::App& app, const Flags& flags, const sigset_t& stop) {
  WF_ASSIGN_OR_RETURN(const wattfleet::agent::AgentConfig config, Configure(flags));
  if (app.got_subcommand("doctor")) {
    WF_RETURN_IF_ERROR(wattfleet::agent::DoctorCommand(config, stdout));
    return 0;
  }
  if (app.got_subcommand("meter")) {
    WF_RETURN_IF_ERROR(wattfleet::agent::MeterCommand(config, flags.seconds, stop, stdout));
    return 0;
  }
  if (!flags.insecure_loopback) {
    return absl::InvalidArgumentError(
        "only --insecure-loopback is spoken so far: enrolment with certificates is not there yet");
  }
  return wattfleet::agent::RunAgent(config, WF_VERSION, stop);
}

// 1: it could not go on, a new start may mend it; 2: what it was told is wrong.
int ExitCode(const absl::Status& status) {
  return absl::IsDataLoss(status) || absl::IsUnavailable(status) ? 1 : 2;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Runs beside an accelerator and works for a coordinator.");
  Flags flags;
  app.add_option("--config", flags.config, "agent.yaml");
  app.add_option("--coordinator", flags.coordinator, "HOST:PORT, before what the file says");
  app.add_option("--name", flags.name, "unique in the fleet, before what the file says");
  app.add_option("--spool", flags.spool, "directory of finished results not yet handed over");
  app.add_flag("--insecure-loopback", flags.insecure_loopback,
               "speak without TLS, to a loopback address only");
  app.set_version_flag("--version", WF_VERSION);
  app.fallthrough();
  app.add_subcommand("doctor", "say what this machine can measure and run");
  app.add_subcommand("meter", "print the watts of every channel, once a second")
      ->add_option("--seconds", flags.seconds, "stop after so many; 0 = go on until Ctrl-C")
      ->check(CLI::NonNegativeNumber);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  spdlog::set_default_logger(spdlog::stderr_logger_mt("agent"));
  const sigset_t stop = wattfleet::BlockStopSignals();
  const absl::StatusOr<int> signal = Run(app, flags, stop);
  if (!signal.ok()) {
    std::fprintf(stderr, "wattfleet-agent: %s\n", std::string(signal.status().message()).c_str());
    return ExitCode(signal.status());
  }
  return *signal == SIGINT ? 130 : 0;
}
