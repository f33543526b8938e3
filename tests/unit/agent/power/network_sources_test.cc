// Sources that ask over a network, against servers that answer by script.
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/power/read_breaker.h"
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
using testing::StatusIs;

std::string PlugSays(const std::string& watts, const std::string& watt_hours) {
  return absl::StrCat(R"({"id":0,"output":true,"apower":)", watts, R"(,"aenergy":{"total":)",
                      watt_hours, "}}");
}

constexpr char kSwitch[] = "/rpc/Switch.GetStatus?id=0";

TEST(ShellySourceTest, CountsMilliwattHoursAtTheWall) {
  Device plug;
  plug.Say(kSwitch, PlugSays("142.7", "11679.123"))
      .Say("/rpc/Shelly.GetDeviceInfo", R"({"id":"shellyplus1pm-a8","model":"SNSW-001P16EU"})");
  WF_ASSERT_OK_AND_ASSIGN(const auto source, OpenAt("shelly", {{"name", "desk"}}, plug.url()));

  ASSERT_EQ(source->channels().size(), 1U);
  const ChannelSpec& spec = source->channels()[0];
  EXPECT_EQ(spec.name, "shelly/desk/energy");
  EXPECT_EQ(spec.kind, SampleKind::kCounter);
  EXPECT_EQ(spec.scope, Scope::kWall);
  EXPECT_EQ(spec.unit, (RawUnit{3'600'000, 1}));
  EXPECT_EQ(source->poll_period(), milliseconds(1'000));
  EXPECT_THAT(spec.facts_json, HasSubstr(R"("systematic_relative":0.0115)"));
  EXPECT_THAT(spec.facts_json, HasSubstr(R"("model":"SNSW-001P16EU")"));
  const ChannelValue value = ReadOnce(*source);
  EXPECT_EQ(value.fault, ReadFault::kNone);
  EXPECT_EQ(value.raw, 11'679'123U);
}

TEST(ShellySourceTest, SaysPowerWhenAskedTo) {
  Device plug;
  plug.Say(kSwitch, PlugSays("142.7", "1"));
  WF_ASSERT_OK_AND_ASSIGN(const auto source, OpenAt("shelly", {{"quantity", "power"}}, plug.url()));

  EXPECT_EQ(source->channels()[0].kind, SampleKind::kPowerAverage);
  EXPECT_EQ(source->channels()[0].window, milliseconds(6'000));
  EXPECT_EQ(ReadOnce(*source).raw, 1'427U);
}

TEST(ShellySourceTest, AMeterWithoutARelayIsAskedAsOne) {
  Device plug;
  plug.Say("/rpc/PM1.GetStatus?id=0", PlugSays("10", "2"));
  WF_ASSERT_OK_AND_ASSIGN(const auto source, OpenAt("shelly", {}, plug.url()));

  EXPECT_EQ(ReadOnce(*source).raw, 2'000U);
}

TEST(ShellySourceTest, ARelayThatDoesNotMeterDoesNotOpen) {
  Device plug;
  plug.Say(kSwitch, R"({"id":0,"output":true})");

  EXPECT_THAT(OpenAt("shelly", {}, plug.url()),
              StatusIs(StatusCode::kNotFound, HasSubstr("does not meter")));
}

TEST(ShellySourceTest, AReadingThatIsMissingIsAFaultAndNeverZero) {
  Device plug;
  plug.Say(kSwitch, PlugSays("5", "7"));
  WF_ASSERT_OK_AND_ASSIGN(const auto source, OpenAt("shelly", {}, plug.url()));
  for (const std::string& body :
       {PlugSays("5", "null"), PlugSays("5", "-1"), std::string("{}"), std::string()}) {
    plug.Say(kSwitch, body);
    EXPECT_EQ(ReadOnce(*source).fault, ReadFault::kUnavailable) << body;
    plug.Say(kSwitch, PlugSays("5", "7"));
    EXPECT_EQ(ReadOnce(*source).raw, 7'000U);
  }
}

TEST(TasmotaSourceTest, SendsItsPasswordInTheQueryAndNeverSaysIt) {
  const testing::TempDir dir;
  std::ofstream(dir.Path("secret")) << "admin:p&ss word\n";
  Device plug;
  const std::string path = "/cm?cmnd=Status%208&user=admin&password=p%26ss%20word";
  plug.Say(path, R"({"StatusSNS":{"ENERGY":{"Power":160}}})");
  const SourceOptions options = {{"credentials_file", dir.Path("secret")}};
  WF_ASSERT_OK_AND_ASSIGN(const auto source, OpenAt("tasmota", options, plug.url()));

  EXPECT_EQ(ReadOnce(*source).raw, 1'600U);
  EXPECT_THAT(source->channels()[0].facts_json, HasSubstr("untested on hardware"));
  EXPECT_THAT(source->channels()[0].facts_json, Not(HasSubstr("ss")));
  plug.FailWith(503);
  EXPECT_THAT(OpenAt("tasmota", options, plug.url()),
              StatusIs(StatusCode::kUnavailable, Not(HasSubstr("ss%20word"))));
}

TEST(DcmiSourceTest, AsksIpmitool) {
  const testing::TempDir dir;
  const std::string program = dir.Path("ipmitool");
  std::ofstream(program) << "#!/bin/sh\n[ \"$*\" = 'dcmi power reading' ] || exit 3\n"
                            "echo ' Instantaneous power reading:  220 Watts'\n"
                            "echo ' Power reading state is:       activated'\n";
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  WF_ASSERT_OK_AND_ASSIGN(const auto source, OpenAt("dcmi", {{"program", program}}, ""));

  EXPECT_EQ(ReadOnce(*source).raw, 220U);
  EXPECT_EQ(source->channels()[0].scope, Scope::kWall);
  EXPECT_THAT(source->channels()[0].facts_json, HasSubstr("untested on hardware"));
}

TEST(DcmiSourceTest, AProgramThatFailsHangsOrIsNotThereIsAnError) {
  const testing::TempDir dir;
  const std::string program = dir.Path("ipmitool");
  std::ofstream(program) << "#!/bin/sh\necho 'Could not open device at /dev/ipmi0' >&2\nexit 1\n";
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  EXPECT_THAT(OpenAt("dcmi", {{"program", program}}, ""),
              StatusIs(StatusCode::kUnavailable, HasSubstr("/dev/ipmi0")));

  const std::string hangs = dir.Path("hangs");
  std::ofstream(hangs) << "#!/bin/sh\nsleep 1000\n";
  std::filesystem::permissions(hangs, std::filesystem::perms::owner_all);
  EXPECT_THAT(OpenAt("dcmi", {{"program", hangs}, {"timeout_ms", "100"}}, ""),
              StatusIs(StatusCode::kDeadlineExceeded));

  const absl::Status status = OpenAt("dcmi", {{"program", dir.Path("nowhere")}}, "").status();
  EXPECT_THAT(status, StatusIs(StatusCode::kNotFound));
  EXPECT_EQ(RemedyOf(status), "sudo apt-get install ipmitool");
}

SourceOptions Metric(const std::string& metric, SourceOptions more = {}) {
  more.insert({{"metric", metric}, {"scope", "node"}, {"accuracy", "0.03"}});
  return more;
}

TEST(PrometheusSourceTest, ReadsACounterInItsUnit) {
  Device exporter;
  exporter.Say("/metrics", "energy{gpu=\"0\"} 171823914.5\nenergy{gpu=\"1\"} 1\n");
  WF_ASSERT_OK_AND_ASSIGN(
      const auto source,
      OpenAt("prometheus", Metric("energy{gpu=\"0\"}", {{"unit", "mJ"}, {"device", "GPU-0"}}),
             exporter.url() + "/metrics"));

  const ChannelSpec& spec = source->channels()[0];
  EXPECT_EQ(spec.name, "prometheus/energy/energy");
  EXPECT_EQ(spec.kind, SampleKind::kCounter);
  EXPECT_EQ(spec.scope, Scope::kNode);
  EXPECT_EQ(spec.device_id, "GPU-0");
  EXPECT_THAT(spec.facts_json, HasSubstr(R"("systematic_relative":0.0173)"));
  EXPECT_EQ(ReadOnce(*source).raw, 171'823'914'500U);  // uJ
}

TEST(PrometheusSourceTest, ReadsAGaugeWithItsScale) {
  Device exporter;
  exporter.Say("/metrics", "power 1234.5\n");
  WF_ASSERT_OK_AND_ASSIGN(
      const auto source,
      OpenAt("prometheus", Metric("power", {{"kind", "power"}, {"unit", "mW"}, {"scale", "2"}}),
             exporter.url() + "/metrics"));

  EXPECT_EQ(source->channels()[0].kind, SampleKind::kPowerAverage);
  EXPECT_EQ(source->channels()[0].window, milliseconds(2'000));
  EXPECT_EQ(ReadOnce(*source).raw, 2'469'000U);  // uW
}

TEST(PrometheusSourceTest, WhatIsNoReadingIsAFault) {
  Device exporter;
  exporter.Say("/metrics", "power 3\n");
  WF_ASSERT_OK_AND_ASSIGN(
      const auto source,
      OpenAt("prometheus", Metric("power", {{"kind", "power"}}), exporter.url() + "/metrics"));
  for (const char* page :
       {"power NaN\n", "power +Inf\n", "power -1\n", "power\n", "other 3\n", ""}) {
    exporter.Say("/metrics", page);
    EXPECT_EQ(ReadOnce(*source).fault, ReadFault::kUnavailable) << page;
    exporter.Say("/metrics", "power 3\n");
    EXPECT_EQ(ReadOnce(*source).raw, 3'000'000U);
  }
}

TEST(PrometheusSourceTest, WhatOnlyTheUserKnowsMustBeSaid) {
  Device exporter;
  exporter.Say("/", "power 3\n");
  SourceOptions options = Metric("power");
  options.erase("scope");
  EXPECT_THAT(OpenAt("prometheus", options, exporter.url()),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("scope")));
  options = Metric("power");
  options.erase("accuracy");
  EXPECT_THAT(OpenAt("prometheus", options, exporter.url()),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("accuracy")));
  EXPECT_THAT(OpenAt("prometheus", Metric("power", {{"unit", "W"}}), exporter.url()),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("nearest is \"Wh\"")));
}

// Faults that any of these servers may have, on one of them.
class FaultyServerTest : public ::testing::Test {
 protected:
  FaultyServerTest() {
    device_.Say("/metrics", "power 3\n");
    auto source = OpenAt("prometheus", Metric("power", {{"kind", "power"}, {"timeout_ms", "50"}}),
                         device_.url() + "/metrics");
    EXPECT_THAT(source, testing::IsOk());
    source_ = *std::move(source);
  }
  Device device_;
  std::unique_ptr<PowerSource> source_;
};

TEST_F(FaultyServerTest, AnErrorIsAFaultAndTheReadingComesBackWithTheServer) {
  for (const int status : {500, 503, 404, 302}) {
    device_.FailWith(status);
    EXPECT_EQ(ReadOnce(*source_).fault, ReadFault::kUnavailable) << status;
    device_.FailWith(200);
    EXPECT_EQ(ReadOnce(*source_).fault, ReadFault::kNone);
  }
}

TEST_F(FaultyServerTest, AServerThatNeverAnswersCostsItsTimeLimitAndSoonNothing) {
  device_.FailWith(0);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(ReadOnce(*source_).fault, ReadFault::kUnavailable);
  }
  EXPECT_LE(device_.asked(), 1U + 6U);  // reads 1, 2, 3, 5, 8 and 13 of the 20
}

TEST_F(FaultyServerTest, OneThatRefusesUsIsLeftAloneForAMinute) {
  device_.FailWith(401);
  ReadOnce(*source_);
  const std::size_t asked = device_.asked();
  device_.FailWith(200);
  for (int i = 0; i < 60; ++i) {
    EXPECT_EQ(ReadOnce(*source_).fault, ReadFault::kUnavailable);
  }

  EXPECT_EQ(device_.asked(), asked);
  EXPECT_EQ(ReadOnce(*source_).fault, ReadFault::kNone);
}

TEST_F(FaultyServerTest, APageOfAnySizeDoesNotFillTheMemory) {
  device_.Say("/metrics", "power 3\n" + std::string(17U << 20, '#'));
  EXPECT_EQ(ReadOnce(*source_).fault, ReadFault::kUnavailable);
}

TEST(ReadBreakerTest, LeavesOutMoreAndMoreReads) {
  ReadBreaker breaker;
  std::string pattern;
  for (int read = 0; read < 160; ++read) {
    const bool left_out = breaker.LeavesOut();
    pattern += left_out ? '.' : 'x';
    if (!left_out) {
      breaker.Failed(false);
    }
  }
  EXPECT_EQ(pattern.substr(0, 22), "xxx.x..x....x........x");
  EXPECT_EQ(pattern.find('x', 22), 22U + 16U);
  EXPECT_EQ(pattern.find('x', 72), 72U + 60U);
}

TEST(ReadBreakerTest, AnAnswerMakesUpForTheFailuresBeforeIt) {
  ReadBreaker breaker;
  breaker.Failed(false);
  breaker.Failed(false);
  breaker.Succeeded();
  breaker.Failed(false);
  breaker.Failed(false);
  EXPECT_FALSE(breaker.LeavesOut());
}

struct BadOption {
  std::string name;
  SourceOptions options;
  std::string what;
};

class BadOptionTest : public ::testing::TestWithParam<BadOption> {};

TEST_P(BadOptionTest, IsNamed) {
  SourceOptions options = GetParam().options;
  EXPECT_THAT(OpenAt("shelly", options, options.contains("url") ? "" : "http://127.0.0.1:1"),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr(GetParam().what)));
}

INSTANTIATE_TEST_SUITE_P(
    NetworkOptions, BadOptionTest,
    ::testing::Values(BadOption{"Unknown", {{"pol_ms", "5"}}, "poll_ms"},
                      BadOption{"NoUrl", {{"url", "plug.lan"}}, "http://"},
                      BadOption{"UserInUrl", {{"url", "http://a:b@plug"}}, "credentials_file"},
                      BadOption{"TooFast", {{"poll_ms", "20"}}, "100 to 60000"},
                      BadOption{"Scope", {{"scope", "wal"}}, "wall"},
                      BadOption{"Modelled", {{"scope", "modelled"}}, "scope"},
                      BadOption{"Quantity", {{"quantity", "watts"}}, "energy"},
                      BadOption{"Window", {{"window_ms", "6000"}}, "window_ms"},
                      BadOption{"MaxWatts", {{"max_watts", "nan"}}, "max_watts"},
                      BadOption{"Pin", {{"pin", "sha256//abc"}}, "pin"},
                      BadOption{"Id", {{"id", "0&x=1"}}, "id"}),
    [](const auto& option) { return option.param.name; });

}  // namespace
}  // namespace wattfleet::agent
