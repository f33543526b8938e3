// Holds a machine with an NVIDIA GPU against what the agent takes for granted of such machines, and
// records its raw readings. tests/hardware/run.sh builds and runs it.
//
//   nvidia_checks OUT_FOLDER [--quick] [--gpu N] [--nvml-lib PATH] [--cuda-lib PATH]
//   [--pretend-work]
//
// Ends with 0 when every check holds, 1 when one does not, 77 when there is no such GPU here.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "common/time/system_clock.h"
#include "tests/hardware/nvidia_checks.h"

namespace wattfleet::hardware {
namespace {

constexpr int kSkipped = 77;

struct Options {
  std::string folder;
  std::string nvml_library = "libnvidia-ml.so.1";
  std::string cuda_library = "libcuda.so.1";
  std::size_t gpu = 0;
  CheckTimes times;
  bool pretend_work = false;
};

bool ReadOptions(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const bool has_value = i + 1 < argc;
    if (word == "--quick") {
      using std::chrono::milliseconds;
      options.times = {
          milliseconds(600), milliseconds(1'200), milliseconds(600), milliseconds(1'000), 3, 1};
    } else if (word == "--pretend-work") {
      options.pretend_work = true;
    } else if (word == "--nvml-lib" && has_value) {
      options.nvml_library = argv[++i];
    } else if (word == "--cuda-lib" && has_value) {
      options.cuda_library = argv[++i];
    } else if (word == "--gpu" && has_value) {
      options.gpu = static_cast<std::size_t>(std::strtoul(argv[++i], nullptr, 10));
    } else if (options.folder.empty() && word.rfind("--", 0) != 0) {
      options.folder = word;
    } else {
      return false;
    }
  }
  return !options.folder.empty();
}

void RunWithWork(const NvidiaMachine& machine, const Options& options, GpuWork& work,
                 CheckList& list) {
  list.Begin(std::string("work: ") + work.what());
  MeasureIdle(machine, options.times, "with a CUDA context", list);
  ProbeSensors(machine, options.times, &work, list);
  CompareCounterWithPower(machine, options.times, work, list);
  ScatterOfBursts(machine, options.times, work, list);
  InferWindow(machine, options.times, work, list);
  CostOfSampling(machine, options.times, work, list);
  list.Begin("recording");
  RecordTraces(machine, options.times, work, options.folder, list);
}

int Run(const Options& options) {
  const SystemClock clock;
  const auto machine = NvidiaMachine::Open(options.nvml_library, options.gpu, clock);
  if (!machine.ok()) {
    std::printf("skipped: no NVIDIA GPU can be read here: %s\n",
                std::string(machine.status().message()).c_str());
    return kSkipped;
  }
  std::filesystem::create_directories(options.folder);
  CheckList list(stdout);
  list.Begin("support");
  ListSupport(**machine, list);
  list.Begin("idle");
  MeasureIdle(**machine, options.times, "cold", list);
  std::unique_ptr<GpuWork> work;
  if (options.pretend_work) {
    work = PretendedWork();
  } else if (auto cuda = OpenCudaWork(options.cuda_library, (*machine)->gpu().uuid, clock);
             cuda.ok()) {
    work = *std::move(cuda);
  } else {
    list.Skip("everything under load", std::string(cuda.status().message()));
  }
  if (work != nullptr) {
    RunWithWork(**machine, options, *work, list);
  }
  std::ofstream(options.folder + "/nvidia-checks.json") << list.Json();
  std::printf("%d checks failed; figures and traces are in %s\n", list.failures(),
              options.folder.c_str());
  return list.failures() == 0 ? 0 : 1;
}

}  // namespace
}  // namespace wattfleet::hardware

int main(int argc, char** argv) {
  wattfleet::hardware::Options options;
  if (!wattfleet::hardware::ReadOptions(argc, argv, options)) {
    std::fprintf(stderr,
                 "usage: nvidia_checks OUT_FOLDER [--quick] [--gpu N] [--nvml-lib PATH] "
                 "[--cuda-lib PATH] [--pretend-work]\n");
    return 2;
  }
  return wattfleet::hardware::Run(options);
}
