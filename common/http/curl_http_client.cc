#include "common/http/curl_http_client.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include <curl/curl.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include "common/check/check.h"
#include "common/http/curl_transfer.h"

namespace wattfleet {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPollMax{60'000};
constexpr std::size_t kIdleHandlesMax = 64;
constexpr long kKeptConnectionsMax = 256;

void InitCurlOnce() {
  static const CURLcode result = curl_global_init(CURL_GLOBAL_DEFAULT);
  WF_CHECK(result == CURLE_OK);
}

void NameThisThread() {
#if defined(__APPLE__)
  pthread_setname_np("wf-http");
#else
  pthread_setname_np(pthread_self(), "wf-http");
#endif
}

HttpEnd Cancelled(const Clock& clock) {
  return {.outcome = HttpOutcome::kCancelled, .at = clock.MonotonicNow(), .message = "cancelled"};
}

// Lets another thread end a poll().
class WakePipe {
 public:
  WakePipe() {
    WF_CHECK(::pipe(ends_.data()) == 0);
    for (const int end : ends_) {
      ::fcntl(end, F_SETFD, FD_CLOEXEC);
      ::fcntl(end, F_SETFL, O_NONBLOCK);
    }
  }
  ~WakePipe() {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  WakePipe(const WakePipe&) = delete;
  WakePipe& operator=(const WakePipe&) = delete;

  int fd() const { return ends_[0]; }
  void Wake() { [[maybe_unused]] const ssize_t full_is_fine = ::write(ends_[1], "w", 1); }
  void Drain() {
    std::array<char, 256> sink;
    while (::read(ends_[0], sink.data(), sink.size()) > 0) {
    }
  }

 private:
  std::array<int, 2> ends_{};
};

}  // namespace

// Everything below the mailbox is touched by the client's thread alone. Sockets are polled here and
// libcurl is told which one is ready, so that a read costs the same however many are open.
class CurlHttpClient::Loop {
 public:
  Loop(const Clock& clock, CurlHttpOptions options)
      : clock_(clock), options_(std::move(options)), multi_(curl_multi_init()) {
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &Loop::OnSocket);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &Loop::OnTimer);
    curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, kKeptConnectionsMax);
  }
  ~Loop() {
    idle_.clear();
    curl_multi_cleanup(multi_);
  }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void Start(std::unique_ptr<CurlTransfer> transfer) {
    {
      absl::MutexLock lock(&mutex_);
      if (!stopping_) {
        mail_.incoming.push_back(std::move(transfer));
      }
    }
    if (transfer != nullptr) {
      transfer->End(Cancelled(clock_));
      return;
    }
    wake_.Wake();
  }

  void CancelAll() {
    absl::MutexLock lock(&mutex_);
    std::move(mail_.incoming.begin(), mail_.incoming.end(), std::back_inserter(mail_.cancelled));
    mail_.incoming.clear();
    mail_.cancel_active = true;
    wake_.Wake();
  }

  void Stop() {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    wake_.Wake();
  }

  void Run() {
    NameThisThread();
    while (TakeMail()) {
      TellCurlOfTime();
      EndFinished();
      EndExpired();
      Poll();
    }
  }

 private:
  struct Mail {
    std::vector<std::unique_ptr<CurlTransfer>> incoming;
    std::vector<std::unique_ptr<CurlTransfer>> cancelled;  // before they began
    bool cancel_active = false;
  };

  static int OnSocket(CURL*, curl_socket_t socket, int what, void* self, void*) {
    auto& sockets = static_cast<Loop*>(self)->sockets_;
    if (what == CURL_POLL_REMOVE) {
      sockets.erase(socket);
    } else {
      sockets[socket] = static_cast<short>(((what & CURL_POLL_IN) != 0 ? POLLIN : 0) |
                                           ((what & CURL_POLL_OUT) != 0 ? POLLOUT : 0));
    }
    return 0;
  }

  static int OnTimer(CURLM*, long timeout_ms, void* self) {
    auto& loop = *static_cast<Loop*>(self);
    loop.curl_due_.reset();
    if (timeout_ms >= 0) {
      loop.curl_due_ = loop.clock_.MonotonicNow() + milliseconds(timeout_ms);
    }
    return 0;
  }

  // False when it is time to end the thread.
  bool TakeMail() {
    Mail mail;
    bool stopping = false;
    {
      absl::MutexLock lock(&mutex_);
      std::swap(mail, mail_);
      stopping = stopping_;
    }
    if (mail.cancel_active || stopping) {
      while (!active_.empty()) {
        End(active_.begin()->first, Cancelled(clock_));
      }
    }
    for (const auto& transfer : mail.cancelled) {
      transfer->End(Cancelled(clock_));
    }
    for (auto& transfer : mail.incoming) {
      if (stopping) {
        transfer->End(Cancelled(clock_));
      } else {
        Begin(std::move(transfer));
      }
    }
    return !stopping;
  }

  void Begin(std::unique_ptr<CurlTransfer> transfer) {
    CurlEasy easy(idle_.empty() ? curl_easy_init() : idle_.back().release());
    if (!idle_.empty()) {
      idle_.pop_back();
    }
    transfer->Attach(std::move(easy), options_);
    CURL* key = transfer->easy();
    active_.emplace(key, std::move(transfer));
    curl_multi_add_handle(multi_, key);
  }

  void End(CURL* key, HttpEnd end) {
    const auto node = active_.extract(key);
    curl_multi_remove_handle(multi_, key);
    CurlEasy easy = node.mapped()->Detach();
    if (idle_.size() < kIdleHandlesMax) {
      idle_.push_back(std::move(easy));
    }
    node.mapped()->End(std::move(end));
  }

  void TellCurlOfTime() {
    while (curl_due_ && *curl_due_ <= clock_.MonotonicNow()) {
      curl_due_.reset();
      int running = 0;
      curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running);
    }
  }

  void EndFinished() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg == CURLMSG_DONE) {
        CURL* key = message->easy_handle;
        const CURLcode code = message->data.result;
        End(key, active_.at(key)->Finished(code));
      }
    }
  }

  void EndExpired() {
    const MonotonicTime now = clock_.MonotonicNow();
    next_deadline_ = now + kPollMax;
    std::vector<CURL*> expired;
    for (const auto& [key, transfer] : active_) {
      if (transfer->deadline() <= now) {
        expired.push_back(key);
      } else {
        next_deadline_ = std::min(next_deadline_, transfer->deadline());
      }
    }
    for (CURL* key : expired) {
      End(key, active_.at(key)->Expired());
    }
  }

  void Poll() {
    ready_.assign(1, {.fd = wake_.fd(), .events = POLLIN, .revents = 0});
    for (const auto& [socket, events] : sockets_) {
      ready_.push_back({.fd = socket, .events = events, .revents = 0});
    }
    const MonotonicTime until = curl_due_ ? std::min(*curl_due_, next_deadline_) : next_deadline_;
    const auto wait = std::chrono::ceil<milliseconds>(until - clock_.MonotonicNow());
    ::poll(ready_.data(), static_cast<nfds_t>(ready_.size()),
           static_cast<int>(std::max<std::int64_t>(0, wait.count())));
    if (ready_[0].revents != 0) {
      wake_.Drain();
    }
    for (std::size_t i = 1; i < ready_.size(); ++i) {
      if (ready_[i].revents != 0) {
        TellCurlOfSocket(ready_[i]);
      }
    }
  }

  void TellCurlOfSocket(const pollfd& ready) {
    const int what = ((ready.revents & (POLLIN | POLLHUP)) != 0 ? CURL_CSELECT_IN : 0) |
                     ((ready.revents & POLLOUT) != 0 ? CURL_CSELECT_OUT : 0) |
                     ((ready.revents & (POLLERR | POLLNVAL)) != 0 ? CURL_CSELECT_ERR : 0);
    int running = 0;
    curl_multi_socket_action(multi_, ready.fd, what, &running);
  }

  const Clock& clock_;
  const CurlHttpOptions options_;
  WakePipe wake_;

  absl::Mutex mutex_;
  Mail mail_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;

  CURLM* const multi_;
  std::map<CURL*, std::unique_ptr<CurlTransfer>> active_;
  std::vector<CurlEasy> idle_;
  std::map<curl_socket_t, short> sockets_;
  std::vector<pollfd> ready_;
  std::optional<MonotonicTime> curl_due_;
  MonotonicTime next_deadline_{};
};

CurlHttpClient::CurlHttpClient(const Clock& clock, CurlHttpOptions options) : clock_(clock) {
  InitCurlOnce();
  loop_ = std::make_unique<Loop>(clock, std::move(options));
  thread_ = std::jthread([this] { loop_->Run(); });
}

CurlHttpClient::~CurlHttpClient() {
  loop_->Stop();
  thread_.join();
}

void CurlHttpClient::Start(HttpRequest request, std::unique_ptr<HttpReceiver> receiver) {
  loop_->Start(std::make_unique<CurlTransfer>(std::move(request), std::move(receiver), clock_));
}

void CurlHttpClient::CancelAll() {
  loop_->CancelAll();
}

}  // namespace wattfleet
