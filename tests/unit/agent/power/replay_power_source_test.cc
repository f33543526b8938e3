#include "agent/power/replay/replay_power_source.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/power/reading_recorder.h"
#include "tests/support/scripted_power_source.h"
#include "tests/support/sim_world.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace wattfleet::agent {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::ScriptedPowerSource;
using testing::SimWorld;
using testing::StatusIs;
using testing::TempDir;

constexpr milliseconds kPoll(50);

// Records a counter of 1, 2, 3, ... that has no value at its third read.
class ReplayPowerSourceTest : public ::testing::Test {
 protected:
  void Record(const std::string& path, int reads, int sources = 1) {
    std::vector<std::unique_ptr<Sampler>> samplers;
    for (int i = 0; i < sources; ++i) {
      ChannelSpec spec;
      spec.name = "gpu/energy";
      spec.device_id = "GPU-aa";
      spec.facts_json = R"({"driver":"550"})";
      samplers.push_back(std::make_unique<Sampler>(
          std::make_unique<ScriptedPowerSource>(std::vector<ChannelSpec>{spec}, kPoll,
                                                [count = std::uint64_t{0}](auto values) mutable {
                                                  values[0] = {};
                                                  if (++count != 3) {
                                                    values[0].raw = count;
                                                    values[0].fault = ReadFault::kNone;
                                                  }
                                                }),
          world_));
    }
    Sampler* const sampler = samplers.front().get();
    WF_ASSERT_OK_AND_ASSIGN(const auto recorder,
                            ReadingRecorder::Create(path, "lab-1", std::move(samplers), world_));
    for (int i = 0; i < reads; ++i) {
      sampler->PollOnce();
      world_.RunFor(kPoll);
    }
    ASSERT_THAT(recorder->Finish(), IsOk());
    EXPECT_EQ(recorder->readings(), reads);
  }
  std::string Recorded(int reads) {
    Record(dir_.Path("trace"), reads);
    return dir_.Path("trace");
  }
  ChannelValue Next(PowerSource& source, milliseconds later = kPoll) {
    std::vector<ChannelValue> values(1);
    source.Read(values);
    world_.RunFor(later);
    return values[0];
  }

  TempDir dir_;
  SimWorld world_;
};

TEST_F(ReplayPowerSourceTest, PlaysEachReadingOnceAndThenIsLost) {
  WF_ASSERT_OK_AND_ASSIGN(const RecordedReadings trace, ReadReadingsFile(Recorded(4)));
  ReplayPowerSource replay(trace, 0, world_);

  EXPECT_EQ(replay.poll_period(), kPoll);
  EXPECT_EQ(Next(replay).raw, 1U);
  EXPECT_EQ(Next(replay).raw, 2U);
  EXPECT_EQ(Next(replay).fault, ReadFault::kUnavailable);
  EXPECT_EQ(Next(replay).raw, 4U);
  EXPECT_EQ(Next(replay).fault, ReadFault::kLost);
  EXPECT_EQ(Next(replay).fault, ReadFault::kLost);
}

TEST_F(ReplayPowerSourceTest, KeepsTheRecordingsPaceWhateverItsReaders) {
  WF_ASSERT_OK_AND_ASSIGN(const RecordedReadings trace, ReadReadingsFile(Recorded(10)));
  ReplayPowerSource replay(trace, 0, world_);

  EXPECT_EQ(Next(replay, milliseconds(10)).raw, 1U);
  EXPECT_EQ(Next(replay, milliseconds(240)).fault, ReadFault::kUnavailable);  // too soon
  EXPECT_EQ(Next(replay).raw, 6U);                                            // and late
}

TEST_F(ReplayPowerSourceTest, ItsChannelsAreNoSensorsOfThisMachine) {
  WF_ASSERT_OK_AND_ASSIGN(const auto replay,
                          ReplayPowerSource::Open({"replay", {{"file", Recorded(2)}}}, {}));

  const ChannelSpec& spec = replay->channels()[0];
  EXPECT_EQ(spec.name, "replay/gpu/energy");
  EXPECT_EQ(spec.scope, Scope::kRecorded);
  EXPECT_FALSE(IsSensorScope(spec.scope));
  EXPECT_EQ(spec.device_id, "");
  EXPECT_THAT(spec.facts_json, HasSubstr(R"("scope":"accelerator")"));
  EXPECT_THAT(spec.facts_json, HasSubstr(R"("driver":"550")"));
}

TEST_F(ReplayPowerSourceTest, SaysWhatIsWrongWithItsFile) {
  const auto open = [](SourceOptions options) {
    return ReplayPowerSource::Open({"replay", std::move(options)}, {});
  };
  Record(dir_.Path("two"), 1, 2);

  EXPECT_THAT(open({}), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("file is missing")));
  EXPECT_THAT(open({{"file", dir_.Path("none")}}),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("none")));
  EXPECT_THAT(open({{"file", dir_.Path("two")}}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("scripted, scripted")));
  EXPECT_THAT(open({{"file", dir_.Path("two")}, {"recorded", "scripted"}}), IsOk());
  EXPECT_THAT(open({{"file", Recorded(0)}}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("holds no reading")));
  EXPECT_THAT(open({{"fil", "x"}}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("nearest is \"file\"")));
}

}  // namespace
}  // namespace wattfleet::agent
