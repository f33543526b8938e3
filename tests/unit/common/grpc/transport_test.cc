#include "common/grpc/transport.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/grpc/status_conversion.h"
#include "tests/support/status_matchers.h"

namespace wattfleet {
namespace {

using ::testing::HasSubstr;
using testing::StatusIs;

TEST(TransportTest, OnlyLoopbackAddressesAreLoopback) {
  for (const char* address : {"127.0.0.1:7443", "127.255.0.9:0", "localhost:65535", "[::1]:7443"}) {
    EXPECT_TRUE(IsLoopback(address)) << address;
  }
  for (const char* address :
       {"", "127.0.0.1", "0.0.0.0:7443", "10.0.0.1:7443", "lab-server:7443", "[::]:7443",
        "127.0.0.1.example.org:7443", "127.0.0.256:1", "127.0.0:1", "127.0.0.1:99999",
        "127.0.0.1:", "127.0.0.1:x", "localhost.example.org:1", "dns:127.0.0.1:1",
        "[::ffff:10.0.0.1]:1", "evil,127.0.0.1:1"}) {
    EXPECT_FALSE(IsLoopback(address)) << address;
  }
}

TEST(TransportTest, ConnectionsWithoutTlsAreRefusedBeyondLoopback) {
  grpc::ServerBuilder builder;
  int port = 0;

  EXPECT_THAT(OpenLoopbackChannel("lab-server:7443"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("\"lab-server:7443\"")));
  EXPECT_THAT(AddLoopbackListener("0.0.0.0:7443", builder, &port),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("\"0.0.0.0:7443\"")));
  WF_EXPECT_OK(OpenLoopbackChannel("127.0.0.1:7443"));
}

TEST(TransportTest, EveryStatusCodeSurvivesBothWays) {
  for (int code = 0; code <= 16; ++code) {
    const absl::Status status(static_cast<absl::StatusCode>(code), code == 0 ? "" : "why");
    EXPECT_EQ(FromGrpcStatus(ToGrpcStatus(status)), status);
  }
}

}  // namespace
}  // namespace wattfleet
