#include "agent/power/powermetrics/powermetrics_report.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace wattfleet::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::StatusIs;

std::string Document(const std::string& inside) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE plist>\n<plist version=\"1.0\">\n"
         "<dict>\n" +
         inside + "\n</dict>\n</plist>\n";
}

std::string Processor(const std::string& inside) {
  return Document(
      "<key>elapsed_ns</key><integer>200000000</integer>\n<key>processor</key>\n<dict>" + inside +
      "</dict>");
}

// The figures of an M2 Ultra: the GPU's energy outside `processor` is another.
constexpr char kM2Ultra[] = R"(<key>is_delta</key><true/>
<key>elapsed_ns</key><integer>1023664917</integer>
<key>hw_model</key><string>Mac14,14</string>
<key>timestamp</key><date>2023-12-01T10:00:00Z</date>
<key>processor</key>
<dict>
<key>clusters</key>
<array>
<dict><key>name</key><string>E0-Cluster</string><key>cpu_power</key><real>1</real></dict>
</array>
<key>ane_energy</key><integer>0</integer>
<key>ane_power</key><real>0</real>
<key>cpu_energy</key><integer>855</integer>
<key>cpu_power</key><real>835.2</real>
<key>gpu_energy</key><integer>72607</integer>
<key>gpu_power</key><real>70924.6</real>
<key>combined_power</key><real>71759.8</real>
</dict>
<key>thermal_pressure</key><string>Nominal</string>
<key>gpu</key>
<dict>
<key>freq_hz</key><real>1.39e+09</real>
<key>gpu_energy</key><integer>73491</integer>
<key>idle_ratio</key>
</dict>)";

TEST(PowermetricsReportTest, ReadsTheProcessorAndNothingBesideIt) {
  WF_ASSERT_OK_AND_ASSIGN(const PowermetricsReport report,
                          ParsePowermetricsReport(Document(kM2Ultra)));

  EXPECT_EQ(report.elapsed_ns, 1'023'664'917);
  EXPECT_EQ(report.combined_mw, 71'759.8);
  EXPECT_EQ(report.cpu_mw, 835.2);
  EXPECT_EQ(report.gpu_mj, 72'607);
  EXPECT_EQ(report.ane_mj, 0);
  EXPECT_EQ(report.thermal_pressure, "Nominal");
  EXPECT_FALSE(EnergyDisagrees(report));
  // 71.7598 W over 1.0237 s
  EXPECT_NEAR(static_cast<double>(*CombinedNanojoules(report)) * 1e-9, 73.458, 0.001);
}

TEST(PowermetricsReportTest, ReadsIntegersAndSpacesAsWell) {
  WF_ASSERT_OK_AND_ASSIGN(
      const PowermetricsReport report,
      ParsePowermetricsReport(Processor("<key>combined_power</key>\n\t<integer> 59 </integer>")));

  EXPECT_EQ(CombinedNanojoules(report), 11'800'000U);
}

TEST(PowermetricsReportTest, AddsThePartsWhereTheirSumIsMissing) {
  const std::string powers =
      "<key>cpu_power</key><real>10</real><key>gpu_power</key><real>20</real>";
  const std::string energies =
      "<key>cpu_energy</key><integer>4</integer><key>gpu_energy</key><integer>8</integer>"
      "<key>ane_energy</key><integer>1</integer>";

  const auto nanojoules = [](const std::string& inside) {
    return CombinedNanojoules(*ParsePowermetricsReport(Processor(inside)));
  };
  EXPECT_EQ(nanojoules(powers + "<key>ane_power</key><real>5</real>"), 7'000'000U);
  EXPECT_EQ(nanojoules(energies), 13'000'000U);
  EXPECT_EQ(nanojoules(powers), std::nullopt);  // no neural engine: missing, not 0
  EXPECT_EQ(nanojoules(""), std::nullopt);
}

TEST(PowermetricsReportTest, AllZeroIsNoMeasurement) {
  WF_ASSERT_OK_AND_ASSIGN(
      const PowermetricsReport report,
      ParsePowermetricsReport(Processor("<key>combined_power</key><real>0</real>")));

  EXPECT_EQ(CombinedNanojoules(report), std::nullopt);
}

TEST(PowermetricsReportTest, SaysWhenEnergyAndPowerDisagree) {
  const auto disagrees = [](const std::string& gpu_energy) {
    return EnergyDisagrees(*ParsePowermetricsReport(
        Processor("<key>combined_power</key><real>10000</real><key>cpu_energy</key><integer>0"
                  "</integer><key>ane_energy</key><integer>0</integer><key>gpu_energy</key>"
                  "<integer>" +
                  gpu_energy + "</integer>")));
  };

  EXPECT_FALSE(disagrees("2000"));
  EXPECT_FALSE(disagrees("1980"));
  EXPECT_TRUE(disagrees("1000"));
  EXPECT_TRUE(disagrees("4000"));
}

TEST(PowermetricsReportTest, RefusesWhatIsNoNumberAndWhatHasNoTime) {
  for (const char* value : {"nan", "inf", "-1", "1e400", "", "12 W", "0x10"}) {
    EXPECT_THAT(ParsePowermetricsReport(
                    Processor(std::string("<key>combined_power</key><real>") + value + "</real>")),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("combined_power")))
        << value;
  }
  for (const char* document :
       {"", "<", "<plist>", "<dict></dict>", "<key>elapsed_ns</key><integer>5</integer>",
        "</dict></dict><dict><key>x</key><dict><key>elapsed_ns</key><integer>5</integer>",
        "<dict><key>elapsed_ns</key><integer>0</integer></dict>",
        "<dict><key>elapsed_ns</key><integer>99999999999999999999</integer></dict>",
        "<dict><key>elapsed_ns</key><string>5</string></dict>"}) {
    EXPECT_THAT(ParsePowermetricsReport(document),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("elapsed_ns")))
        << document;
  }
}

std::vector<std::string> Split(PlistSplitter& splitter, const std::string& bytes,
                               std::size_t piece) {
  std::vector<std::string> documents;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    splitter.Add(std::string_view(bytes).substr(at, piece),
                 [&documents](std::string_view document) { documents.emplace_back(document); });
  }
  return documents;
}

TEST(PlistSplitterTest, FindsTheSameDocumentsHoweverTheBytesCome) {
  const std::string stream = std::string("<plist>a</plist>\n\0<plist>b</plist>\n", 35) +
                             std::string("\0<plist>c</plist>", 17);
  for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
    PlistSplitter splitter;
    EXPECT_THAT(Split(splitter, stream, piece),
                ElementsAre(HasSubstr("<plist>a</plist>"), HasSubstr("<plist>b</plist>"),
                            HasSubstr("<plist>c</plist>")))
        << piece;
    EXPECT_EQ(splitter.dropped(), 0U);
  }
}

TEST(PlistSplitterTest, DropsADocumentThatIsCutShortOrTooLong) {
  PlistSplitter splitter(100);
  const std::string stream = std::string("<plist>cut\0", 11) + "<plist>b</plist>" +
                             std::string(1, '\0') + "<plist>" + std::string(300, 'x') + "</plist>" +
                             "<plist>d</plist>";
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, stream.size()}) {
    EXPECT_THAT(Split(splitter, stream, piece), ElementsAre("<plist>b</plist>", "<plist>d</plist>"))
        << piece;
  }
  EXPECT_EQ(splitter.dropped(), 6U);
}

}  // namespace
}  // namespace wattfleet::agent
