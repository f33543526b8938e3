#include "coordinator/cli/interrupt.h"

#include <array>
#include <csignal>
#include <cstddef>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "common/check/check.h"

namespace wattfleet::coordinator {

namespace {

constexpr std::array kSignals = {SIGINT, SIGTERM};

// A signal handler may do little more than write a byte; who waits polls the other end. The byte is
// never read, so that the wish to stop stays.
// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables)
std::array<int, 2> g_pipe = {-1, -1};
// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables)
std::array<struct sigaction, kSignals.size()> g_former;

void OnSignal(int) {
  const char byte = 1;
  [[maybe_unused]] const ssize_t written = write(g_pipe[1], &byte, 1);
}

}  // namespace

Interrupt::Interrupt() {
  WF_CHECK(g_pipe[0] == -1);
  WF_CHECK(pipe(g_pipe.data()) == 0);
  for (const int end : g_pipe) {
    fcntl(end, F_SETFL, O_NONBLOCK);
    fcntl(end, F_SETFD, FD_CLOEXEC);
  }
  struct sigaction action {};
  action.sa_handler = OnSignal;
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    sigaction(kSignals[i], &action, &g_former[i]);
  }
}

Interrupt::~Interrupt() {
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    sigaction(kSignals[i], &g_former[i], nullptr);
  }
  close(g_pipe[0]);
  close(g_pipe[1]);
  g_pipe = {-1, -1};
}

bool Interrupt::WaitFor(std::chrono::milliseconds span) {
  pollfd wait{.fd = g_pipe[0], .events = POLLIN, .revents = 0};
  poll(&wait, 1, static_cast<int>(span.count()));
  return (wait.revents & POLLIN) != 0;
}

}  // namespace wattfleet::coordinator
