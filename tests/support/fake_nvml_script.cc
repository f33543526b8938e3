#include "tests/support/fake_nvml_script.h"

namespace wattfleet::testing {

std::string FakeNvmlLibrary() {
  return WF_FAKE_NVML;
}
std::string FakeNvmlLibraryWithoutFields() {
  return WF_FAKE_NVML_WITHOUT_FIELDS;
}

}  // namespace wattfleet::testing
