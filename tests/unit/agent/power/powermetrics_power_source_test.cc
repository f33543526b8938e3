#include "agent/power/powermetrics/powermetrics_power_source.h"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/power/remedy.h"
#include "tests/support/fake_powermetrics.h"
#include "tests/support/status_matchers.h"

namespace wattfleet::agent {
namespace {

using testing::FakePowermetrics;
using ::testing::HasSubstr;
using testing::StatusIs;

// The fake comes up, and writes, when the machine lets it. Waits end when it does; a run that
// reaches these limits has a fault, however busy its machine is.
constexpr char kPatienceMs[] = "60000";
constexpr int kLooks = 24'000;  // 5 ms apart

SourceRequest RequestOf(const FakePowermetrics& fake, const SourceOptions& more = {}) {
  SourceOptions options = {{"program", fake.path()}, {"sudo", "none"}, {"interval_ms", "50"}};
  options.insert_or_assign("patience_ms", kPatienceMs);
  for (const auto& [name, value] : more) {
    options.insert_or_assign(name, value);
  }
  return {"powermetrics", options};
}

absl::StatusOr<std::unique_ptr<PowerSource>> Open(const FakePowermetrics& fake,
                                                  const SourceOptions& more = {}) {
  return PowermetricsPowerSource::Open(RequestOf(fake, more), {});
}

// Looks until a read says something; the reports come at real pace.
ChannelValue AwaitValue(PowerSource& source) {
  ChannelValue value;
  const auto has_value = [&] {
    source.Read(std::span(&value, 1));
    return value.fault != ReadFault::kUnavailable;
  };
  absl::Mutex mutex;
  absl::MutexLock lock(&mutex);
  for (int i = 0; i < kLooks && !has_value(); ++i) {
    bool never = false;
    mutex.AwaitWithTimeout(absl::Condition(&never), absl::Milliseconds(5));
  }
  return value;
}

double Watts(const ChannelValue& value) {
  return static_cast<double>(value.raw) / static_cast<double>(value.elapsed.count());
}

TEST(PowermetricsPowerSourceTest, TellsTheEnergyAndTheTimeOfEachReport) {
  FakePowermetrics fake;
  fake.Line("power 0 24");
  WF_ASSERT_OK_AND_ASSIGN(const auto source, Open(fake));

  ASSERT_EQ(source->channels().size(), 1U);
  EXPECT_EQ(source->channels()[0].name, "powermetrics/combined");
  EXPECT_EQ(source->channels()[0].kind, SampleKind::kIntervalEnergy);
  EXPECT_EQ(source->channels()[0].scope, Scope::kSocCompute);
  EXPECT_THAT(source->channels()[0].facts_json, HasSubstr(R"("systematic_relative":0.0866)"));
  for (int i = 0; i < 3; ++i) {
    const ChannelValue value = AwaitValue(*source);
    ASSERT_EQ(value.fault, ReadFault::kNone);
    EXPECT_NEAR(Watts(value), 24, 0.001);
    EXPECT_GE(value.elapsed, std::chrono::milliseconds(20));
    // A machine that is busy elsewhere may be late to read what has come.
    EXPECT_EQ(value.flags & ~kFlagGap, 0U);
  }
  ChannelValue value;
  source->Read(std::span(&value, 1));
  EXPECT_EQ(value.fault, ReadFault::kUnavailable);  // nothing new; and it did not wait
}

struct Oddity {
  std::string name;
  std::vector<std::string> lines;
  Flags flags = 0;
};

class OddPowermetricsTest : public ::testing::TestWithParam<Oddity> {};

TEST_P(OddPowermetricsTest, IsReadAllTheSame) {
  FakePowermetrics fake;
  fake.Line("power 0 24");
  for (const std::string& line : GetParam().lines) {
    fake.Line(line);
  }
  WF_ASSERT_OK_AND_ASSIGN(const auto source, Open(fake));
  for (int i = 0; i < 4; ++i) {
    const ChannelValue value = AwaitValue(*source);
    ASSERT_EQ(value.fault, ReadFault::kNone);
    EXPECT_NEAR(Watts(value), 24, 0.1);
    EXPECT_EQ(value.flags & ~kFlagGap, GetParam().flags);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Powermetrics, OddPowermetricsTest,
    ::testing::Values(Oddity{"Integers", {"integer"}}, Oddity{"BytesOneByOne", {"split"}},
                      Oddity{"StrayIdleRatio", {"stray_ratio"}},
                      Oddity{"NoCombinedPower", {"without combined_power"}},
                      Oddity{"NoEnergies", {"without cpu_energy gpu_energy ane_energy"}},
                      Oddity{"OnlyEnergies",
                             {"without combined_power cpu_power gpu_power ane_power"}},
                      Oddity{"Malformed", {"malformed"}}, Oddity{"Garbage", {"garbage 5000000"}},
                      Oddity{"Hot", {"thermal Heavy"}, kFlagThermalThrottled},
                      Oddity{"Lying", {"lying"}, kFlagCounterSuspect}),
    [](const auto& oddity) { return oddity.param.name; });

TEST(PowermetricsPowerSourceTest, SaysHowToAllowItWhereSudoRefuses) {
  for (const char* refusal :
       {"powermetrics must be invoked as the superuser", "sudo: a password is required",
        "sudo: a terminal is required to read the password"}) {
    FakePowermetrics fake;
    fake.Line(std::string("refuse ") + refusal);
    const auto source = Open(fake);
    EXPECT_THAT(source, StatusIs(absl::StatusCode::kPermissionDenied, HasSubstr(refusal)));
    EXPECT_THAT(RemedyOf(source.status()),
                HasSubstr("NOPASSWD: " + fake.path() +
                          R"( -s cpu_power\\,gpu_power\\,ane_power -f plist -i 50 -n 0 -b 1")"));
  }
}

TEST(PowermetricsPowerSourceTest, DoesNotWaitForAPromptForEver) {
  FakePowermetrics fake;
  fake.Line("hang");

  const auto source = Open(fake, {{"patience_ms", "200"}});

  EXPECT_THAT(source, StatusIs(absl::StatusCode::kUnavailable, HasSubstr("in 200 ms")));
  EXPECT_THAT(RemedyOf(source.status()), HasSubstr("/etc/sudoers.d/"));
}

TEST(PowermetricsPowerSourceTest, AMachineWithoutPowerInItsReportsHasNoSensor) {
  for (const char* line : {"zeros", "without combined_power cpu_power cpu_energy"}) {
    FakePowermetrics fake;
    fake.Line("power 0 24").Line(line);
    EXPECT_THAT(Open(fake), StatusIs(absl::StatusCode::kUnimplemented, HasSubstr("no power")));
  }
}

TEST(PowermetricsPowerSourceTest, IsNotFoundWithoutTheProgramAndUnavailableWhenItBreaks) {
  EXPECT_THAT(PowermetricsPowerSource::Open({"powermetrics", {{"program", "/nowhere/it"}}}, {}),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("/nowhere/it")));
  FakePowermetrics fake;
  fake.Line("refuse powermetrics: unrecognized sampler");
  EXPECT_THAT(Open(fake), StatusIs(absl::StatusCode::kUnavailable,
                                   HasSubstr("ended with code 1: powermetrics: unrecognized")));
  EXPECT_THAT(PowermetricsPowerSource::Open(
                  {"powermetrics", {{"program", fake.path()}, {"interval_ms", "5"}}}, {}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("interval_ms")));
}

TEST(PowermetricsPowerSourceTest, AProgramThatEndsIsALostChannel) {
  FakePowermetrics fake;
  fake.Line("power 0 24").Line("reports 2");
  WF_ASSERT_OK_AND_ASSIGN(const auto source, Open(fake));

  EXPECT_EQ(AwaitValue(*source).fault, ReadFault::kNone);
  ChannelValue value = AwaitValue(*source);
  if (value.fault == ReadFault::kNone) {
    value = AwaitValue(*source);
  }
  EXPECT_EQ(value.fault, ReadFault::kLost);
}

TEST(SudoersLineTest, EscapesWhatSudoersReadsAsItsOwn) {
  const std::vector<std::string> command = {"/usr/bin/powermetrics", "-s", "cpu_power,gpu_power",
                                            "a:b=c d\\"};

  EXPECT_EQ(
      SudoersLine("ann", command),
      R"(ann ALL=(root) NOPASSWD: /usr/bin/powermetrics -s cpu_power\,gpu_power a\:b\=c\ d\\)");
}

}  // namespace
}  // namespace wattfleet::agent
