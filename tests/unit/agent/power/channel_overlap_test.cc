#include "agent/power/channel_overlap.h"

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace wattfleet::agent {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::StatusIs;

class NamedSource final : public PowerSource {
 public:
  NamedSource(std::string name, std::vector<ChannelSpec> specs)
      : name_(std::move(name)), specs_(std::move(specs)) {}
  const std::string& name() const override { return name_; }
  const std::vector<ChannelSpec>& channels() const override { return specs_; }
  std::chrono::nanoseconds poll_period() const override { return std::chrono::milliseconds(50); }
  void Read(std::span<ChannelValue>) override {}

 private:
  const std::string name_;
  const std::vector<ChannelSpec> specs_;
};

ChannelSpec Channel(const std::string& name, Scope scope, const std::string& device = "") {
  return {.name = name, .scope = scope, .device_id = device};
}

using Config = std::vector<std::pair<std::string, std::vector<ChannelSpec>>>;

absl::Status Check(const Config& config) {
  std::vector<std::unique_ptr<PowerSource>> sources;
  for (const auto& [name, specs] : config) {
    sources.push_back(std::make_unique<NamedSource>(name, specs));
  }
  return CheckNoOverlap(sources);
}

TEST(ChannelOverlapTest, AnOrdinaryServerIsFine) {
  EXPECT_THAT(Check({{"nvml",
                      {Channel("nvml/a", Scope::kAccelerator, "GPU-a"),
                       Channel("nvml/b", Scope::kAccelerator, "GPU-b")}},
                     {"rapl",
                      {Channel("rapl/package-0", Scope::kCpuPackage),
                       Channel("rapl/package-1", Scope::kCpuPackage),
                       Channel("rapl/package-0/dram", Scope::kDram)}}}),
              IsOk());
}

TEST(ChannelOverlapTest, ContainersAreAlternativesOfWhichAClassTakesOne) {
  // A platform around its packages, a plug around everything, two sources of one scope, a Mac's
  // parts and what its tool combines of them.
  EXPECT_THAT(Check({{"rapl",
                      {Channel("rapl/package-0", Scope::kCpuPackage),
                       Channel("rapl/psys", Scope::kPlatform)}},
                     {"shelly", {Channel("shelly/plug", Scope::kWall)}},
                     {"nvml", {Channel("nvml/a", Scope::kAccelerator, "GPU-a")}},
                     {"prometheus", {Channel("prometheus/dcgm", Scope::kAccelerator, "GPU-a")}},
                     {"ioreport", {Channel("ioreport/cpu", Scope::kSocCpu)}},
                     {"powermetrics", {Channel("powermetrics/combined", Scope::kSocCompute)}}}),
              IsOk());
}

TEST(ChannelOverlapTest, OneDeviceTwiceFromOneSourceIsRefused) {
  EXPECT_THAT(Check({{"prometheus", {Channel("prometheus/joules", Scope::kAccelerator, "GPU-a")}},
                     {"prometheus", {Channel("prometheus/watts", Scope::kAccelerator, "GPU-a")}}}),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       AllOf(HasSubstr("prometheus/joules (accelerator of GPU-a)"),
                             HasSubstr("prometheus/watts"), HasSubstr("twice"))));
}

TEST(ChannelOverlapTest, ADeviceAndTheHostAroundItFromOneSourceAreRefused) {
  EXPECT_THAT(Check({{"prometheus",
                      {Channel("prometheus/gpus", Scope::kAccelerator),
                       Channel("prometheus/gpu-a", Scope::kAccelerator, "GPU-a")}}}),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("of the whole host")));
}

TEST(ChannelOverlapTest, APartOfADeviceAndAnotherPartAreNotOneThing) {
  EXPECT_THAT(Check({{"prometheus",
                      {Channel("prometheus/cpu", Scope::kSocCpu, "soc"),
                       Channel("prometheus/gpu", Scope::kSocGpu, "soc"),
                       Channel("prometheus/dram", Scope::kDram, "soc")}}}),
              IsOk());
}

TEST(ChannelOverlapTest, ASourceListedTwiceIsRefused) {
  EXPECT_THAT(Check({{"rapl", {Channel("rapl/package-0", Scope::kCpuPackage)}},
                     {"rapl", {Channel("rapl/package-0", Scope::kCpuPackage)}}}),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("listed twice")));
}

}  // namespace
}  // namespace wattfleet::agent
