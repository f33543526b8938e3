#include "common/http/http_url.h"

#include <optional>

#include <gtest/gtest.h>

namespace wattfleet {
namespace {

TEST(IsLoopbackUrlTest, KnowsThisHostFromOthers) {
  for (const char* url : {"http://127.0.0.1:8080", "http://127.3.2.1/v1", "http://localhost",
                          "http://localhost:1/x", "http://[::1]:8080/v1", "127.0.0.1:8080"}) {
    EXPECT_TRUE(IsLoopbackUrl(url)) << url;
  }
  for (const char* url :
       {"https://api.openai.com/v1", "http://localhost.example.com", "http://127.example.com",
        "http://10.0.0.1", "http://example.com/127.0.0.1", "http://[2001:db8::1]/", ""}) {
    EXPECT_FALSE(IsLoopbackUrl(url)) << url;
  }
}

TEST(PortOfTest, IsTheUrlsOwnOrItsSchemes) {
  EXPECT_EQ(PortOf("http://127.0.0.1:8080/v1"), 8080);
  EXPECT_EQ(PortOf("http://[::1]:11434"), 11434);
  EXPECT_EQ(PortOf("localhost:1"), 1);
  EXPECT_EQ(PortOf("http://a:b@localhost:81/x:9"), 81);
  EXPECT_EQ(PortOf("http://localhost/v1"), 80);
  EXPECT_EQ(PortOf("http://[::1]/"), 80);
  EXPECT_EQ(PortOf("https://localhost"), 443);
}

TEST(PortOfTest, WhatIsNoPortIsNothing) {
  for (const char* url : {"", "localhost", "ftp://localhost", "http://localhost:", "http://[::1",
                          "http://localhost:0", "http://localhost:65536", "http://localhost:8x",
                          "http://localhost:-1"}) {
    EXPECT_EQ(PortOf(url), std::nullopt) << url;
  }
}

}  // namespace
}  // namespace wattfleet
