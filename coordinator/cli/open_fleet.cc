#include "coordinator/cli/open_fleet.h"

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <system_error>

#include <CLI/CLI.hpp>

#include "coordinator/cli/grpc_fleet_client.h"
#include "coordinator/cli/stored_fleet_client.h"

namespace wattfleet::coordinator {

namespace {

// A coordinator named on the command line may be slow to answer; one that died leaves its address
// behind, and a refused connection is told at once.
constexpr std::chrono::seconds kNamedPatience{5};
constexpr std::chrono::seconds kFoundPatience{2};

// What the coordinator at work on `data` says where it listens; empty when none ever did.
std::string AddressIn(const std::string& data) {
  std::ifstream file(std::filesystem::path(data) / "coordinator.address");
  std::string address;
  std::getline(file, address);
  return address;
}

}  // namespace

void AddPlaceOptions(CLI::App& command, FleetPlace& place) {
  command.add_option("--data", place.data, "data directory")->capture_default_str();
  command.add_option("--coordinator", place.coordinator, "HOST:PORT of a running coordinator");
}

absl::StatusOr<std::unique_ptr<FleetClient>> OpenFleet(const FleetPlace& place) {
  if (!place.coordinator.empty()) {
    return ConnectFleet(place.coordinator, kNamedPatience);
  }
  if (const std::string address = AddressIn(place.data); !address.empty()) {
    auto client = ConnectFleet(address, kFoundPatience);
    if (client.ok()) {
      return client;
    }
  }
  return OpenStoredFleet(place.data);
}

ExitCode Fail(const absl::Status& status) {
  std::fprintf(stderr, "wattfleet: %s\n", std::string(status.message()).c_str());
  return ExitCodeOf(status);
}

}  // namespace wattfleet::coordinator
