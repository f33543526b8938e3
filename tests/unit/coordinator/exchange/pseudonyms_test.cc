#include "coordinator/exchange/pseudonyms.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wattfleet::coordinator {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

TEST(PseudonymsTest, AreTheSameForTheSameThingInOneStoreOnly) {
  const Pseudonyms ours("store-1");

  EXPECT_THAT(ours.Agent("mac-studio-3"), MatchesRegex("lab-[0-9a-f]{8}/agent-[0-9a-f]{8}"));
  EXPECT_EQ(ours.Agent("mac-studio-3"), Pseudonyms("store-1").Agent("mac-studio-3"));
  EXPECT_NE(ours.Agent("mac-studio-3"), Pseudonyms("store-2").Agent("mac-studio-3"));
  EXPECT_NE(ours.Agent("mac-studio-3"), ours.Agent("mac-studio-4"));
  EXPECT_EQ(ours.Agent(ours.Agent("a")), ours.Agent("a"));
}

TEST(PseudonymsTest, ReplaceWhatNamesAMachineAPersonOrAnAddressAndKeepTheLength) {
  Pseudonyms pseudonyms("store-1");
  pseudonyms.AddName("mac-studio-3");
  pseudonyms.AddName("al");  // too short to be looked for
  for (const std::string secret :
       {"mac-studio-3", "GPU-1b2c3d4e-1111-2222-3333-0123456789ab", "10.0.12.7", "fe80::1c2:33ff",
        "3c:22:fb:01:02:03", "2001:db8:0:1:2:3:4:5", "alice@lab.example", "/home/alice",
        "/Users/alice", "https://bmc.lan"}) {
    const std::string text = "at " + secret + ", and on";
    const std::string scrubbed = pseudonyms.Scrub(text);
    EXPECT_EQ(scrubbed.size(), text.size());
    EXPECT_THAT(scrubbed, Not(HasSubstr(secret)));
    EXPECT_EQ(scrubbed, pseudonyms.Scrub(text));
  }
  EXPECT_THAT(pseudonyms.Scrub("nvml/GPU-1b2c3d4e-1111-2222-3333-0123456789ab/energy"),
              MatchesRegex("nvml/GPU-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
                           "/energy"));
}

TEST(PseudonymsTest, LeaveAloneWhatOnlyLooksLikeIt) {
  Pseudonyms pseudonyms("store-1");
  pseudonyms.AddName("node");
  for (const std::string plain :
       {"22:00-07:00", "12:30:59", "535.104.05.12", "0.12.3", "nodes and no_node2", "q4_k_m",
        "llama3.1:8b", "std::string", "a@b", "{\"driver\":\"550.54\"}"}) {
    EXPECT_EQ(pseudonyms.Scrub(plain), plain);
  }
}

}  // namespace
}  // namespace wattfleet::coordinator
