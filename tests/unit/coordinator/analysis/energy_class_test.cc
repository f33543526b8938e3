#include "coordinator/analysis/energy_class.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace wattfleet::coordinator {
namespace {

constexpr std::int64_t kGpu = 1;
constexpr std::int64_t kPackage = 2;
constexpr std::int64_t kDram = 3;
constexpr std::int64_t kModule = 4;

ClassChannel Channel(std::int64_t id, Scope scope, std::string_view source = "s",
                     std::int64_t agent = 1) {
  return {.channel_id = id, .agent = agent, .scope = scope, .source = source};
}

std::vector<ClassChannel> GpuServer() {
  return {Channel(kGpu, Scope::kAccelerator, "nvml"), Channel(kPackage, Scope::kCpuPackage, "rapl"),
          Channel(kDram, Scope::kDram, "rapl")};
}

ChannelReading Measured(std::int64_t channel, Microjoules gross, Flags flags = 0) {
  return {.channel_id = channel, .status = EnergyStatus::kMeasured, .gross = gross, .flags = flags};
}

TEST(EnergyClass, NoRowAddsScopesThatContainEachOther) {
  for (const ClassRow& row : kClassRows) {
    PartSet covered = 0;
    for (const ScopeRow& scope : AllScopes()) {
      if ((row.scopes & ScopeBit(scope.scope)) != 0) {
        EXPECT_EQ(covered & scope.parts, 0U) << row.name << ": " << ScopeNames(row.scopes);
        covered |= scope.parts;
      }
    }
    EXPECT_EQ(row.scopes & ScopeBit(Scope::kModelled), 0U);
    EXPECT_EQ(row.scopes & (ScopeBit(Scope::kNode) | ScopeBit(Scope::kPlatform)), 0U);
  }
}

TEST(EnergyClass, RowsOfOneNameDifferOnlyWhereTheMachineDoes) {
  for (const ClassRow& row : kClassRows) {
    const bool sees_dram = (RowOf(Scope::kDram).parts & [&] {
                             PartSet parts = 0;
                             for (const ScopeRow& scope : AllScopes()) {
                               parts |= (row.scopes & ScopeBit(scope.scope)) != 0 ? scope.parts : 0;
                             }
                             return parts;
                           }()) != 0;
    EXPECT_EQ(sees_dram, row.name == "host" || row.name == "wall" ||
                             row.scopes == ScopeBit(Scope::kSystemOnChip))
        << row.name << ": " << ScopeNames(row.scopes);
  }
}

TEST(EnergyClass, AMacIsTheSumOfItsPartsOrWhatItsToolCombines) {
  const std::vector<ClassChannel> parts = {
      Channel(1, Scope::kSocCpu), Channel(2, Scope::kSocGpu), Channel(3, Scope::kSocNeuralEngine),
      Channel(4, Scope::kDram), Channel(5, Scope::kSocGpuSram)};
  std::vector<ChannelReading> readings;
  for (std::int64_t id = 1; id <= 5; ++id) {
    readings.push_back(Measured(id, Microjoules{1} << id));
  }
  const auto sum = [&](const char* asked, const std::vector<ClassChannel>& channels) {
    return SumOfClass(ChooseChannels(asked, DeviceKind::kIntegrated, channels), readings, 0).gross;
  };
  EXPECT_EQ(sum("paper", parts), 2 + 4 + 8);
  EXPECT_EQ(sum("host", parts), 2 + 4 + 8 + 16 + 32);
  EXPECT_EQ(sum("host-nodram", parts), 2 + 4 + 8);

  std::vector<ClassChannel> both = parts;
  both.push_back(Channel(6, Scope::kSocCompute, "powermetrics"));
  readings.push_back(Measured(6, 1'000));
  EXPECT_EQ(sum("paper", both), 2 + 4 + 8);  // alternatives: one is taken
  EXPECT_EQ(sum("paper", {both.back()}), 1'000);
  EXPECT_EQ(ChooseChannels("host", DeviceKind::kIntegrated, std::vector{both.back()}).row->name,
            "host-nodram");
}

TEST(EnergyClass, ANodesSensorIsInNoClass) {
  const std::vector<ClassChannel> channels = {Channel(1, Scope::kNode),
                                              Channel(2, Scope::kPlatform)};
  for (const std::string& asked : EnergyClasses()) {
    for (const DeviceKind device :
         {DeviceKind::kDiscrete, DeviceKind::kIntegrated, DeviceKind::kCpu}) {
      EXPECT_FALSE(ChooseChannels(asked, device, channels).row.has_value()) << asked;
    }
  }
}

TEST(EnergyClass, ADramlessHostCanBeAskedForByName) {
  const ClassChoice choice = ChooseChannels("host-nodram", DeviceKind::kDiscrete, GpuServer());
  const std::vector<ChannelReading> readings = {Measured(kGpu, 100), Measured(kPackage, 20),
                                                Measured(kDram, 3)};
  EXPECT_EQ(choice.row->name, "host-nodram");
  EXPECT_EQ(SumOfClass(choice, readings, 0).gross, 120);
}

TEST(EnergyClass, TheOldNameOfPaperIsUnderstood) {
  EXPECT_EQ(ClassName("accelerator"), "paper");
  EXPECT_EQ(ClassName("host"), "host");
  EXPECT_FALSE(IsEnergyClass("accelerator"));
  EXPECT_FALSE(IsEnergyClass(kFacilityClass));
}

TEST(EnergyClass, TakesTheDeviceKindFromTheAcceleratorId) {
  EXPECT_EQ(DeviceKindOf("nvidia-h200"), DeviceKind::kDiscrete);
  EXPECT_EQ(DeviceKindOf("apple-m4-max-40c-128gb"), DeviceKind::kIntegrated);
  EXPECT_EQ(DeviceKindOf("cpu-amd-epyc-9654"), DeviceKind::kCpu);
  EXPECT_EQ(DeviceKindOf("any"), DeviceKind::kDiscrete);
}

TEST(EnergyClass, HostOfAGpuServerIsGpuPackageAndDram) {
  const ClassChoice choice = ChooseChannels("host", DeviceKind::kDiscrete, GpuServer());
  ASSERT_TRUE(choice.row.has_value());
  EXPECT_EQ(choice.row->name, "host");
  const std::vector<ChannelReading> readings = {Measured(kGpu, 100), Measured(kPackage, 20),
                                                Measured(kDram, 3)};
  const UnitEnergy energy = SumOfClass(choice, readings, 0);
  EXPECT_EQ(energy.state, ClassEnergy::kMeasured);
  EXPECT_EQ(energy.gross, 123);
}

TEST(EnergyClass, PaperOfAGpuServerIsTheGpuAlone) {
  const ClassChoice choice = ChooseChannels("paper", DeviceKind::kDiscrete, GpuServer());
  const std::vector<ChannelReading> readings = {Measured(kGpu, 100), Measured(kPackage, 20),
                                                Measured(kDram, 3)};
  EXPECT_EQ(SumOfClass(choice, readings, 0).gross, 100);
}

TEST(EnergyClass, AModuleIsNotAddedToTheDevicesInIt) {
  std::vector<ClassChannel> channels = GpuServer();
  channels.push_back(Channel(kModule, Scope::kModule));
  const ClassChoice choice = ChooseChannels("host", DeviceKind::kDiscrete, channels);
  const std::vector<ChannelReading> readings = {Measured(kGpu, 100), Measured(kPackage, 20),
                                                Measured(kDram, 3), Measured(kModule, 130)};
  EXPECT_EQ(SumOfClass(choice, readings, 0).gross, 130);
}

TEST(EnergyClass, WithoutDramItIsAnotherClass) {
  std::vector<ClassChannel> channels = GpuServer();
  channels.pop_back();
  const ClassChoice choice = ChooseChannels("host", DeviceKind::kDiscrete, channels);
  EXPECT_EQ(choice.row->name, "host-nodram");
}

TEST(EnergyClass, TheClassThatAllAgentsCanMeasureIsPreferred) {
  std::vector<ClassChannel> channels = GpuServer();
  channels.push_back(Channel(11, Scope::kAccelerator, "nvml", 2));
  channels.push_back(Channel(12, Scope::kCpuPackage, "rapl", 2));
  EXPECT_EQ(ChooseChannels("host", DeviceKind::kDiscrete, channels).row->name, "host-nodram");
}

TEST(EnergyClass, AResultOfAnAgentThatLacksAScopeIsPartial) {
  std::vector<ClassChannel> channels = GpuServer();
  channels.push_back(Channel(11, Scope::kAccelerator, "nvml", 2));
  const ClassChoice choice = ChooseChannels("host", DeviceKind::kDiscrete, channels);
  EXPECT_EQ(choice.row->name, "host");
  const std::vector<ChannelReading> readings = {Measured(11, 100)};
  EXPECT_EQ(SumOfClass(choice, readings, 0).state, ClassEnergy::kPartial);
}

TEST(EnergyClass, AGpuWithoutASensorOfItsOwnHasNoClass) {
  const std::vector<ClassChannel> channels = {Channel(kPackage, Scope::kCpuPackage),
                                              Channel(kDram, Scope::kDram)};
  EXPECT_FALSE(ChooseChannels("host", DeviceKind::kDiscrete, channels).row.has_value());
  EXPECT_TRUE(ChooseChannels("host", DeviceKind::kCpu, channels).row.has_value());
}

TEST(EnergyClass, TwoSourcesOfOneScopeAreNotAdded) {
  const std::vector<ClassChannel> channels = {Channel(7, Scope::kAccelerator, "dcgm"),
                                              Channel(8, Scope::kAccelerator, "nvml"),
                                              Channel(9, Scope::kAccelerator, "nvml")};
  const ClassChoice choice = ChooseChannels("paper", DeviceKind::kDiscrete, channels);
  const std::vector<ChannelReading> readings = {Measured(7, 210), Measured(8, 100),
                                                Measured(9, 105)};
  EXPECT_EQ(SumOfClass(choice, readings, 0).gross, 205);
}

TEST(EnergyClass, AFlagThatSpoilsEnergyMakesAMeasurementInvalid) {
  const ClassChoice choice = ChooseChannels("host", DeviceKind::kDiscrete, GpuServer());
  const auto state = [&](Flags of_channel, Flags of_result) {
    const std::vector<ChannelReading> readings = {
        Measured(kGpu, 100), Measured(kPackage, 20, of_channel), Measured(kDram, 3)};
    return SumOfClass(choice, readings, of_result).state;
  };
  for (const FlagRow& row : AllFlags()) {
    const ClassEnergy expected = row.spoils_energy ? ClassEnergy::kInvalid : ClassEnergy::kMeasured;
    EXPECT_EQ(state(row.bit, 0), expected) << row.name;
    EXPECT_EQ(state(0, row.bit), expected) << row.name;
  }
}

TEST(EnergyClass, AnUnmeasuredChannelMakesTheSumInvalid) {
  const ClassChoice choice = ChooseChannels("host", DeviceKind::kDiscrete, GpuServer());
  std::vector<ChannelReading> readings = {Measured(kGpu, 100), Measured(kPackage, 20),
                                          Measured(kDram, 3)};
  readings[2].status = EnergyStatus::kInvalid;
  EXPECT_EQ(SumOfClass(choice, readings, 0).state, ClassEnergy::kInvalid);
  readings[2] = {
      .channel_id = kDram, .status = EnergyStatus::kMeasured, .gross = std::nullopt, .flags = 0};
  EXPECT_EQ(SumOfClass(choice, readings, 0).state, ClassEnergy::kInvalid);
}

TEST(EnergyClass, ModelledAndImportedEnergyNeverEnterTheSum) {
  const ClassChoice choice = ChooseChannels("paper", DeviceKind::kDiscrete, GpuServer());
  const std::vector<ChannelReading> readings = {
      Measured(kGpu, 100),
      {.channel_id = 20, .status = EnergyStatus::kModelled, .gross = 7, .flags = 0},
      {.channel_id = 21, .status = EnergyStatus::kModelled, .gross = 8, .flags = 0},
      {.channel_id = 22, .status = EnergyStatus::kImported, .gross = 9, .flags = 0}};
  const UnitEnergy energy = SumOfClass(choice, readings, 0);
  EXPECT_EQ(energy.gross, 100);
  EXPECT_EQ(energy.modelled, 15);
  EXPECT_EQ(energy.imported, 9);
}

TEST(EnergyClass, AModelledReadingOnASensorsChannelIsNotMeasured) {
  const ClassChoice choice = ChooseChannels("paper", DeviceKind::kDiscrete, GpuServer());
  const std::vector<ChannelReading> readings = {
      {.channel_id = kGpu, .status = EnergyStatus::kModelled, .gross = 7, .flags = 0}};
  EXPECT_EQ(SumOfClass(choice, readings, 0).state, ClassEnergy::kAbsent);
}

}  // namespace
}  // namespace wattfleet::coordinator
