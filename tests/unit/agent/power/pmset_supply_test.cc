#include "agent/power/pmset_supply.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/sim_world.h"
#include "tests/support/temp_dir.h"

namespace wattfleet::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr char kOnMains[] =
    "Now drawing from 'AC Power'\n"
    " -InternalBattery-0 (id=4653155)\t87%; charging; 0:41 remaining present: true\n";
constexpr char kOnBattery[] =
    "Now drawing from 'Battery Power'\n"
    " -InternalBattery-0 (id=4653155)\t86%; discharging; 5:12 remaining present: true\n";

TEST(ParsePmsetTest, KnowsMainsFromBattery) {
  EXPECT_EQ(ParsePmset(kOnMains), SupplyState::kMains);
  EXPECT_EQ(ParsePmset(kOnBattery), SupplyState::kBattery);
  EXPECT_EQ(ParsePmset("Now drawing from 'AC Power'\n"), SupplyState::kMains) << "a desktop";
  EXPECT_EQ(ParsePmset("Now drawing from 'UPS Power'\n -UPS (id=1)\t99%; discharging\n"),
            SupplyState::kMains);
}

TEST(ParsePmsetTest, WhatItDoesNotKnowIsNothing) {
  for (const char* text :
       {"", "No adapter attached.\n", "Now drawing from 'Sun'\n", "Now drawing from 'Battery",
        "Now drawing from '", "'Battery Power'\n", "Now drawing from AC Power\n"}) {
    EXPECT_EQ(ParsePmset(text), std::nullopt) << text;
  }
}

// A program in pmset's place.
class PmsetSupplyTest : public ::testing::Test {
 protected:
  PmsetSupplyTest() { Do("test \"$*\" = '-g batt' && cat " + dir_.Path("says")); }

  void Do(const std::string& command) {
    std::ofstream(dir_.Path("pmset")) << "#!/bin/sh\n" << command << "\n";
    ::chmod(dir_.Path("pmset").c_str(), 0755);
  }
  void Say(const std::string& text) { dir_.Write("says", text); }
  std::unique_ptr<PmsetSupply> Open() { return PmsetSupply::Open(dir_.Path("pmset"), world_); }

  // No machine is so busy that a shell takes longer.
  static constexpr milliseconds kLong{120'000};
  testing::TempDir dir_;
  testing::SimWorld world_;
};

TEST_F(PmsetSupplyTest, IsAskedAnewAfterTwoSeconds) {
  Say(kOnBattery);
  const auto supply = Open();
  ASSERT_NE(supply, nullptr);
  EXPECT_EQ(supply->Await(kLong), SupplyState::kBattery);

  Say(kOnMains);
  world_.RunFor(milliseconds(1'900));
  EXPECT_EQ(supply->Await(kLong), SupplyState::kBattery) << "it was asked a moment ago";
  world_.RunFor(milliseconds(200));
  EXPECT_EQ(supply->Read(), SupplyState::kBattery) << "the answer is not waited for";
  EXPECT_EQ(supply->Await(kLong), SupplyState::kMains);
}

TEST_F(PmsetSupplyTest, AnAnswerIsGoodForTenSeconds) {
  Say(kOnBattery);
  const auto supply = Open();
  EXPECT_EQ(supply->Await(kLong), SupplyState::kBattery);
  Say("nonsense");
  world_.RunFor(seconds(9));
  EXPECT_EQ(supply->Await(kLong), SupplyState::kBattery);
  world_.RunFor(seconds(3));
  EXPECT_EQ(supply->Await(kLong), std::nullopt);
}

TEST_F(PmsetSupplyTest, OneThatHangsIsEndedAndAskedAnew) {
  const std::string marker = dir_.Path("hangs");
  Do("test -e " + marker + " && exec cat " + dir_.Path("says") + "\ntouch " + marker +
     "\nexec tail -f /dev/null");
  Say(kOnMains);
  const auto supply = Open();
  while (!std::filesystem::exists(marker)) {
    EXPECT_EQ(supply->Await(milliseconds(20)), std::nullopt);
  }
  world_.RunFor(seconds(4));
  EXPECT_EQ(supply->Await(milliseconds(1)), std::nullopt) << "it may still answer";
  world_.RunFor(seconds(2));
  EXPECT_EQ(supply->Await(kLong), SupplyState::kMains);
}

TEST_F(PmsetSupplyTest, WithoutTheProgramThereIsNone) {
  EXPECT_EQ(PmsetSupply::Open("/nowhere/pmset", world_), nullptr);
}

}  // namespace
}  // namespace wattfleet::agent
