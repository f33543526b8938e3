#ifndef WF_TESTS_UNIT_AGENT_POWER_NETWORK_FIXTURE_H_
#define WF_TESTS_UNIT_AGENT_POWER_NETWORK_FIXTURE_H_

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

#include "agent/power/open_power_source.h"
#include "tests/support/scripted_http_server.h"

namespace wattfleet::agent {

// Paths and what is answered there; 404 elsewhere. A test may change it between two reads.
class Device {
 public:
  Device()
      : server_([this](const testing::ScriptedRequest& request,
                       testing::ScriptedConnection& connection) { Answer(request, connection); }) {}

  Device& Say(const std::string& path, const std::string& body) {
    absl::MutexLock lock(&mutex_);
    bodies_[path] = body;
    return *this;
  }
  // Every answer from now on has this status, or (0) is none at all.
  void FailWith(int status) {
    absl::MutexLock lock(&mutex_);
    status_ = status;
  }
  std::string url() const { return server_.base_url(); }
  std::size_t asked() const { return server_.requests().size(); }
  std::vector<testing::ScriptedRequest> requests() const { return server_.requests(); }

 private:
  void Answer(const testing::ScriptedRequest& request, testing::ScriptedConnection& connection) {
    int status = 0;
    std::string body;
    {
      absl::MutexLock lock(&mutex_);
      const auto found = bodies_.find(request.path);
      status = status_ == 200 && found == bodies_.end() ? 404 : status_;
      body = found == bodies_.end() ? "" : found->second;
    }
    if (status == 0) {
      connection.Hang();
    } else {
      connection.Answer(status, "application/json", body);
    }
  }

  absl::Mutex mutex_;
  std::map<std::string, std::string> bodies_ ABSL_GUARDED_BY(mutex_);
  int status_ ABSL_GUARDED_BY(mutex_) = 200;
  testing::ScriptedHttpServer server_;
};

inline absl::StatusOr<std::unique_ptr<PowerSource>> OpenAt(const std::string& source,
                                                           SourceOptions options,
                                                           const std::string& url) {
  if (!url.empty()) {
    options["url"] = url;
  }
  return OpenPowerSource({source, std::move(options)}, {});
}

inline ChannelValue ReadOnce(PowerSource& source) {
  std::vector<ChannelValue> values(source.channels().size());
  source.Read(values);
  return values[0];
}

}  // namespace wattfleet::agent

#endif  // WF_TESTS_UNIT_AGENT_POWER_NETWORK_FIXTURE_H_
