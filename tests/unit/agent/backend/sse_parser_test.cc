#include "agent/backend/openai/sse_parser.h"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wattfleet::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

using Events = std::vector<std::pair<std::string, std::string>>;

Events Parse(const std::vector<std::string>& reads) {
  Events events;
  const auto on_event = [&events](std::string_view name, std::string_view data) {
    events.emplace_back(name, data);
  };
  SseParser parser;
  for (const std::string& read : reads) {
    EXPECT_TRUE(parser.Feed(read, on_event));
  }
  parser.Finish(on_event);
  return events;
}

TEST(SseParserTest, TakesSeveralEventsOfOneRead) {
  EXPECT_THAT(Parse({"data: a\n\ndata: b\n\ndata: c\n\n"}),
              ElementsAre(Pair("", "a"), Pair("", "b"), Pair("", "c")));
}

TEST(SseParserTest, DoesNotDependOnWhereTheBytesAreCut) {
  const std::string text =
      ": ping\r\ndata: {\"a\": 1}\r\n\r\n:\nevent: error\ndata:x\ndata: y\n\nid: 7\nretry: 9\n\n"
      "data\n\ndata: last";
  const Events whole = {{"", "{\"a\": 1}"}, {"error", "x\ny"}, {"", ""}, {"", "last"}};
  EXPECT_EQ(Parse({text}), whole);

  std::vector<std::string> bytes;
  for (std::size_t cut = 0; cut < text.size(); ++cut) {
    bytes.emplace_back(1, text[cut]);
    EXPECT_EQ(Parse({text.substr(0, cut), text.substr(cut)}), whole) << cut;
  }
  EXPECT_EQ(Parse(bytes), whole);
}

TEST(SseParserTest, PassesOverCommentsAndFieldsOfNoUse) {
  EXPECT_THAT(Parse({": OPENROUTER PROCESSING\n\n", "id: 1\nevent: message\n\n", "\n\n"}),
              IsEmpty());
}

TEST(SseParserTest, TakesAFieldNamedErrorForAnErrorEvent) {
  EXPECT_THAT(Parse({"error: {\"code\": 500}\n\n"}), ElementsAre(Pair("error", "{\"code\": 500}")));
}

TEST(SseParserTest, GivesUpOnAnEventWithoutEnd) {
  SseParser parser;
  const std::string piece(1U << 20, 'x');
  bool fits = parser.Feed("data: ", [](auto, auto) {});
  for (std::size_t fed = 0; fits && fed <= kSseEventBytesMax; fed += piece.size()) {
    fits = parser.Feed(piece, [](auto, auto) {});
  }

  EXPECT_FALSE(fits);
}

}  // namespace
}  // namespace wattfleet::agent
