#include "coordinator/cli/progress_printer.h"

#include <chrono>
#include <cstdio>
#include <vector>

#include <sys/ioctl.h>
#include <unistd.h>

#include "coordinator/cli/progress_text.h"

namespace wattfleet::coordinator {

namespace {

constexpr std::chrono::seconds kLineEvery{10};
constexpr std::chrono::seconds kSpeedWindow{60};
constexpr std::chrono::seconds kSpeedLeast{2};
constexpr std::size_t kLiveLines = 6;
constexpr std::size_t kFallbackColumns = 80;

std::size_t TerminalColumns() {
  winsize size{};
  const bool is_known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return is_known ? size.ws_col : kFallbackColumns;
}

}  // namespace

ProgressPrinter::ProgressPrinter(const Clock& clock)
    : clock_(clock), is_terminal_(isatty(STDERR_FILENO) == 1) {}

std::optional<double> ProgressPrinter::Speed(MonotonicTime now, std::int64_t done) {
  looks_.push_back({.at = now, .done = done});
  while (now - looks_.front().at > kSpeedWindow && looks_.size() > 2) {
    looks_.pop_front();
  }
  const std::chrono::duration<double> span = now - looks_.front().at;
  if (span < kSpeedLeast) {
    return std::nullopt;
  }
  return static_cast<double>(done - looks_.front().done) / span.count();
}

void ProgressPrinter::Show(const SweepProgress& sweep) {
  const MonotonicTime now = clock_.MonotonicNow();
  const std::optional<double> speed = Speed(now, Totals(sweep).done);
  if (is_terminal_) {
    Erase();
    for (const std::string& line : ProgressLines(sweep, speed, kLiveLines, TerminalColumns() - 1)) {
      std::fprintf(stderr, "%s\n", line.c_str());
      ++live_lines_;
    }
    return;
  }
  if (!last_line_ || now - *last_line_ >= kLineEvery || HasEnded(sweep.state)) {
    last_line_ = now;
    std::fprintf(stderr, "%s\n", ProgressLine(sweep, speed).c_str());
  }
}

void ProgressPrinter::Note(const std::string& line) {
  Erase();
  std::fprintf(stderr, "%s\n", line.c_str());
}

void ProgressPrinter::Finish() {
  live_lines_ = 0;
}

void ProgressPrinter::Erase() {
  for (; live_lines_ > 0; --live_lines_) {
    std::fputs("\x1b[1A\x1b[2K", stderr);
  }
}

}  // namespace wattfleet::coordinator
