// What plugs and management controllers answer, as their makers document it, and what they answer
// when something is wrong.
#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/power/dcmi/parse_dcmi.h"
#include "agent/power/redfish/parse_redfish.h"
#include "agent/power/shelly/parse_shelly.h"
#include "agent/power/tasmota/parse_tasmota.h"
#include "tests/support/status_matchers.h"

namespace wattfleet::agent {
namespace {

using absl::StatusCode;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOkAndHolds;
using testing::StatusIs;

constexpr const char* kNoObjects[] = {"",     "null",   "[]",         "7",        "\"text\"",
                                      "{\"a", "<html>", "{\"a\":1}x", "\xff\xfe", "nan"};

TEST(ParseShellyTest, ReadsARelayThatMeters) {
  WF_ASSERT_OK_AND_ASSIGN(const ShellyReading reading, ParseShellyStatus(R"({
      "id":0,"source":"init","output":true,"apower":142.7,"voltage":229.8,"current":0.652,
      "pf":0.95,"freq":50.0,"aenergy":{"total":11679.123,"by_minute":[0.0,2317.5,2340.1],
      "minute_ts":1700000040},"temperature":{"tC":41.3,"tF":106.4}})"));

  EXPECT_EQ(reading.watts, 142.7);
  EXPECT_EQ(reading.watt_hours, 11679.123);
}

TEST(ParseShellyTest, ARelayThatDoesNotMeterHasNoReadingAtAll) {
  EXPECT_THAT(ParseShellyStatus(R"({"id":0,"source":"init","output":true})"),
              StatusIs(StatusCode::kNotFound, HasSubstr("does not meter")));
}

TEST(ParseShellyTest, WhatIsNoReadingIsAbsent) {
  for (const char* apower : {"null", "-3.5", "\"12\"", "true", "{}", "1e999"}) {
    const auto reading = ParseShellyStatus(std::string(R"({"apower":)") + apower + "}");
    EXPECT_TRUE(!reading.ok() || !reading->watts) << apower;
    EXPECT_TRUE(!reading.ok() || !reading->watt_hours) << apower;
  }
  WF_ASSERT_OK_AND_ASSIGN(const ShellyReading odd,
                          ParseShellyStatus(R"({"apower":0,"aenergy":{"total":null}})"));
  EXPECT_EQ(odd.watts, 0);
  EXPECT_EQ(odd.watt_hours, std::nullopt);
}

TEST(ParseRedfishTest, ReadsTheMembersOfACollection) {
  EXPECT_THAT(ParseRedfishMembers(R"({"@odata.id":"/redfish/v1/Chassis","Members@odata.count":2,
      "Members":[{"@odata.id":"/redfish/v1/Chassis/System.Embedded.1"},
                 {"@odata.id":"/redfish/v1/Chassis/Enclosure.Internal.0-1"}]})"),
              IsOkAndHolds(ElementsAre("/redfish/v1/Chassis/System.Embedded.1",
                                       "/redfish/v1/Chassis/Enclosure.Internal.0-1")));
}

TEST(ParseRedfishTest, PathsThatLeadElsewhereAreLeftOut) {
  EXPECT_THAT(ParseRedfishMembers(R"({"Members":[{"@odata.id":"@evil.example/redfish/"},
      {"@odata.id":"/etc/passwd"},{"@odata.id":"/redfish/../x"},{"@odata.id":7},{},null,
      {"@odata.id":"/redfish/v1/a b"},{"@odata.id":"/redfish/v1/u@h"}]})"),
              IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(ParseRedfishMembers(R"({"Members":null})"), IsOkAndHolds(IsEmpty()));
}

TEST(ParseRedfishTest, ReadsEnvironmentMetrics) {
  EXPECT_THAT(ParseEnvironmentMetrics(R"({"@odata.type":"#EnvironmentMetrics.v1_3_0",
      "PowerWatts":{"DataSourceUri":"/redfish/v1/Chassis/1/Sensors/Power","Reading":374},
      "EnergykWh":{"Reading":325675}})"),
              IsOkAndHolds(374.0));
}

TEST(ParseRedfishTest, NullZeroAndTextAreNoReadingJustNow) {
  for (const char* reading : {"null", "0", "0.0", "\"374\"", "-5", "[]"}) {
    EXPECT_THAT(
        ParseEnvironmentMetrics(std::string(R"({"PowerWatts":{"Reading":)") + reading + "}}"),
        StatusIs(StatusCode::kUnavailable))
        << reading;
    EXPECT_THAT(ParseLegacyPower(std::string(R"({"PowerControl":[{"PowerConsumedWatts":)") +
                                 reading + "}]}"),
                StatusIs(StatusCode::kUnavailable))
        << reading;
  }
  EXPECT_THAT(ParseEnvironmentMetrics(R"({"EnergykWh":{"Reading":3}})"),
              StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(ParseEnvironmentMetrics(R"({"PowerWatts":null})"), StatusIs(StatusCode::kNotFound));
}

TEST(ParseRedfishTest, ReadsThePowerResourceOfThreeMakers) {
  EXPECT_THAT(ParseLegacyPower(R"({"PowerControl":[{"MemberId":"PowerControl","Name":
      "System Power Control","PowerCapacityWatts":1400,"PowerConsumedWatts":295,"PowerMetrics":
      {"AverageConsumedWatts":291,"IntervalInMin":60,"MaxConsumedWatts":430}}]})"),
              IsOkAndHolds(295.0));
  EXPECT_THAT(ParseLegacyPower(R"({"PowerCapacityWatts":1600,"PowerConsumedWatts":211,
      "PowerMetrics":{"IntervalInMin":20}})"),
              IsOkAndHolds(211.0));
  EXPECT_THAT(ParseLegacyPower(R"({"PowerControl":[{"Name":"Limits"},
      {"Name":"Server Power Control","PowerConsumedWatts":388.5}]})"),
              IsOkAndHolds(388.5));
  EXPECT_THAT(ParseLegacyPower(R"({"PowerControl":[]})"), StatusIs(StatusCode::kNotFound));
}

TEST(ParseRedfishTest, ReadsPowerSupplies) {
  WF_ASSERT_OK_AND_ASSIGN(const RedfishPowerSupply supply,
                          ParsePowerSupply(R"({"Id":"0","Status":{"State":"Enabled"},"Metrics":
      {"@odata.id":"/redfish/v1/Chassis/1/PowerSubsystem/PowerSupplies/0/Metrics"}})"));
  EXPECT_TRUE(supply.is_present);
  EXPECT_EQ(supply.metrics_path, "/redfish/v1/Chassis/1/PowerSubsystem/PowerSupplies/0/Metrics");
  WF_ASSERT_OK_AND_ASSIGN(const RedfishPowerSupply none,
                          ParsePowerSupply(R"({"Status":{"State":"Absent"}})"));
  EXPECT_FALSE(none.is_present);
  EXPECT_THAT(ParsePowerSupplyMetrics(R"({"InputPowerWatts":{"Reading":187.5}})"),
              IsOkAndHolds(187.5));
  EXPECT_THAT(ParsePowerSupplyMetrics(R"({"InputPowerWatts":{"Reading":0}})"), IsOkAndHolds(0.0));
  EXPECT_THAT(ParsePowerSupplyMetrics(R"({"InputPowerWatts":{"Reading":null}})"),
              StatusIs(StatusCode::kUnavailable));
  EXPECT_THAT(ParsePowerSupplyMetrics("{}"), StatusIs(StatusCode::kNotFound));
}

TEST(ParseTasmotaTest, ReadsNewAndOldFirmwareAndArrays) {
  EXPECT_THAT(ParseTasmotaPower(R"({"StatusSNS":{"Time":"2026-01-01T00:00:00","ENERGY":{
      "Total":3.185,"Power":160.5,"ApparentPower":171,"Factor":0.94,"Voltage":232}}})",
                                std::nullopt),
              IsOkAndHolds(160.5));
  EXPECT_THAT(ParseTasmotaPower(R"({"StatusPWR":{"Total":3.185,"Power":160}})", std::nullopt),
              IsOkAndHolds(160.0));
  constexpr char kTwo[] = R"({"StatusSNS":{"ENERGY":{"Power":[12, 34]}}})";
  EXPECT_THAT(ParseTasmotaPower(kTwo, 2), IsOkAndHolds(34.0));
  EXPECT_THAT(ParseTasmotaPower(kTwo, std::nullopt), StatusIs(StatusCode::kFailedPrecondition));
  EXPECT_THAT(ParseTasmotaPower(kTwo, 3), StatusIs(StatusCode::kFailedPrecondition));
}

TEST(ParseTasmotaTest, WhatIsNoReadingIsAnError) {
  EXPECT_THAT(ParseTasmotaPower(R"({"StatusSNS":{"Time":"x"}})", std::nullopt),
              StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(ParseTasmotaPower(R"({"StatusSNS":{"ENERGY":{"Power":null}}})", std::nullopt),
              StatusIs(StatusCode::kUnavailable));
  EXPECT_THAT(
      ParseTasmotaPower(R"({"WARNING":"Need user=<username>&password=<password>"})", std::nullopt),
      StatusIs(StatusCode::kNotFound));
}

TEST(ParseDcmiTest, ReadsWhatIpmitoolPrints) {
  EXPECT_THAT(ParseDcmiPower(R"(
    Instantaneous power reading:                   220 Watts
    Minimum during sampling period:                 18 Watts
    Maximum during sampling period:                330 Watts
    Average power reading over sample period:      217 Watts
    IPMI timestamp:                           Thu Jan  1 00:00:00 2026
    Sampling period:                          00000001 Seconds.
    Power reading state is:                   activated
)"),
              IsOkAndHolds(220.0));
}

TEST(ParseDcmiTest, AReadingThatIsNotActivatedIsNone) {
  EXPECT_THAT(ParseDcmiPower("Instantaneous power reading: 220 Watts\n"
                             "Power reading state is: deactivated\n"),
              StatusIs(StatusCode::kUnavailable, HasSubstr("deactivated")));
  EXPECT_THAT(ParseDcmiPower("Instantaneous power reading: 0 Watts\n"
                             "Power reading state is: activated\n"),
              StatusIs(StatusCode::kUnavailable));
  EXPECT_THAT(ParseDcmiPower("Instantaneous power reading: 220 mW\n"
                             "Power reading state is: activated\n"),
              StatusIs(StatusCode::kUnavailable));
  EXPECT_THAT(ParseDcmiPower("Instantaneous power reading: 220 Watts\n"),
              StatusIs(StatusCode::kUnavailable));
  EXPECT_THAT(ParseDcmiPower("DCMI request failed because: Invalid command (c1)"),
              StatusIs(StatusCode::kNotFound));
}

TEST(NetworkParsersTest, WhatIsNoJsonObjectIsAnErrorForEachOfThem) {
  for (const char* text : kNoObjects) {
    EXPECT_THAT(ParseShellyStatus(text), StatusIs(StatusCode::kInvalidArgument)) << text;
    EXPECT_THAT(ParseRedfishMembers(text), StatusIs(StatusCode::kInvalidArgument)) << text;
    EXPECT_THAT(ParseEnvironmentMetrics(text), StatusIs(StatusCode::kInvalidArgument)) << text;
    EXPECT_THAT(ParseLegacyPower(text), StatusIs(StatusCode::kInvalidArgument)) << text;
    EXPECT_THAT(ParsePowerSupply(text), StatusIs(StatusCode::kInvalidArgument)) << text;
    EXPECT_THAT(ParsePowerSupplyMetrics(text), StatusIs(StatusCode::kInvalidArgument)) << text;
    EXPECT_THAT(ParseTasmotaPower(text, 1), StatusIs(StatusCode::kInvalidArgument)) << text;
  }
}

}  // namespace
}  // namespace wattfleet::agent
