#include "coordinator/workload/query_codec.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wattfleet::coordinator {
namespace {

using ::testing::ElementsAre;

Query Sample() {
  return {.q = 3,
          .id = "id",
          .dataset = "set",
          .subject = "",
          .question = std::string("a\0b", 3),
          .options = {"x", "", "z"},
          .references = {"B"},
          .grader = "mcq"};
}

TEST(QueryCodecTest, GivesBackWhatItWasGiven) {
  std::string bytes;
  EncodeQuery(Sample(), bytes);
  QueryView view;
  DecodeQuery(bytes, view);

  EXPECT_EQ(view.id, "id");
  EXPECT_EQ(view.dataset, "set");
  EXPECT_EQ(view.subject, "");
  EXPECT_EQ(view.question, std::string_view("a\0b", 3));
  EXPECT_THAT(view.options, ElementsAre("x", "", "z"));
  EXPECT_THAT(view.references, ElementsAre("B"));
  EXPECT_EQ(view.grader, "mcq");
}

TEST(QueryCodecTest, TellsApartWhereTextsBegin) {
  Query one = Sample();
  Query other = Sample();
  one.options = {"xy", "z"};
  other.options = {"x", "yz"};
  std::string one_bytes;
  std::string other_bytes;
  EncodeQuery(one, one_bytes);
  EncodeQuery(other, other_bytes);

  EXPECT_NE(one_bytes, other_bytes);
}

TEST(QueryCodecTest, LeavesThePlaceOut) {
  Query moved = Sample();
  moved.q = 99;
  std::string bytes;
  std::string moved_bytes;
  EncodeQuery(Sample(), bytes);
  EncodeQuery(moved, moved_bytes);

  EXPECT_EQ(bytes, moved_bytes);
}

TEST(AppendJsonArrayTest, EscapesWhatJsonMustEscape) {
  std::string json;
  AppendJsonArray({"a\"b\\c\n\x01", "", "\xc3\xa9"}, json);

  EXPECT_EQ(json, "[\"a\\\"b\\\\c\\u000a\\u0001\",\"\",\"\xc3\xa9\"]");
}

}  // namespace
}  // namespace wattfleet::coordinator
