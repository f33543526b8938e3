#include "agent/spool/spool_identity.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace wattfleet::agent {
namespace {

using ::testing::HasSubstr;
using wattfleet::testing::StatusIs;

SpoolIdentity Example() {
  SpoolIdentity identity{.id = {0x01, 0xAB, 0xFF},
                         .agent = "mac studio\n3",
                         .incarnation = 18'000'000'000'000'000'000ULL,
                         .boot_id = "b-1",
                         .is_clean = true};
  return identity;
}

TEST(SpoolIdentityTest, ParsesWhatItFormats) {
  WF_ASSERT_OK_AND_ASSIGN(const SpoolIdentity back, ParseIdentity(FormatIdentity(Example())));
  EXPECT_EQ(back, Example());

  WF_ASSERT_OK_AND_ASSIGN(const SpoolIdentity empty, ParseIdentity(FormatIdentity({})));
  EXPECT_EQ(empty, SpoolIdentity{});
}

TEST(SpoolIdentityTest, ANewerFormatIsRefusedNotGuessed) {
  EXPECT_THAT(ParseIdentity("wattfleet-spool 2\nsomething else\n"),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("newer agent (format 2")));
}

TEST(SpoolIdentityTest, EveryCutIsDamage) {
  const std::string text = FormatIdentity(Example());

  for (std::size_t size = 0; size + 1 < text.size(); ++size) {
    EXPECT_THAT(ParseIdentity(text.substr(0, size)),
                StatusIs(absl::StatusCode::kDataLoss, HasSubstr("identity")))
        << size;
  }
}

}  // namespace
}  // namespace wattfleet::agent
