#include "agent/power/readings_file.h"

#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/power/readings_text.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace wattfleet::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::StatusIs;
using testing::TempDir;

ReadingsHeader TwoSources() {
  ChannelSpec counter;
  counter.name = "rapl/package-0";
  counter.scope = Scope::kCpuPackage;
  counter.unit = {1, 65'536};
  counter.modulus = 1ULL << 32;
  counter.update_period = milliseconds(1);
  counter.facts_json = R"({"unit":"uJ"})";
  ChannelSpec power;
  power.name = "nvml/GPU-aa/power";
  power.kind = SampleKind::kPowerAverage;
  power.device_id = "GPU-aa";
  power.window = milliseconds(1'000);
  power.part_time = true;
  power.max_watts = 1'050.5;
  ChannelSpec interval;
  interval.name = "powermetrics/cpu";
  interval.kind = SampleKind::kIntervalEnergy;
  interval.may_stand_still = true;
  ReadingsHeader header;
  header.recorded_unix_ms = 1'700'000'000'000;
  header.machine = "lab-1";
  header.sources = {{"rapl", milliseconds(50), {counter}},
                    {"nvml", milliseconds(100), {power, interval}}};
  return header;
}

std::vector<RecordedReading> SomeReadings() {
  return {
      {0, 1'000, 1'200, {{.raw = 18'446'744'073'709'551'615U, .fault = ReadFault::kNone}}},
      {1,
       900,
       950,
       {{.raw = 0, .fault = ReadFault::kNone},
        {.raw = 7,
         .elapsed = nanoseconds(200'000'000),
         .flags = kFlagSlowRead | kFlagMigShared,
         .fault = ReadFault::kNone}}},
      {0, 51'000, 51'100, {{.flags = kFlagSuspended, .fault = ReadFault::kUnavailable}}},
      {0, 101'000, 101'100, {{.fault = ReadFault::kLost}}},
  };
}

void ExpectSame(const ChannelSpec& a, const ChannelSpec& b) {
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.kind, b.kind);
  EXPECT_EQ(a.scope, b.scope);
  EXPECT_EQ(a.device_id, b.device_id);
  EXPECT_EQ(a.unit, b.unit);
  EXPECT_EQ(a.update_period, b.update_period);
  EXPECT_EQ(a.window, b.window);
  EXPECT_EQ(a.modulus, b.modulus);
  EXPECT_EQ(a.max_watts, b.max_watts);
  EXPECT_EQ(a.may_stand_still, b.may_stand_still);
  EXPECT_EQ(a.part_time, b.part_time);
}

TEST(ReadingsFileTest, WhatWasWrittenIsReadBack) {
  const TempDir dir;
  WF_ASSERT_OK_AND_ASSIGN(const auto writer, ReadingsWriter::Create(dir.Path("t"), TwoSources()));
  for (const RecordedReading& reading : SomeReadings()) {
    ASSERT_THAT(writer->Add(reading), IsOk());
  }
  ASSERT_THAT(writer->Finish(), IsOk());

  WF_ASSERT_OK_AND_ASSIGN(const RecordedReadings trace, ReadReadingsFile(dir.Path("t")));

  const ReadingsHeader header = TwoSources();
  EXPECT_EQ(trace.header.machine, "lab-1");
  EXPECT_EQ(trace.header.recorded_unix_ms, header.recorded_unix_ms);
  ASSERT_EQ(trace.header.sources.size(), 2U);
  EXPECT_EQ(trace.header.sources[0].channels[0].facts_json, R"({"unit":"uJ"})");
  for (std::size_t s = 0; s < 2; ++s) {
    EXPECT_EQ(trace.header.sources[s].name, header.sources[s].name);
    EXPECT_EQ(trace.header.sources[s].poll_period, header.sources[s].poll_period);
    for (std::size_t c = 0; c < header.sources[s].channels.size(); ++c) {
      ExpectSame(trace.header.sources[s].channels[c], header.sources[s].channels[c]);
    }
  }
  ASSERT_EQ(trace.readings.size(), 4U);
  for (std::size_t i = 0; i < 4; ++i) {
    const RecordedReading wanted = SomeReadings()[i];
    EXPECT_EQ(trace.readings[i].source, wanted.source);
    EXPECT_EQ(trace.readings[i].before_ns, wanted.before_ns);
    EXPECT_EQ(trace.readings[i].after_ns, wanted.after_ns);
    ASSERT_EQ(trace.readings[i].values.size(), wanted.values.size());
    for (std::size_t c = 0; c < wanted.values.size(); ++c) {
      EXPECT_EQ(trace.readings[i].values[c].raw, wanted.values[c].raw);
      EXPECT_EQ(trace.readings[i].values[c].elapsed, wanted.values[c].elapsed);
      EXPECT_EQ(trace.readings[i].values[c].flags, wanted.values[c].flags);
      EXPECT_EQ(trace.readings[i].values[c].fault, wanted.values[c].fault);
    }
  }
}

TEST(ReadingsFileTest, NothingIsOverwritten) {
  const TempDir dir;
  const std::string path = dir.Write("t", "precious");

  EXPECT_THAT(ReadingsWriter::Create(path, TwoSources()),
              StatusIs(absl::StatusCode::kAlreadyExists, HasSubstr(path)));
}

TEST(ReadingsFileTest, AFileThatWasNotEndedIsRefused) {
  const TempDir dir;
  {
    WF_ASSERT_OK_AND_ASSIGN(const auto writer, ReadingsWriter::Create(dir.Path("t"), TwoSources()));
    ASSERT_THAT(writer->Add(SomeReadings()[0]), IsOk());
  }

  EXPECT_THAT(ReadReadingsFile(dir.Path("t")),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("cut off")));
  EXPECT_THAT(ReadReadingsFile(dir.Write("text", "not compressed")),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("not a zstd file")));
  EXPECT_THAT(ReadReadingsFile(dir.Path("none")),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("none")));
}

TEST(ReadingsTextTest, AMissingValueIsEmptyAndNamed) {
  std::string text;
  AppendReading(SomeReadings()[2], text);

  EXPECT_EQ(text, "0,51000,51100,0,,,SUSPENDED,unavailable\n");
}

class BadReadingsTest : public ::testing::TestWithParam<std::string> {};

TEST_P(BadReadingsTest, ALineOutOfPlaceIsNamed) {
  const std::string text =
      ReadingsHeaderText(TwoSources()) + "0,10,20,0,5,,,\n" + GetParam() + "\n" + ReadingsEndText();

  EXPECT_THAT(ParseReadings(text, "t"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("t:4: ")));
}

INSTANTIATE_TEST_SUITE_P(Lines, BadReadingsTest,
                         ::testing::Values("", "0,30,40,0,5,,", "0,30,40,0,-5,,,", "0,30,40,0,,,,",
                                           "0,30,40,0,5,,,lost", "0,30,40,0,5,,NO_SUCH_FLAG,",
                                           "0,30,40,0,5,,,broken", "0,40,30,0,5,,,",
                                           "0,19,40,0,5,,,", "2,30,40,0,5,,,", "0,30,40,1,5,,,",
                                           "0,30,40,0,nan,,,", "0,30,40,0,5,-1,,",
                                           "1,30,40,1,5,,,"));

TEST(ReadingsTextTest, AReadingWithoutAllItsChannelsIsRefused) {
  const std::string half = ReadingsHeaderText(TwoSources()) + "1,10,20,0,5,,,\n";

  EXPECT_THAT(ParseReadings(half + ReadingsEndText(), "t"),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("cut off")));
  EXPECT_THAT(ParseReadings(half + "0,30,40,0,5,,,\n" + ReadingsEndText(), "t"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("t:4: ")));
}

TEST(ReadingsTextTest, AHeaderThatIsNotOneIsRefused) {
  for (const char* header :
       {"", "{}", "# []", "# {\"schema\":\"other/1\"}", "# {\"schema\":\"wattfleet.readings/1\"}",
        "# {\"schema\":\"wattfleet.readings/1\",\"recorded_unix_ms\":1,\"machine\":\"m\","
        "\"sources\":[{\"name\":\"a\",\"poll_period_ns\":0,\"channels\":[]}]}"}) {
    EXPECT_FALSE(ParseReadings(std::string(header) + "\n", "t").ok()) << header;
  }
  std::string zero_unit = ReadingsHeaderText(TwoSources()) + ReadingsEndText();
  zero_unit.replace(zero_unit.find("[1,65536]"), 9, "[1,0]");
  EXPECT_THAT(ParseReadings(zero_unit, "t"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("rapl/package-0")));
}

}  // namespace
}  // namespace wattfleet::agent
