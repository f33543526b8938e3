#include "coordinator/cli/own_program.h"

#include <filesystem>
#include <system_error>

namespace wattfleet::coordinator {

std::string OwnProgram(const std::string& name) {
  std::error_code error;
  const std::filesystem::path beside =
      std::filesystem::read_symlink("/proc/self/exe", error).parent_path() / name;
  return std::filesystem::exists(beside, error) ? beside.string() : name;
}

}  // namespace wattfleet::coordinator
