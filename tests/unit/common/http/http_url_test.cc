#include "common/http/http_url.h"

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

}  // namespace
}  // namespace wattfleet
