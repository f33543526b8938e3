#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include <CLI/CLI.hpp>

#include "coordinator/cli/commands.h"
#include "coordinator/cli/open_fleet.h"
#include "coordinator/cli/templates.h"

namespace wattfleet::coordinator {

namespace {

ExitCode Init(const std::string& directory) {
  const std::filesystem::path folder(directory);
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  for (const Template& file : Templates()) {
    if (std::filesystem::exists(folder / file.name, error)) {
      return Fail(absl::AlreadyExistsError(absl::StrFormat(
          "%s is there already; nothing was written", (folder / file.name).string())));
    }
  }
  for (const Template& file : Templates()) {
    const std::filesystem::path path = folder / file.name;
    std::ofstream out(path, std::ios::binary);
    out << file.text;
    if (!out.flush()) {
      return Fail(absl::UnavailableError(absl::StrFormat("cannot write %s", path.string())));
    }
    std::printf("wrote %s: %s\n", path.c_str(), std::string(file.what).c_str());
  }
  return ExitCode::kDone;
}

}  // namespace

void AddInitCommand(CLI::App& app, Action& action) {
  const auto directory = std::make_shared<std::string>(".");
  CLI::App* command = app.add_subcommand("init", "write commented files to start from");
  command->add_option("directory", *directory, "where")->capture_default_str();
  command->callback([directory, &action] { action = [directory] { return Init(*directory); }; });
}

}  // namespace wattfleet::coordinator
