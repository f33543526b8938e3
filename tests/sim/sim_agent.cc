#include "tests/sim/sim_agent.h"

#include <algorithm>
#include <utility>

namespace wattfleet::testing {

namespace {

constexpr std::uint64_t kSpoolBytes = 64 << 20;

SpoolId SpoolOf(const std::string& name) {
  SpoolId id{};
  std::copy_n(name.begin(), std::min(name.size(), id.size()), id.begin());
  return id;
}

// The tasks of one life: what a dead process had still to do is never done.
class MortalRunner final : public TaskRunner {
 public:
  explicit MortalRunner(SimWorld& world) : world_(world) {}
  void Post(std::function<void()> task) override { PostAfter({}, std::move(task)); }
  void PostAfter(std::chrono::nanoseconds delay, std::function<void()> task) override {
    world_.PostAfter(delay, [alive = alive_, task = std::move(task)] {
      if (*alive) {
        task();
      }
    });
  }
  void Die() { *alive_ = false; }

 private:
  SimWorld& world_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace

struct SimAgent::Life {
  Life(SimWorld& world, SimCoordinator& coordinator, const NetworkFaults& network,
       const EngineFaults& engine)
      : runner(world),
        random(world.random().Next64()),
        link(std::make_shared<SimLink>(world, coordinator, network)),
        engines(world, engine) {}

  MortalRunner runner;
  Random random;
  std::shared_ptr<SimLink> link;
  SimEngines engines;
  agent::NoEnergyMeter meter;
  std::unique_ptr<agent::AgentCore> core;
};

SimAgent::SimAgent(SimWorld& world, SimCoordinator& coordinator, const NetworkFaults& network,
                   SimAgentTraits traits)
    : world_(world),
      coordinator_(coordinator),
      network_(network),
      traits_(std::move(traits)),
      spool_(SpoolOf(traits_.name), kSpoolBytes) {}

SimAgent::~SimAgent() {
  if (is_up()) {
    life_->runner.Die();
  }
}

void SimAgent::Start() {
  life_ = std::make_unique<Life>(world_, coordinator_, network_, traits_.engine);
  agent::AgentSettings settings{.name = traits_.name,
                                .version = "sim",
                                .incarnation = ++incarnation_,
                                .instances = {{.name = "gpu0", .accelerator = "sim-gpu"}}};
  life_->core =
      std::make_unique<agent::AgentCore>(std::move(settings),
                                         agent::AgentParts{.runner = life_->runner,
                                                           .clock = world_,
                                                           .random = life_->random,
                                                           .link = *life_->link,
                                                           .spool = spool_,
                                                           .engines = life_->engines,
                                                           .meter = life_->meter,
                                                           .note = [](const std::string&) {}},
                                         [](const absl::Status&) {});
  life_->core->Start();
}

void SimAgent::Crash(std::chrono::nanoseconds down) {
  if (!is_up()) {
    return;
  }
  life_->runner.Die();
  SimLink::Abandon(life_->link);
  life_.reset();
  world_.PostAfter(down, [this] { Start(); });
}

void SimAgent::BreakLink() {
  if (is_up()) {
    life_->link->Break();
  }
}

}  // namespace wattfleet::testing
