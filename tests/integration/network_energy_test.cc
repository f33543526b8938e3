// From servers on the network to the energy of requests: figures equal the closed form of what the
// servers' machine drew. Time is simulated; requests and answers are real.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include <gtest/gtest.h>

#include "agent/energy/sampled_energy_meter.h"
#include "agent/power/open_power_source.h"
#include "tests/support/scripted_http_server.h"
#include "tests/support/scripted_monitor.h"
#include "tests/support/sim_world.h"
#include "tests/support/status_matchers.h"

namespace wattfleet::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ScriptedConnection;
using testing::ScriptedHttpServer;
using testing::ScriptedRequest;
using testing::SimWorld;

constexpr double kIdleWatts = 80;
constexpr double kBusyWatts = 320;

// A machine that idles, and works for a while.
class Machine {
 public:
  void WorkFrom(double s) { busy_from_ = s; }
  void WorkUntil(double s) { busy_until_ = s; }
  // Drawn from 0 until then.
  double Joules(double s) const {
    const double busy = std::max(0.0, std::min(s, busy_until_.load()) - busy_from_.load());
    return kIdleWatts * s + (kBusyWatts - kIdleWatts) * busy;
  }
  double MeanWatts(double s, double window) const {
    return (Joules(s) - Joules(s - window)) / window;
  }
  // The moment that the servers answer for, in seconds.
  void Set(double now) { now_ = now; }
  double now() const { return now_; }

 private:
  std::atomic<double> now_{0};
  std::atomic<double> busy_from_{1e12};
  std::atomic<double> busy_until_{1e12};
};

// A source that is handed on, told before each of its reads.
class ToldSource final : public PowerSource {
 public:
  using Tell = std::function<void(PowerSource&, std::span<ChannelValue>)>;
  ToldSource(std::unique_ptr<PowerSource> source, Tell read)
      : source_(std::move(source)), read_(std::move(read)) {}
  const std::string& name() const override { return source_->name(); }
  const std::vector<ChannelSpec>& channels() const override { return source_->channels(); }
  std::chrono::nanoseconds poll_period() const override { return source_->poll_period(); }
  void Read(std::span<ChannelValue> values) override { read_(*source_, values); }

 private:
  const std::unique_ptr<PowerSource> source_;
  const Tell read_;
};

// The meter of a host with one source, in simulated time.
class Host {
 public:
  Host(Machine& machine, std::unique_ptr<PowerSource> source, const BaselineOptions& baseline,
       ToldSource::Tell read)
      : machine_(machine) {
    MeterOptions options;
    options.baseline = baseline;
    options.baseline.patience = minutes(3);
    std::vector<std::unique_ptr<Sampler>> samplers;
    samplers.push_back(std::make_unique<Sampler>(
        std::make_unique<ToldSource>(std::move(source), std::move(read)), world,
        SamplerOptions{.kept = seconds(120), .suspended_time = [] { return seconds(0); }}));
    Poll(*samplers.back());
    meter = std::make_unique<SampledEnergyMeter>(std::move(samplers), world, options);
  }

  double Now() const {
    return std::chrono::duration<double>(world.MonotonicNow() -
                                         MonotonicTime(std::chrono::hours(1)))
        .count();
  }
  void MeasureBaseline() {
    bool is_done = false;
    meter->MeasureBaseline({}, world, [&is_done] { is_done = true; });
    ASSERT_TRUE(world.RunUntil([&is_done] { return is_done; }, minutes(60)));
  }
  // One request of that length, alone.
  ChannelEnergy Run(std::chrono::nanoseconds length) {
    const auto account = meter->OpenAccount({}, world);
    world.RunFor(milliseconds(2'350));
    machine_.WorkFrom(Now());
    account->RequestStarted(1, world.MonotonicNow());
    world.RunFor(length);
    machine_.WorkUntil(Now());
    std::vector<ChannelEnergy> energies;
    account->RequestEnded(1, world.MonotonicNow(), RequestFate::kCounted,
                          [&energies](std::vector<ChannelEnergy> e) { energies = std::move(e); });
    EXPECT_TRUE(world.RunUntil([&energies] { return !energies.empty(); }, minutes(5)));
    for (const LedgerEntry& entry : account->Close()) {
      EXPECT_TRUE(entry.Balances());
    }
    return energies.empty() ? ChannelEnergy() : energies[0];
  }

  SimWorld world;
  std::unique_ptr<SampledEnergyMeter> meter;

 private:
  void Poll(Sampler& sampler) {
    machine_.Set(Now());
    sampler.PollOnce();
    world.PostAfter(sampler.source().poll_period(), [this, &sampler] { Poll(sampler); });
  }
  Machine& machine_;
};

void JustRead(PowerSource& source, std::span<ChannelValue> values) {
  source.Read(values);
}

std::unique_ptr<PowerSource> Open(const std::string& source, SourceOptions options) {
  auto opened = OpenPowerSource({source, std::move(options)}, {});
  EXPECT_THAT(opened, testing::IsOk());
  return opened.ok() ? *std::move(opened) : nullptr;
}

void ExpectClosedForm(const ChannelEnergy& energy, std::chrono::nanoseconds length,
                      double u_share_most) {
  const double s = std::chrono::duration<double>(length).count();
  ASSERT_EQ(energy.status, EnergyStatus::kMeasured);
  const double u = static_cast<double>(energy.random.value_or(0)) * 1e-6;
  EXPECT_LT(u, u_share_most * kBusyWatts * s);
  EXPECT_NEAR(static_cast<double>(*energy.gross) * 1e-6, kBusyWatts * s, 2 * u);
  ASSERT_TRUE(energy.net.has_value());
  EXPECT_NEAR(static_cast<double>(*energy.net) * 1e-6, (kBusyWatts - kIdleWatts) * s, 2 * u);
}

BaselineOptions Baseline(seconds span, seconds window) {
  BaselineOptions options;
  options.settle = seconds(10);
  options.span = span;
  options.window = window;
  return options;
}

// Answers as `answer` says, at the machine's moment.
class NetworkEnergyTest : public ::testing::Test {
 protected:
  void Serve(std::function<std::string(const std::string& path)> answer) {
    server_ = std::make_unique<ScriptedHttpServer>(
        [answer = std::move(answer)](const ScriptedRequest& request, ScriptedConnection& c) {
          const std::string body = answer(request.path);
          c.Answer(body.empty() ? 404 : 200, "text/plain", body);
        });
  }
  Machine machine_;
  std::unique_ptr<ScriptedHttpServer> server_;
};

TEST_F(NetworkEnergyTest, ABmcThatAveragesOverSixSecondsMeasuresLongRequestsAndRefusesShortOnes) {
  Serve([this](const std::string& path) -> std::string {
    if (path == "/redfish/v1/Chassis/1/EnvironmentMetrics") {
      return absl::StrFormat(R"({"PowerWatts":{"Reading":%d}})",
                             std::lround(machine_.MeanWatts(machine_.now(), 6)));
    }
    return "";
  });
  Host host(machine_, Open("redfish", {{"url", server_->base_url()}, {"chassis", "1"}}),
            Baseline(seconds(60), seconds(10)), JustRead);
  host.MeasureBaseline();

  ExpectClosedForm(host.Run(seconds(120)), seconds(120), 0.02);
  const ChannelEnergy too_short = host.Run(seconds(30));
  EXPECT_EQ(too_short.status, EnergyStatus::kInvalid);
  EXPECT_EQ(too_short.gross, std::nullopt);
}

TEST_F(NetworkEnergyTest, APlugThatCountsOnceAMinuteMeasuresRequestsOfManyMinutes) {
  Serve([this](const std::string& path) {
    const double joules = machine_.Joules(std::floor(machine_.now() / 60) * 60);
    return path == "/rpc/Switch.GetStatus?id=0"
               ? absl::StrFormat(R"({"apower":80.0,"aenergy":{"total":%.3f}})", joules / 3600)
               : std::string();
  });
  Host host(machine_, Open("shelly", {{"url", server_->base_url()}}),
            Baseline(seconds(600), seconds(120)), JustRead);
  host.world.RunFor(minutes(3));
  host.MeasureBaseline();

  ExpectClosedForm(host.Run(minutes(25)), minutes(25), 0.02);
}

TEST_F(NetworkEnergyTest, AnExportersCounterMeasures) {
  Serve([this](const std::string&) {
    return absl::StrFormat("joules{zone=\"0\"} %.3f\njoules{zone=\"1\"} 7\n",
                           machine_.Joules(machine_.now()));
  });
  Host host(machine_,
            Open("prometheus", {{"url", server_->base_url()},
                                {"metric", "joules{zone=\"0\"}"},
                                {"scope", "node"},
                                {"accuracy", "0.05"}}),
            Baseline(seconds(30), seconds(5)), JustRead);
  host.MeasureBaseline();

  ExpectClosedForm(host.Run(milliseconds(20'400)), milliseconds(20'400), 0.03);
}

TEST_F(NetworkEnergyTest, APageThatIsGoneForAWhileIsAGapAndNotAZero) {
  Serve([this](const std::string&) {
    return absl::StrFormat("joules %.3f\n", machine_.Joules(machine_.now()));
  });
  bool is_down = false;
  Host host(machine_,
            Open("prometheus", {{"url", server_->base_url()},
                                {"metric", "joules"},
                                {"scope", "node"},
                                {"accuracy", "0.05"}}),
            Baseline(seconds(30), seconds(5)),
            [&is_down](PowerSource& source, std::span<ChannelValue> values) {
              source.Read(values);
              values[0].fault = is_down ? ReadFault::kUnavailable : values[0].fault;
            });
  host.MeasureBaseline();
  host.world.PostAfter(seconds(10), [&is_down] { is_down = true; });
  host.world.PostAfter(seconds(18), [&is_down] { is_down = false; });

  const ChannelEnergy energy = host.Run(seconds(60));
  EXPECT_NE(energy.flags & kFlagGap, 0U);
  ExpectClosedForm(energy, seconds(60), 0.05);
}

// Lets the source come up with what the monitor has just said.
void ReadNews(PowerSource& source, std::span<ChannelValue> values, std::uint64_t expected) {
  absl::Mutex mutex;
  const bool never = false;
  for (int i = 0; i < 20'000; ++i) {
    source.Read(values);
    if (values[0].fault == ReadFault::kNone && values[0].raw == expected) {
      return;
    }
    absl::MutexLock lock(&mutex);
    mutex.AwaitWithTimeout(absl::Condition(&never), absl::Microseconds(100));
  }
  ADD_FAILURE() << "what the monitor said did not come";
}

TEST_F(NetworkEnergyTest, AnotherMonitorsCounterMeasures) {
  testing::ScriptedMonitor monitor;
  std::int64_t stamp = 0;
  const auto say = [&](double s) {
    energy::TelemetryReading reading;
    reading.set_platform("nvidia");
    reading.set_energy_joules(machine_.Joules(s));
    reading.set_power_watts(-1);
    reading.set_timestamp_nanos(++stamp);
    monitor.Say(reading);
  };
  say(0);
  Host host(
      machine_, Open("energy_monitor", {{"address", monitor.address()}, {"timeout_ms", "200"}}),
      Baseline(seconds(3), seconds(1)), [&](PowerSource& source, std::span<ChannelValue> values) {
        const double last_update = std::floor(machine_.now() / 0.05) * 0.05;
        say(last_update);
        ReadNews(source, values,
                 static_cast<std::uint64_t>(std::llround(machine_.Joules(last_update) * 1e6)));
      });
  host.MeasureBaseline();

  ExpectClosedForm(host.Run(milliseconds(2'030)), milliseconds(2'030), 0.05);
}

}  // namespace
}  // namespace wattfleet::agent
