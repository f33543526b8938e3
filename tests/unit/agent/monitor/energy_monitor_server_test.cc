#include "agent/monitor/energy_monitor_server.h"

#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>

#include "common/time/system_clock.h"
#include "tests/support/status_matchers.h"

namespace wattfleet::agent {
namespace {

using energy::TelemetryReading;
using ::testing::HasSubstr;
using testing::StatusIs;

// A GPU that has drawn a joule more each time it is asked about. Asked by one thread at a time.
class CountingMeter final : public EnergyMeter {
 public:
  MeasuredChannels Measured(const std::vector<std::string>&) const override {
    return {.names = {"counting"}, .update_periods = {std::chrono::milliseconds(100)}};
  }
  std::vector<std::string> ChannelNames() const override { return {"gpu"}; }
  std::unique_ptr<EnergyAccount> OpenAccount(const std::vector<std::string>&,
                                             TaskRunner&) override {
    return std::make_unique<NoEnergyAccount>();
  }
  void MeasureBaseline(const std::vector<std::string>&, TaskRunner&,
                       std::function<void()>) override {}
  std::vector<SourceChannel> Channels() const override {
    SourceChannel gpu;
    gpu.source = "nvml";
    return {gpu};
  }
  std::vector<ChannelTotal> Totals() override {
    ++asked_;
    const auto now = SystemClock().MonotonicNow().time_since_epoch();
    return {{asked_ * 1'000'000, asked_ * 1'000'000,
             std::chrono::duration_cast<std::chrono::nanoseconds>(now).count(), true}};
  }

 private:
  std::int64_t asked_ = 0;  // of the server's one thread
};

class EnergyMonitorServerTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<EnergyMonitorServer>> Start(const std::string& listen) {
    return EnergyMonitorServer::Start(
        {.listen = listen, .interval = std::chrono::milliseconds(10), .host = {}}, meter_, clock_);
  }
  static std::unique_ptr<energy::EnergyMonitor::Stub> Connect(int port) {
    return energy::EnergyMonitor::NewStub(grpc::CreateChannel("127.0.0.1:" + std::to_string(port),
                                                              grpc::InsecureChannelCredentials()));
  }
  SystemClock clock_;
  CountingMeter meter_;
};

TEST_F(EnergyMonitorServerTest, AllSubscribersHearTheSameReadingsAndEndWithTheServer) {
  constexpr std::size_t kSubscribers = 4;
  WF_ASSERT_OK_AND_ASSIGN(std::unique_ptr<EnergyMonitorServer> server, Start("127.0.0.1:0"));
  const auto stub = Connect(server->port());
  std::vector<std::vector<TelemetryReading>> heard(kSubscribers);
  std::vector<grpc::Status> ends(kSubscribers);
  std::vector<absl::Notification> enough(kSubscribers);
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < kSubscribers; ++i) {
    threads.emplace_back([&, i] {
      grpc::ClientContext context;
      const auto reader = stub->StreamTelemetry(&context, energy::StreamRequest());
      TelemetryReading reading;
      while (reader->Read(&reading)) {
        heard[i].push_back(reading);
        if (heard[i].size() == 5) {
          enough[i].Notify();
        }
      }
      ends[i] = reader->Finish();
    });
  }
  for (auto& one : enough) {
    one.WaitForNotification();
  }
  server.reset();
  threads.clear();
  std::map<std::int64_t, double> joules_at;
  for (std::size_t i = 0; i < kSubscribers; ++i) {
    EXPECT_TRUE(ends[i].ok()) << ends[i].error_message();
    for (std::size_t k = 0; k < heard[i].size(); ++k) {
      const TelemetryReading& reading = heard[i][k];
      EXPECT_TRUE(k == 0 || reading.energy_joules() > heard[i][k - 1].energy_joules());
      // One sampling, however many listen.
      const auto [at, is_new] =
          joules_at.emplace(reading.timestamp_nanos(), reading.energy_joules());
      EXPECT_TRUE(is_new || at->second == reading.energy_joules());
    }
  }
}

TEST_F(EnergyMonitorServerTest, ASubscriberWhoLeavesIsForgotten) {
  WF_ASSERT_OK_AND_ASSIGN(const auto server, Start("localhost:0"));
  const auto stub = Connect(server->port());
  for (int i = 0; i < 20; ++i) {
    grpc::ClientContext context;
    const auto reader = stub->StreamTelemetry(&context, energy::StreamRequest());
    TelemetryReading reading;
    EXPECT_TRUE(reader->Read(&reading));
    context.TryCancel();
    EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::CANCELLED);
  }
}

TEST_F(EnergyMonitorServerTest, ListensOnLoopbackAloneAndSaysWhenThePortIsTaken) {
  EXPECT_THAT(Start("0.0.0.0:0"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("loopback")));
  WF_ASSERT_OK_AND_ASSIGN(const auto first, Start("127.0.0.1:0"));
  EXPECT_THAT(Start("127.0.0.1:" + std::to_string(first->port())),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("in use")));
}

}  // namespace
}  // namespace wattfleet::agent
