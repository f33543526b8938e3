#ifndef WF_TESTS_SUPPORT_SCRIPTED_LINK_H_
#define WF_TESTS_SUPPORT_SCRIPTED_LINK_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"

#include "agent/link/coordinator_link.h"
#include "common/check/check.h"
#include "common/domain/session.h"

namespace wattfleet::testing {

// A link whose other end is the test: it keeps what the agent says and delivers what the test says.
class ScriptedLink final : public agent::CoordinatorLink {
 public:
  void Connect(const AgentHello& hello, Receiver& receiver) override {
    WF_CHECK(receiver_ == nullptr);
    receiver_ = &receiver;
    hellos.push_back(hello);
  }
  void Send(AgentMessage message) override {
    if (receiver_ != nullptr) {
      sent.push_back(std::move(message));
    }
  }
  void Disconnect() override { receiver_ = nullptr; }

  bool is_connected() const { return receiver_ != nullptr; }
  void Deliver(CoordinatorMessage message) {
    WF_CHECK(receiver_ != nullptr);
    receiver_->OnMessage(std::move(message));
  }
  void Break(const std::string& why = "broken") {
    WF_CHECK(receiver_ != nullptr);
    std::exchange(receiver_, nullptr)->OnDisconnected(absl::UnavailableError(why));
  }

  // Messages of one kind, oldest first.
  template <typename Message>
  std::vector<Message> Sent() const {
    std::vector<Message> found;
    for (const AgentMessage& message : sent) {
      if (const auto* arm = std::get_if<Message>(&message)) {
        found.push_back(*arm);
      }
    }
    return found;
  }

  std::vector<AgentHello> hellos;
  std::vector<AgentMessage> sent;

 private:
  Receiver* receiver_ = nullptr;
};

}  // namespace wattfleet::testing

#endif  // WF_TESTS_SUPPORT_SCRIPTED_LINK_H_
