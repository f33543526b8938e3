#include <chrono>
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <grpcpp/client_context.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include "wattfleet/v1/control.grpc.pb.h"

#include "common/grpc/status_conversion.h"
#include "common/grpc/transport.h"
#include "coordinator/cli/grpc_fleet_client.h"
#include "tests/support/status_matchers.h"

namespace wattfleet {
namespace {

using testing::StatusIs;

// As long as a report of 20 models on 8 accelerators by 300 subjects.
constexpr std::size_t kLongReportBytes = 10'000'000;

class LongReports final : public v1::Control::Service {
 public:
  grpc::Status Report(grpc::ServerContext*, const v1::ReportRequest*,
                      v1::ReportReply* reply) override {
    reply->set_text(std::string(kLongReportBytes, 'x'));
    return grpc::Status::OK;
  }
};

class ControlReplyTest : public ::testing::Test {
 protected:
  ControlReplyTest() {
    grpc::ServerBuilder builder;
    SetServerArguments(builder);
    int port = 0;
    WF_EXPECT_OK(AddLoopbackListener("127.0.0.1:0", builder, &port));
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    address_ = "127.0.0.1:" + std::to_string(port);
  }

  LongReports service_;
  std::unique_ptr<grpc::Server> server_;
  std::string address_;
};

TEST_F(ControlReplyTest, AReportOfManyPairsReachesTheOperator) {
  WF_ASSERT_OK_AND_ASSIGN(const auto fleet,
                          coordinator::ConnectFleet(address_, std::chrono::seconds(60)));
  WF_ASSERT_OK_AND_ASSIGN(const std::string text, fleet->Report({.sweep = "night"}));
  EXPECT_EQ(text.size(), kLongReportBytes);
}

TEST_F(ControlReplyTest, AnAgentTakesNoMessageOfThatSize) {
  WF_ASSERT_OK_AND_ASSIGN(const auto channel, OpenLoopbackChannel(address_));
  grpc::ClientContext context;
  v1::ReportReply reply;
  EXPECT_THAT(FromGrpcStatus(v1::Control::NewStub(channel)->Report(&context, {}, &reply)),
              StatusIs(absl::StatusCode::kResourceExhausted, ::testing::_));
}

}  // namespace
}  // namespace wattfleet
