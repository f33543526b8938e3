// Management controllers that answer over Redfish by script.
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/power/remedy.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/agent/power/network_fixture.h"

namespace wattfleet::agent {
namespace {

using absl::StatusCode;
using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::ScriptedRequest;
using testing::StatusIs;

constexpr char kChassis[] = "/redfish/v1/Chassis";
constexpr char kOne[] = "/redfish/v1/Chassis/1";

std::string Members(const std::vector<std::string>& paths) {
  std::string members;
  for (const std::string& path : paths) {
    absl::StrAppend(&members, members.empty() ? "" : ",", R"({"@odata.id":")", path, R"("})");
  }
  return absl::StrCat(R"({"Members":[)", members, "]}");
}

std::string Watts(const std::string& name, const std::string& reading) {
  return absl::StrCat(R"({")", name, R"(":{"Reading":)", reading, "}}");
}

TEST(RedfishSourceTest, PrefersEnvironmentMetrics) {
  Device bmc;
  bmc.Say(kChassis, Members({kOne}))
      .Say(absl::StrCat(kOne, "/EnvironmentMetrics"), Watts("PowerWatts", "374"))
      .Say(absl::StrCat(kOne, "/Power"), R"({"PowerConsumedWatts":1})");
  WF_ASSERT_OK_AND_ASSIGN(const auto source, OpenAt("redfish", {}, bmc.url()));

  const ChannelSpec& spec = source->channels()[0];
  EXPECT_EQ(spec.name, absl::StrCat("redfish/", bmc.url().substr(7), "/1/power"));
  EXPECT_EQ(spec.kind, SampleKind::kPowerAverage);
  EXPECT_EQ(spec.window, milliseconds(6'000));
  EXPECT_EQ(spec.scope, Scope::kWall);
  EXPECT_EQ(spec.unit, (RawUnit{1'000'000, 1}));
  EXPECT_THAT(spec.facts_json, HasSubstr(R"("route":"EnvironmentMetrics")"));
  EXPECT_THAT(spec.facts_json, HasSubstr(R"("systematic_relative":0.0288)"));
  EXPECT_THAT(spec.facts_json, Not(HasSubstr("untested")));
  EXPECT_EQ(ReadOnce(*source).raw, 374U);
}

std::string Supply(int number) {
  return absl::StrCat(kOne, "/PowerSubsystem/PowerSupplies/", number);
}

void SaySupplies(Device& bmc) {
  bmc.Say(kChassis, Members({kOne}))
      .Say(absl::StrCat(kOne, "/PowerSubsystem/PowerSupplies"),
           Members({Supply(0), Supply(1), Supply(2)}))
      .Say(Supply(2), R"({"Status":{"State":"Absent"}})");
  for (const int i : {0, 1}) {
    bmc.Say(Supply(i), absl::StrCat(R"({"Metrics":{"@odata.id":")", Supply(i), R"(/Metrics"}})"));
    bmc.Say(Supply(i) + "/Metrics", Watts("InputPowerWatts", i == 0 ? "180" : "0"));
  }
}

TEST(RedfishSourceTest, AddsUpThePowerSuppliesThatAreThere) {
  Device bmc;
  SaySupplies(bmc);
  WF_ASSERT_OK_AND_ASSIGN(const auto source, OpenAt("redfish", {}, bmc.url()));

  EXPECT_THAT(source->channels()[0].facts_json, HasSubstr("sum of PowerSupplies"));
  EXPECT_EQ(ReadOnce(*source).raw, 180U);
  bmc.Say(Supply(1) + "/Metrics", Watts("InputPowerWatts", "175"));
  EXPECT_EQ(ReadOnce(*source).raw, 355U);
}

TEST(RedfishSourceTest, ASumOfWhichAPartIsMissingIsNoSum) {
  Device bmc;
  SaySupplies(bmc);
  WF_ASSERT_OK_AND_ASSIGN(const auto source, OpenAt("redfish", {}, bmc.url()));

  bmc.Say(Supply(1) + "/Metrics", Watts("InputPowerWatts", "null"));
  EXPECT_EQ(ReadOnce(*source).fault, ReadFault::kUnavailable);
}

TEST(RedfishSourceTest, FallsBackToTheLegacyResourceAndSaysThatItIsUntested) {
  Device bmc;
  bmc.Say(kChassis, Members({kOne}))
      .Say(absl::StrCat(kOne, "/Power"), R"({"PowerControl":[{"PowerConsumedWatts":295}]})");
  WF_ASSERT_OK_AND_ASSIGN(const auto source, OpenAt("redfish", {}, bmc.url()));

  EXPECT_THAT(source->channels()[0].facts_json, HasSubstr("untested on hardware"));
  EXPECT_EQ(ReadOnce(*source).raw, 295U);
}

TEST(RedfishSourceTest, SeveralChassisWithPowerAreNotChosenAmong) {
  constexpr char kTwo[] = "/redfish/v1/Chassis/blade-2";
  Device bmc;
  bmc.Say(kChassis, Members({kOne, kTwo}))
      .Say(absl::StrCat(kOne, "/EnvironmentMetrics"), Watts("PowerWatts", "374"))
      .Say(absl::StrCat(kTwo, "/EnvironmentMetrics"), Watts("PowerWatts", "99"));

  EXPECT_THAT(OpenAt("redfish", {}, bmc.url()),
              StatusIs(StatusCode::kFailedPrecondition, HasSubstr("1, blade-2")));
  WF_ASSERT_OK_AND_ASSIGN(const auto source,
                          OpenAt("redfish", {{"chassis", "blade-2"}}, bmc.url()));
  EXPECT_EQ(ReadOnce(*source).raw, 99U);
}

TEST(RedfishSourceTest, AControllerThatBootsOrLiesGivesNoNumber) {
  const std::string path = absl::StrCat(kOne, "/EnvironmentMetrics");
  Device bmc;
  bmc.Say(kChassis, Members({kOne})).Say(path, Watts("PowerWatts", "374"));
  WF_ASSERT_OK_AND_ASSIGN(const auto source, OpenAt("redfish", {}, bmc.url()));
  for (const char* reading : {"null", "0", "-12", "\"374\"", "1e300"}) {
    bmc.Say(path, Watts("PowerWatts", reading));
    EXPECT_EQ(ReadOnce(*source).fault, ReadFault::kUnavailable) << reading;
    bmc.Say(path, Watts("PowerWatts", "374"));
    EXPECT_EQ(ReadOnce(*source).raw, 374U);
  }
}

TEST(HttpEndpointTest, APasswordIsNotSentReadably) {
  const testing::TempDir dir;
  std::ofstream(dir.Path("secret")) << "root:calvin\n";
  const SourceOptions options = {{"credentials_file", dir.Path("secret")}};

  EXPECT_THAT(OpenAt("redfish", options, "http://bmc.lan"),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("https")));
}

TEST(HttpEndpointTest, CredentialsComeFromAFileAndAreSent) {
  const testing::TempDir dir;
  std::ofstream(dir.Path("secret")) << "root:calvin\n";
  std::ofstream(dir.Path("bad")) << "calvin\n";
  Device bmc;
  bmc.Say(kChassis, Members({kOne}))
      .Say(absl::StrCat(kOne, "/EnvironmentMetrics"), Watts("PowerWatts", "374"));
  WF_ASSERT_OK(OpenAt("redfish", {{"credentials_file", dir.Path("secret")}}, bmc.url()));
  for (const ScriptedRequest& request : bmc.requests()) {
    EXPECT_EQ(request.headers.at("authorization"), "Basic cm9vdDpjYWx2aW4=");
  }
  EXPECT_THAT(OpenAt("redfish", {{"credentials_file", dir.Path("bad")}}, bmc.url()),
              StatusIs(StatusCode::kInvalidArgument, Not(HasSubstr("calvin"))));
  EXPECT_THAT(OpenAt("redfish", {{"credentials_file", dir.Path("none")}}, bmc.url()),
              StatusIs(StatusCode::kNotFound));
}

TEST(HttpEndpointTest, ARefusalAtTheStartSaysWhatWouldMendIt) {
  Device bmc;
  bmc.FailWith(401);
  const absl::Status status = OpenAt("redfish", {}, bmc.url()).status();

  EXPECT_THAT(status, StatusIs(StatusCode::kUnauthenticated, HasSubstr("HTTP 401")));
  EXPECT_THAT(RemedyOf(status), HasSubstr("credentials_file"));
}

}  // namespace
}  // namespace wattfleet::agent
