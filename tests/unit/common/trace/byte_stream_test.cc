#include "common/trace/byte_stream.h"

#include <limits>

#include <gtest/gtest.h>

namespace wattfleet {
namespace {

TEST(ByteStreamTest, EveryNumberSurvives) {
  constexpr std::uint64_t kUnsigned[] = {0, 1, 127, 128, 1ULL << 35, ~0ULL};
  constexpr std::int64_t kSigned[] = {0,
                                      -1,
                                      1,
                                      -64,
                                      64,
                                      std::numeric_limits<std::int64_t>::min(),
                                      std::numeric_limits<std::int64_t>::max()};
  ByteWriter out;
  for (const std::uint64_t value : kUnsigned) {
    out.Unsigned(value);
  }
  for (const std::int64_t value : kSigned) {
    out.Signed(value);
  }
  out.Real(-0.125);
  out.Text("a\0b");
  ByteReader in(out.bytes());
  for (const std::uint64_t value : kUnsigned) {
    EXPECT_EQ(in.Unsigned(), value);
  }
  for (const std::int64_t value : kSigned) {
    EXPECT_EQ(in.Signed(), value);
  }
  EXPECT_EQ(in.Real(), -0.125);
  EXPECT_EQ(in.Text(), "a");
  EXPECT_TRUE(in.ok());
  EXPECT_TRUE(in.is_at_end());
}

TEST(ByteStreamTest, SmallNumbersTakeOneByte) {
  ByteWriter out;
  out.Signed(-64);
  EXPECT_EQ(out.size(), 1U);
  out.Signed(64);
  EXPECT_EQ(out.size(), 3U);
}

TEST(ByteStreamTest, WhatCannotBeIsRefusedOnceAndForAll) {
  for (const std::string& bytes : {std::string(), std::string("\x80"), std::string(11, '\xFF'),
                                   std::string(9, '\xFF') + "\x02"}) {
    ByteReader in(bytes);
    EXPECT_EQ(in.Unsigned(), 0U);
    EXPECT_FALSE(in.ok());
    EXPECT_EQ(in.Unsigned(), 0U);
    EXPECT_TRUE(in.is_at_end());
  }
  ByteReader text(
      "\x05"
      "abc");
  EXPECT_EQ(text.Text(), "");
  EXPECT_FALSE(text.ok());
  ByteReader count(
      "\x05"
      "abc");
  EXPECT_EQ(count.Count(), 0U);
  EXPECT_FALSE(count.ok());
}

}  // namespace
}  // namespace wattfleet
