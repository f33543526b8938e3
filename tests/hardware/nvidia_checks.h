#ifndef WF_TESTS_HARDWARE_NVIDIA_CHECKS_H_
#define WF_TESTS_HARDWARE_NVIDIA_CHECKS_H_

#include <string>

#include "tests/hardware/check_list.h"
#include "tests/hardware/gpu_work.h"
#include "tests/hardware/nvidia_machine.h"

namespace wattfleet::hardware {

// What the GPU and its driver offer: functions, fields by scope, persistence, MIG, power limit.
void ListSupport(const NvidiaMachine& machine, CheckList& list);
// How often each sensor changes, and what a call costs.
void ProbeSensors(const NvidiaMachine& machine, const CheckTimes& times, GpuWork* work,
                  CheckList& list);
// Mean power with nothing to do. `state`: "cold" or "with a CUDA context".
void MeasureIdle(const NvidiaMachine& machine, const CheckTimes& times, const std::string& state,
                 CheckList& list);
// The counter against the integral of power, over one busy stretch; what it was held back by.
void CompareCounterWithPower(const NvidiaMachine& machine, const CheckTimes& times, GpuWork& work,
                             CheckList& list);
// The energy of each of many equal bursts, as the agent's meter books it.
void ScatterOfBursts(const NvidiaMachine& machine, const CheckTimes& times, GpuWork& work,
                     CheckList& list);
// Over how long the power sensor looks.
void InferWindow(const NvidiaMachine& machine, const CheckTimes& times, GpuWork& work,
                 CheckList& list);
// What sampling costs the work.
void CostOfSampling(const NvidiaMachine& machine, const CheckTimes& times, GpuWork& work,
                    CheckList& list);
// Records the raw readings of an idle and of a busy stretch into `folder`.
void RecordTraces(const NvidiaMachine& machine, const CheckTimes& times, GpuWork& work,
                  const std::string& folder, CheckList& list);

}  // namespace wattfleet::hardware

#endif  // WF_TESTS_HARDWARE_NVIDIA_CHECKS_H_
