#ifndef WF_TESTS_SUPPORT_FAKE_AMD_SCRIPT_H_
#define WF_TESTS_SUPPORT_FAKE_AMD_SCRIPT_H_

#include <string>

#include "tests/support/fake_gpu_script.h"

namespace wattfleet::testing {

// The fake libamd_smi.so and librocm_smi64.so.
std::string FakeAmdSmiLibrary();
std::string FakeRocmSmiLibrary();

// The script of both: one line each, those after `gpu` are of that GPU:
//
//   init CODE                starting the library fails
//   version A B C            AMD SMI's structures are those of version A: 23, 24, 25, 26
//   gpu BUS_ID NAME          e.g. gpu 0000:c3:00.0 AMD Instinct MI300X
//   resolution UJ            what the library says that a count is; it always is 2^-16 J; 15.3
//   counter_gain G           the counter sees G times what is drawn; power does not
//   start_j J                the counter's value long before zero
//   power_kind KIND          current (standard), average or none
//   silent                   power and energy are 0, as of the second die of an MI250
//   ones                     what it lacks is all ones instead
//   short_counter            the counter has 32 bits
//
// and the words of fake_waveform.h, update_s being 0.001, with CALL: energy power bdf and, for
// `fail`, all.
class FakeAmdScript final : public FakeGpuScript {
 public:
  FakeAmdScript() : FakeGpuScript("FAKE_AMD_SCRIPT") {}
};

}  // namespace wattfleet::testing

#endif  // WF_TESTS_SUPPORT_FAKE_AMD_SCRIPT_H_
