#include "tests/support/scripted_http_server.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/check/check.h"

namespace wattfleet::testing {

namespace {

// A socket on a free loopback port, and the port.
std::pair<int, int> BindLoopback() {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  WF_CHECK(::bind(socket, reinterpret_cast<sockaddr*>(&address), size) == 0);
  WF_CHECK(::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  return {socket, ntohs(address.sin_port)};
}

// The next request of a connection; nullopt when the client has closed it.
class RequestReader {
 public:
  explicit RequestReader(int socket) : socket_(socket) {}

  std::optional<ScriptedRequest> Next() {
    std::size_t head_end = std::string::npos;
    while ((head_end = bytes_.find("\r\n\r\n")) == std::string::npos) {
      if (!Fill()) {
        return std::nullopt;
      }
    }
    ScriptedRequest request = ParseHead(bytes_.substr(0, head_end));
    bytes_.erase(0, head_end + 4);
    std::size_t length = 0;
    [[maybe_unused]] const bool has_body =
        absl::SimpleAtoi(request.headers["content-length"], &length);
    while (bytes_.size() < length) {
      if (!Fill()) {
        return std::nullopt;
      }
    }
    request.body = bytes_.substr(0, length);
    bytes_.erase(0, length);
    return request;
  }

 private:
  static ScriptedRequest ParseHead(const std::string& head) {
    ScriptedRequest request;
    const std::vector<std::string> lines = absl::StrSplit(head, "\r\n");
    const std::vector<std::string> words = absl::StrSplit(lines[0], ' ');
    request.method = words[0];
    request.path = words.size() > 1 ? words[1] : "";
    for (std::size_t i = 1; i < lines.size(); ++i) {
      const std::pair<std::string, std::string> field =
          absl::StrSplit(lines[i], absl::MaxSplits(':', 1));
      request.headers[absl::AsciiStrToLower(field.first)] =
          std::string(absl::StripAsciiWhitespace(field.second));
    }
    return request;
  }
  bool Fill() {
    std::array<char, 65536> buffer;
    const ssize_t n = ::recv(socket_, buffer.data(), buffer.size(), 0);
    if (n > 0) {
      bytes_.append(buffer.data(), static_cast<std::size_t>(n));
    }
    return n > 0;
  }

  const int socket_;
  std::string bytes_;
};

}  // namespace

void ScriptedConnection::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) {
      close_ = true;
      return;
    }
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

void ScriptedConnection::Trickle(std::string_view bytes) {
  for (const char byte : bytes) {
    Write({&byte, 1});
  }
}

void ScriptedConnection::Hang() {
  close_ = true;
  char byte = 0;
  while (!stopping_.HasBeenNotified() && ::recv(socket_, &byte, 1, 0) > 0) {
  }
}

void ScriptedConnection::Reset() {
  const linger now{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
  close_ = true;
}

void ScriptedConnection::BeginChunked(std::string_view content_type) {
  Write(absl::StrFormat("HTTP/1.1 200 OK\r\nContent-Type: %s\r\nTransfer-Encoding: chunked\r\n\r\n",
                        content_type));
}

void ScriptedConnection::Chunk(std::string_view bytes) {
  Write(absl::StrFormat("%x\r\n%s\r\n", bytes.size(), bytes));
}

void ScriptedConnection::Answer(int status, std::string_view content_type, std::string_view body,
                                std::string_view headers) {
  Write(
      absl::StrFormat("HTTP/1.1 %d Scripted\r\nContent-Type: %s\r\nContent-Length: %d\r\n%s\r\n%s",
                      status, content_type, body.size(), headers, body));
}

ScriptedHttpServer::ScriptedHttpServer(Script script) : script_(std::move(script)) {
  std::tie(listener_, port_) = BindLoopback();
  WF_CHECK(::listen(listener_, 128) == 0);
  acceptor_ = std::jthread([this] { Accept(); });
}

ScriptedHttpServer::~ScriptedHttpServer() {
  stopping_.Notify();
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  ::close(listener_);
  std::list<std::jthread> threads;
  {
    absl::MutexLock lock(&mutex_);
    for (const int socket : open_) {
      ::shutdown(socket, SHUT_RDWR);
    }
    threads.swap(threads_);
  }
  threads.clear();  // joins
}

std::vector<ScriptedRequest> ScriptedHttpServer::requests() const {
  absl::MutexLock lock(&mutex_);
  return requests_;
}

std::size_t ScriptedHttpServer::connections() const {
  absl::MutexLock lock(&mutex_);
  return accepted_;
}

void ScriptedHttpServer::Accept() {
  while (!stopping_.HasBeenNotified()) {
    const int socket = ::accept(listener_, nullptr, nullptr);
    if (socket < 0) {
      continue;
    }
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    absl::MutexLock lock(&mutex_);
    ++accepted_;
    open_.push_back(socket);
    threads_.emplace_back([this, socket] { Serve(socket); });
  }
}

void ScriptedHttpServer::Serve(int socket) {
  RequestReader reader(socket);
  ScriptedConnection connection(socket, stopping_);
  while (!connection.closing() && !stopping_.HasBeenNotified()) {
    const std::optional<ScriptedRequest> request = reader.Next();
    if (!request) {
      break;
    }
    {
      absl::MutexLock lock(&mutex_);
      requests_.push_back(*request);
    }
    script_(*request, connection);
  }
  Close(socket);
}

void ScriptedHttpServer::Close(int socket) {
  absl::MutexLock lock(&mutex_);
  open_.erase(std::find(open_.begin(), open_.end(), socket));
  ::close(socket);
}

int ClosedPort() {
  const auto [socket, port] = BindLoopback();
  ::close(socket);
  return port;
}

}  // namespace wattfleet::testing
