#ifndef WF_TESTS_SUPPORT_SCRIPTED_HTTP_SERVER_H_
#define WF_TESTS_SUPPORT_SCRIPTED_HTTP_SERVER_H_

#include <cstddef>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"

namespace wattfleet::testing {

struct ScriptedRequest {
  std::string method;
  std::string path;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

// One accepted connection: a script writes whatever bytes it likes, HTTP or not.
class ScriptedConnection {
 public:
  ScriptedConnection(int socket, const absl::Notification& stopping)
      : socket_(socket), stopping_(stopping) {}

  // Each call is a write of its own; with TCP_NODELAY it tends to be a read of its own too.
  void Write(std::string_view bytes);
  // Writes byte by byte.
  void Trickle(std::string_view bytes);
  // Waits until the client closes the connection or the server stops.
  void Hang();
  // Closes after the script, instead of waiting for the next request.
  void Close() { close_ = true; }
  // Closes after the script with a reset, not an orderly end.
  void Reset();

  // A head for a body of unknown length in chunks, then chunks, then their end.
  void BeginChunked(std::string_view content_type = "text/event-stream");
  void Chunk(std::string_view bytes);
  void EndChunked() { Write("0\r\n\r\n"); }
  // A whole answer with Content-Length. `headers` are lines that end in CRLF.
  void Answer(int status, std::string_view content_type, std::string_view body,
              std::string_view headers = "");

  bool closing() const { return close_; }

 private:
  const int socket_;
  const absl::Notification& stopping_;
  bool close_ = false;
};

// An HTTP server on a free loopback port whose every answer is a script of the test's. The script
// runs once per request, on a thread per connection.
class ScriptedHttpServer {
 public:
  using Script = std::function<void(const ScriptedRequest&, ScriptedConnection&)>;

  explicit ScriptedHttpServer(Script script);
  ~ScriptedHttpServer();
  ScriptedHttpServer(const ScriptedHttpServer&) = delete;
  ScriptedHttpServer& operator=(const ScriptedHttpServer&) = delete;

  int port() const { return port_; }
  std::string base_url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  // Every request so far, in order of arrival.
  std::vector<ScriptedRequest> requests() const;
  std::size_t connections() const;

 private:
  void Accept();
  void Serve(int socket);
  void Close(int socket);

  const Script script_;
  int listener_ = -1;
  int port_ = 0;
  absl::Notification stopping_;
  mutable absl::Mutex mutex_;
  std::vector<ScriptedRequest> requests_ ABSL_GUARDED_BY(mutex_);
  std::vector<int> open_ ABSL_GUARDED_BY(mutex_);
  std::size_t accepted_ ABSL_GUARDED_BY(mutex_) = 0;
  std::list<std::jthread> threads_ ABSL_GUARDED_BY(mutex_);
  std::jthread acceptor_;
};

// A port of 127.0.0.1 on which nobody listens.
int ClosedPort();

}  // namespace wattfleet::testing

#endif  // WF_TESTS_SUPPORT_SCRIPTED_HTTP_SERVER_H_
