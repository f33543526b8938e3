#include "common/wire/body.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zstd.h>

#include "common/random/random.h"
#include "tests/support/status_matchers.h"

namespace wattfleet {
namespace {

using ::testing::HasSubstr;
using testing::StatusIs;

ResponseBody Example() {
  return {.content = "the answer is (C)\xC3\xA9",
          .reasoning = "because",
          .chunks = {{.since_sent_ns = 5'000, .kind = ChunkKind::kReasoning},
                     {.since_sent_ns = 7'000, .kind = ChunkKind::kContent},
                     {.since_sent_ns = 7'000, .kind = ChunkKind::kContent}}};
}

TEST(BodyTest, UnpacksWhatWasPacked) {
  WF_ASSERT_OK_AND_ASSIGN(const ResponseBody body, UnpackBody(PackBody(Example())));

  EXPECT_EQ(body, Example());
}

TEST(BodyTest, AnEmptyBodySurvives) {
  WF_ASSERT_OK_AND_ASSIGN(const ResponseBody body, UnpackBody(PackBody({})));

  EXPECT_EQ(body, ResponseBody{});
}

TEST(BodyTest, BytesThatAreNotUtf8AreReplacedNotLost) {
  WF_ASSERT_OK_AND_ASSIGN(const ResponseBody body, UnpackBody(PackBody({.content = "a\xFF"
                                                                                   "b",
                                                                        .reasoning = "\xC3",
                                                                        .chunks = {}})));

  EXPECT_EQ(body.content,
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(body.reasoning, "\xEF\xBF\xBD");
}

TEST(BodyTest, RefusesABodyThatWouldGrowOverTheLimit) {
  const std::string packed =
      PackBody({.content = std::string(10'000, 'a'), .reasoning = {}, .chunks = {}});

  EXPECT_THAT(UnpackBody(packed, 9'999),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("over the limit of 9999")));
  WF_EXPECT_OK(UnpackBody(packed, 20'000));
}

TEST(BodyTest, RefusesEveryTruncation) {
  const std::string packed = PackBody(Example());

  for (std::size_t size = 0; size < packed.size(); ++size) {
    EXPECT_THAT(UnpackBody(packed.substr(0, size)),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("response body")))
        << size;
  }
}

TEST(BodyTest, RandomBytesNeverCrashIt) {
  Random random(7);
  for (int i = 0; i < 2'000; ++i) {
    std::string packed = PackBody(Example());
    packed[random.Below(packed.size())] = static_cast<char>(random.Below(256));

    const auto body = UnpackBody(packed);

    if (!body.ok()) {
      EXPECT_EQ(body.status().code(), absl::StatusCode::kInvalidArgument);
    }
  }
}

TEST(BodyTest, RefusesAFrameWithoutADeclaredSize) {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
  std::string packed(100, '\0');
  packed.resize(ZSTD_compress2(context, packed.data(), packed.size(), "abc", 3));
  ZSTD_freeCCtx(context);

  EXPECT_THAT(UnpackBody(packed),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("declared size")));
}

TEST(BodyTest, EqualContentHasEqualDigest) {
  EXPECT_EQ(ContentDigest("abc"), 0x78AF5F94892F3950ULL);
  EXPECT_NE(ContentDigest("abc"), ContentDigest("abd"));
}

}  // namespace
}  // namespace wattfleet
