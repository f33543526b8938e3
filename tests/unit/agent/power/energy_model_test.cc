#include "agent/power/ioreport/energy_model.h"

#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/power/ioreport/ioreport_power_source.h"
#include "tests/support/scripted_energy_model.h"
#include "tests/support/status_matchers.h"

namespace wattfleet::agent {
namespace {

using ::testing::HasSubstr;
using testing::ScriptedEnergyModel;
using testing::StatusIs;
using Entries = std::vector<EnergyModelEntry>;

std::vector<std::string> Members(const EnergyModel& model, Scope scope) {
  std::vector<std::string> names;
  for (const EnergyModel::Part& part : model.parts()) {
    for (const auto& [name, unit] : part.members) {
      if (part.scope == scope) {
        names.push_back(name + " " + unit);
      }
    }
  }
  return names;
}

std::vector<std::optional<std::uint64_t>> Counters(EnergyModel& model, const Entries& entries) {
  std::vector<std::optional<std::uint64_t>> counters(model.parts().size());
  model.Read(entries, counters);
  return counters;
}

// Named as chips of the family name their channels, in part.
struct Chip {
  std::string family;
  Entries entries;
  std::vector<std::string> cpu, gpu, ane, dram, sram;
};

Entries WithBlocks(Entries cpu, const std::string& suffix) {
  for (const char* block : {"ISP", "AVE", "MSR", "DCS", "AMCC", "DISP", "AFR", "SOC_AON"}) {
    cpu.push_back({block + suffix, "mJ", 5});
  }
  cpu.push_back({"apciec0 Energy", "uJ", 5});
  cpu.push_back({"PCIe Port 0 Energy", "uJ", 5});
  cpu.push_back({"GPU Energy", "nJ", 5});
  cpu.push_back({"GPU" + suffix, "mJ", 5});
  cpu.push_back({"GPU SRAM" + suffix, "mJ", 5});
  cpu.push_back({"GPU CS SRAM" + suffix, "mJ", 5});
  cpu.push_back({"ANE" + suffix, "mJ", 5});
  cpu.push_back({"DRAM" + suffix, "mJ", 5});
  return cpu;
}

std::vector<Chip> Chips() {
  const std::vector<std::string> cpu = {"CPU Energy mJ"};
  const std::vector<std::string> gpu = {"GPU Energy nJ"};
  Chip ultra{"M1 Ultra",
             WithBlocks({{"DIE_0_EACC_CPU", "mJ", 5},
                         {"DIE_0_EACC_CPU0", "mJ", 5},
                         {"DIE_0_PACC0_CPU3_SRAM", "mJ", 5},
                         {"DIE_0_PACC1_CPM", "mJ", 5},
                         {"DIE_0_CPU Energy", "mJ", 5},
                         {"DIE_1_CPU Energy", "mJ", 5},
                         {"ANE0_1", "mJ", 5},
                         {"DRAM0_1", "mJ", 5},
                         {"GPU SRAM0_1", "mJ", 5}},
                        "0_0"),
             {"DIE_0_CPU Energy mJ", "DIE_1_CPU Energy mJ"},
             gpu,
             {"ANE0_1 mJ", "ANE0_0 mJ"},
             {"DRAM0_1 mJ", "DRAM0_0 mJ"},
             {"GPU SRAM0_1 mJ", "GPU SRAM0_0 mJ"}};
  Chip m5_ultra = ultra;
  m5_ultra.family = "M5 Ultra";
  m5_ultra.entries[0].name = "DIE_0_MCPU0";
  m5_ultra.entries[1].name = "DIE_0_MCPU0_1";
  m5_ultra.entries[2].name = "DIE_0_PACC_0";
  m5_ultra.entries[3].name = "DIE_0_PCPM";
  const auto one_die = [&](std::string family, Entries clusters, const std::string& suffix) {
    clusters.push_back({"CPU Energy", "mJ", 5});
    return Chip{std::move(family),
                WithBlocks(std::move(clusters), suffix),
                cpu,
                gpu,
                {"ANE" + suffix + " mJ"},
                {"DRAM" + suffix + " mJ"},
                {"GPU SRAM" + suffix + " mJ"}};
  };
  return {
      one_die("M1", {{"ECPU", "mJ", 5}, {"ECPU0", "mJ", 5}, {"PCPU", "mJ", 5}, {"PCPM", "mJ", 5}},
              "0"),
      one_die("M1 Max", {{"EACC_CPU", "mJ", 5}, {"PACC0_CPU3", "mJ", 5}, {"PACC1_CPM", "mJ", 5}},
              "0"),
      ultra,
      one_die("M2", {{"ECPU", "mJ", 5}, {"EACC_CPM", "mJ", 5}, {"PACC_CPU0", "mJ", 5}}, "0"),
      one_die("M3", {{"ECPU", "mJ", 5}, {"PCPU5", "mJ", 5}, {"PCPUDTL00", "mJ", 5}}, ""),
      one_die("M4 Pro", {{"EACC_CPU0", "mJ", 5}, {"PACC0_CPU", "mJ", 5}}, "0"),
      one_die("M5",
              {{"MCPU0", "mJ", 5},
               {"MCPU0_1", "mJ", 5},
               {"MCPM0", "mJ", 5},
               {"PACC_0", "mJ", 5},
               {"PCPU", "mJ", 5}},
              "0"),
      m5_ultra,
  };
}

TEST(EnergyModelTest, FindsThePartsOfEachFamilyAndNeverAClusterWithinThem) {
  for (const Chip& chip : Chips()) {
    WF_ASSERT_OK_AND_ASSIGN(const EnergyModel model, EnergyModel::Make(chip.entries));
    EXPECT_EQ(Members(model, Scope::kSocCpu), chip.cpu) << chip.family;
    EXPECT_EQ(Members(model, Scope::kSocGpu), chip.gpu) << chip.family;
    EXPECT_EQ(Members(model, Scope::kSocNeuralEngine), chip.ane) << chip.family;
    EXPECT_EQ(Members(model, Scope::kDram), chip.dram) << chip.family;
    EXPECT_EQ(Members(model, Scope::kSocGpuSram), chip.sram) << chip.family;
  }
}

TEST(EnergyModelTest, TakesAWholePartBeforeItsDies) {
  WF_ASSERT_OK_AND_ASSIGN(const EnergyModel model,
                          EnergyModel::Make(Entries{{"DIE_0_CPU Energy", "mJ", 1},
                                                    {"CPU Energy", "mJ", 2},
                                                    {"ANE", "mJ", 3},
                                                    {"ANE0_0", "mJ", 3},
                                                    {"DRAM0", "mJ", 4},
                                                    {"DRAM1", "mJ", 4},
                                                    {"DRAM0_0", "mJ", 4}}));

  EXPECT_EQ(Members(model, Scope::kSocCpu), std::vector<std::string>{"CPU Energy mJ"});
  EXPECT_EQ(Members(model, Scope::kSocNeuralEngine), std::vector<std::string>{"ANE mJ"});
  EXPECT_EQ(Members(model, Scope::kDram), (std::vector<std::string>{"DRAM0 mJ", "DRAM1 mJ"}));
}

TEST(EnergyModelTest, AddsDiesOfDifferentUnitsWithoutRoundingAny) {
  Entries entries = {{"DIE_0_CPU Energy", " mJ ", 1'000}, {"DIE_1_CPU Energy", "nJ", -7}};
  WF_ASSERT_OK_AND_ASSIGN(EnergyModel model, EnergyModel::Make(entries));
  EXPECT_EQ(Counters(model, entries)[0], 0U);

  entries[0].value += 3;
  entries[1].value += 11;

  EXPECT_EQ(Counters(model, entries)[0], 3'000'011U);
}

TEST(EnergyModelTest, SubtractsBeforeItScales) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  Entries entries = {{"CPU Energy", "mJ", kMost - 2}, {"GPU Energy", "mJ", -kMost - 1}};
  WF_ASSERT_OK_AND_ASSIGN(EnergyModel model, EnergyModel::Make(entries));

  entries[0].value = kMost;
  entries[1].value = kMost;

  EXPECT_EQ(Counters(model, entries)[0], 2'000'000U);
  EXPECT_EQ(Counters(model, entries)[1], std::nullopt);  // more nanojoules than there are numbers
}

TEST(EnergyModelTest, APartThatStepsBackBeginsAgainAt0) {
  Entries entries = {{"DIE_0_CPU Energy", "mJ", 100}, {"DIE_1_CPU Energy", "mJ", 100}};
  WF_ASSERT_OK_AND_ASSIGN(EnergyModel model, EnergyModel::Make(entries));
  entries[0].value = 150;
  EXPECT_EQ(Counters(model, entries)[0], 50'000'000U);

  entries[0].value = 10;
  entries[1].value = 900;

  EXPECT_EQ(Counters(model, entries)[0], 0U);
  entries[0].value = 11;
  EXPECT_EQ(Counters(model, entries)[0], 1'000'000U);
}

TEST(EnergyModelTest, AMissingMemberOrAnotherUnitIsNoValueForItsPartAlone) {
  const Entries entries = {
      {"DIE_0_CPU Energy", "mJ", 1}, {"DIE_1_CPU Energy", "mJ", 1}, {"GPU Energy", "nJ", 1}};
  WF_ASSERT_OK_AND_ASSIGN(EnergyModel model, EnergyModel::Make(entries));

  EXPECT_EQ(Counters(model, {entries[0], entries[2]})[0], std::nullopt);
  EXPECT_EQ(Counters(model, {entries[0], entries[2]})[1], 0U);
  EXPECT_EQ(Counters(model, {entries[0], entries[1], {"GPU Energy", "mJ", 9}})[1], std::nullopt);
  EXPECT_EQ(Counters(model, {})[0], std::nullopt);
  EXPECT_EQ(Counters(model, entries)[0], 0U);
}

TEST(EnergyModelTest, RefusesAUnitThatNobodyKnows) {
  for (const char* unit : {"", "J", "kJ", "mW", "nj", "24Mticks"}) {
    EXPECT_THAT(EnergyModel::Make(Entries{{"GPU Energy", unit, 1}}),
                StatusIs(absl::StatusCode::kUnimplemented, HasSubstr("GPU Energy")))
        << unit;
  }
  // Of a channel that we do not add it does not matter.
  EXPECT_THAT(EnergyModel::Make(Entries{{"CPU Energy", "mJ", 1}, {"PCPU", "ticks", 1}}),
              testing::IsOk());
  EXPECT_THAT(EnergyModel::Make(Entries{{"PCPU", "mJ", 1}}),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("none of the 1 channels")));
}

TEST(PartOfEntryTest, KnowsNoNameThatOnlyLooksAlike) {
  for (const char* name :
       {"", "ANE_CPM", "ANEX", "DRAM0_", "DRAM0_1_2", "DRAM Energy 0", "GPU0_0", "GPU CS SRAM0",
        "DIE_CPU Energy", "DIE_0CPU Energy", "CPU Energy 2", "GPU SRAM X", "MCPU0", "EACC_CPU"}) {
    EXPECT_EQ(PartOfEntry(name), std::nullopt) << name;
  }
  EXPECT_EQ(PartOfEntry("DIE_12_CPU Energy"), (EnergyModelPart{Scope::kSocCpu, 2}));
  EXPECT_EQ(PartOfEntry("DRAM Energy"), (EnergyModelPart{Scope::kDram, 0}));
  EXPECT_EQ(PartOfEntry(" ANE0 "), (EnergyModelPart{Scope::kSocNeuralEngine, 1}));
}

TEST(IoReportPowerSourceTest, HasOneCounterInNanojoulesForEachPart) {
  Entries entries = Chips()[2].entries;
  WF_ASSERT_OK_AND_ASSIGN(
      const auto source,
      IoReportPowerSource::OpenOn({"ioreport", {}},
                                  std::make_unique<ScriptedEnergyModel>([&entries](Entries& out) {
                                    out = entries;
                                    return absl::OkStatus();
                                  })));
  ASSERT_EQ(source->channels().size(), 5U);
  const ChannelSpec& gpu = source->channels()[1];
  EXPECT_EQ(gpu.name, "ioreport/gpu");
  EXPECT_EQ(gpu.kind, SampleKind::kCounter);
  EXPECT_EQ(gpu.scope, Scope::kSocGpu);
  EXPECT_EQ(gpu.unit, (RawUnit{1, 1'000}));
  EXPECT_FALSE(gpu.may_stand_still);
  EXPECT_THAT(gpu.facts_json, HasSubstr(R"("systematic_relative":0.0866)"));
  EXPECT_TRUE(source->channels()[2].may_stand_still);  // the neural engine, switched off
  EXPECT_EQ(source->poll_period(), std::chrono::milliseconds(100));

  for (EnergyModelEntry& entry : entries) {
    entry.value += 4;
  }
  std::vector<ChannelValue> values(5);
  source->Read(values);
  EXPECT_EQ(values[0].raw, 8'000'000U);  // two dies, 4 mJ each
  EXPECT_EQ(values[1].raw, 4U);
  EXPECT_EQ(values[0].fault, ReadFault::kNone);
}

TEST(IoReportPowerSourceTest, AReadThatFailsIsNoValue) {
  absl::Status status;
  WF_ASSERT_OK_AND_ASSIGN(
      const auto source,
      IoReportPowerSource::OpenOn({"ioreport", {}},
                                  std::make_unique<ScriptedEnergyModel>([&status](Entries& out) {
                                    out = {{"GPU Energy", "nJ", 5}};
                                    return status;
                                  })));
  std::vector<ChannelValue> values(1);
  status = absl::UnavailableError("no samples");
  source->Read(values);
  EXPECT_EQ(values[0].fault, ReadFault::kUnavailable);
  status = absl::OkStatus();
  source->Read(values);
  EXPECT_EQ(values[0].fault, ReadFault::kNone);
}

TEST(IoReportPowerSourceTest, IsNotFoundWhereThereIsNoApple) {
#if !defined(__APPLE__)
  EXPECT_THAT(IoReportPowerSource::Open({"ioreport", {}}, {}),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("no Apple chip here")));
#endif
  EXPECT_THAT(IoReportPowerSource::Open({"ioreport", {{"pol_ms", "5"}}}, {}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("poll_ms")));
}

}  // namespace
}  // namespace wattfleet::agent
