#include "tests/support/fake_amd_script.h"

namespace wattfleet::testing {

std::string FakeAmdSmiLibrary() {
  return WF_FAKE_AMD_SMI;
}
std::string FakeRocmSmiLibrary() {
  return WF_FAKE_ROCM_SMI;
}

}  // namespace wattfleet::testing
