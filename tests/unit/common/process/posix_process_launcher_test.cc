#include "common/process/posix_process_launcher.h"

#include <array>
#include <chrono>
#include <csignal>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace wattfleet {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using testing::StatusIs;
using testing::TempDir;

std::unique_ptr<ChildProcess> Shell(const std::string& script, ProcessSpec spec = {}) {
  PosixProcessLauncher launcher;
  spec.argv = {"sh", "-c", script};
  absl::StatusOr<std::unique_ptr<ChildProcess>> process = launcher.Launch(spec);
  EXPECT_THAT(process, testing::IsOk());
  return process.ok() ? *std::move(process) : nullptr;
}

// A named pipe: where a process says that it has come thus far.
class Rendezvous {
 public:
  Rendezvous(const TempDir& dir, const std::string& name) : path_(dir.Path(name)) {
    ::mkfifo(path_.c_str(), 0600);
  }
  ~Rendezvous() { ::close(fd_); }
  Rendezvous(const Rendezvous&) = delete;
  Rendezvous& operator=(const Rendezvous&) = delete;

  const std::string& path() const { return path_; }
  // Waits for somebody to write a line to it.
  void Await() {
    fd_ = ::open(path_.c_str(), O_RDONLY);
    EXPECT_TRUE(ReadSome());
  }
  // Waits until nobody holds it open for writing.
  void AwaitEnd() {
    while (ReadSome()) {
    }
  }
  // Lets a reader of it go on.
  void Release() {
    fd_ = ::open(path_.c_str(), O_WRONLY);
    EXPECT_EQ(::write(fd_, "\n", 1), 1);
  }

 private:
  bool ReadSome() const {
    std::array<char, 64> sink;
    return ::read(fd_, sink.data(), sink.size()) > 0;
  }

  std::string path_;
  int fd_ = -1;
};

TEST(PosixProcessLauncherTest, TellsHowAProcessEndedAndWhatItWrote) {
  const auto process = Shell("echo out; echo err >&2; exit 7");

  ASSERT_TRUE(process->WaitForExit(minutes(1)));
  EXPECT_EQ(process->exit(), ProcessExit{.code = 7});
  EXPECT_EQ(ExitText(*process->exit()), "ended with code 7");
  EXPECT_EQ(process->OutputTail(), "out\nerr\n");
}

TEST(PosixProcessLauncherTest, AppendsAllOutputToALogWhenAsked) {
  const TempDir dir;
  const std::string log = dir.Write("log", "before\n");

  const auto process = Shell("echo out; echo err >&2", {.log_path = log});

  ASSERT_TRUE(process->WaitForExit(minutes(1)));
  std::ifstream file(log);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), "before\nout\nerr\n");
}

TEST(PosixProcessLauncherTest, RefusesALogThatCannotBeWritten) {
  PosixProcessLauncher launcher;

  EXPECT_THAT(launcher.Launch({.argv = {"true"}, .log_path = "/nowhere/log"}),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("cannot write /nowhere/log")));
}

TEST(LastLineTest, IsTheLastThatIsNotEmpty) {
  EXPECT_EQ(LastLine("one\ntwo\n\n"), "two");
  EXPECT_EQ(LastLine("one"), "one");
  EXPECT_EQ(LastLine(""), "");
}

TEST(PosixProcessLauncherTest, TellsThatAProcessWasKilled) {
  const auto process = Shell("kill -9 $$");

  ASSERT_TRUE(process->WaitForExit(minutes(1)));
  EXPECT_EQ(process->exit(), ProcessExit{.signal = SIGKILL});
  EXPECT_EQ(ExitText(*process->exit()), "was killed by signal 9");
}

TEST(PosixProcessLauncherTest, KeepsTheEndOfALongOutput) {
  const auto process = Shell("i=0; while [ $i -lt 5000 ]; do echo line $i; i=$((i+1)); done",
                             {.output_bytes_max = 100});

  ASSERT_TRUE(process->WaitForExit(minutes(1)));
  EXPECT_EQ(process->OutputTail().size(), 100U);
  EXPECT_THAT(process->OutputTail(), EndsWith("line 4998\nline 4999\n"));
}

TEST(PosixProcessLauncherTest, GivesTheOutputAwayAsItComes) {
  std::string given;
  ProcessSpec spec;
  spec.output_bytes_max = 2;
  spec.on_output = [&given](std::string_view piece) { given += piece; };
  const auto process = Shell("printf abc; printf def >&2", spec);
  ASSERT_TRUE(process->WaitForExit(minutes(1)));

  EXPECT_EQ(given, "abcdef");
  EXPECT_EQ(process->OutputTail(), "ef");
}

// As a program under sudo is to us.
TEST(PosixProcessLauncherTest, EndsAProcessOfAnotherUserByClosingItsOutput) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "needs root, to become somebody who may not signal what root started";
  }
  constexpr uid_t kNobody = 65'534;
  auto process = Shell("trap '' TERM; while echo again; do :; done; exit 3");
  ASSERT_EQ(::setresuid(kNobody, kNobody, 0), 0);
  process->Terminate(milliseconds(1));
  const std::optional<ProcessExit> exit = process->exit();
  ASSERT_EQ(::setresuid(0, 0, 0), 0);

  ASSERT_TRUE(exit.has_value());
  EXPECT_NE(exit->signal, SIGKILL);
}

TEST(PosixProcessLauncherTest, PassesArgumentsAsTheyAreAndAddsToTheEnvironment) {
  PosixProcessLauncher launcher;
  WF_ASSERT_OK_AND_ASSIGN(
      const auto process,
      launcher.Launch({.argv = {"/bin/sh", "-c", "echo \"$1|$WF_TEST|$HOME\"; cat", "sh", "a b'c"},
                       .environment = {{"WF_TEST", "x=y"}, {"HOME", "/nowhere"}}}));

  ASSERT_TRUE(process->WaitForExit(minutes(1)));
  EXPECT_EQ(process->OutputTail(), "a b'c|x=y|/nowhere\n");
}

TEST(PosixProcessLauncherTest, LetsAProcessEndByItselfWhenAsked) {
  TempDir dir;
  Rendezvous rendezvous(dir, "here");
  const auto process = Shell("trap 'echo bye; exit 3' TERM; echo > " + rendezvous.path() +
                             "; tail -f /dev/null & wait");
  rendezvous.Await();

  process->Terminate(minutes(1));

  EXPECT_EQ(process->exit(), ProcessExit{.code = 3});
  EXPECT_EQ(process->OutputTail(), "bye\n");
}

TEST(PosixProcessLauncherTest, InsistsWhenAProcessDoesNotEnd) {
  TempDir dir;
  Rendezvous rendezvous(dir, "here");
  const auto process =
      Shell("trap '' TERM; echo > " + rendezvous.path() + "; exec tail -f /dev/null");
  rendezvous.Await();

  process->Terminate(milliseconds(50));

  EXPECT_EQ(process->exit(), ProcessExit{.signal = SIGKILL});
}

TEST(PosixProcessLauncherTest, EndsWhatAProcessLeavesBehind) {
  TempDir dir;
  Rendezvous here(dir, "here");
  Rendezvous leave(dir, "leave");
  const auto process = Shell("(exec 3> " + here.path() +
                             "; echo >&3; exec tail -f /dev/null) & read x < " + leave.path());
  here.Await();

  leave.Release();
  ASSERT_TRUE(process->WaitForExit(minutes(1)));

  EXPECT_EQ(process->exit(), ProcessExit{.code = 0});
  here.AwaitEnd();  // the child that stayed behind held it
}

TEST(PosixProcessLauncherTest, DestructionEndsTheProcess) {
  auto process = Shell("exec tail -f /dev/null");
  const pid_t pid = process->pid();
  ASSERT_EQ(::kill(pid, 0), 0);

  process.reset();

  EXPECT_NE(::kill(pid, 0), 0);
}

TEST(PosixProcessLauncherTest, GivesTheProcessNothingOpenButItsOutput) {
  TempDir dir;
  const int leaked = ::open(dir.Write("f", "").c_str(), O_RDONLY);  // inheritable
  ASSERT_GT(leaked, 2);

  const auto process = Shell("[ -e /dev/fd/" + std::to_string(leaked) + " ] && echo leaked; true");
  ASSERT_TRUE(process->WaitForExit(minutes(1)));
  ::close(leaked);

  EXPECT_EQ(process->OutputTail(), "");
}

TEST(PosixProcessLauncherTest, StartsAProcessWithSignalsThatArrive) {
  sigset_t blocked;
  sigset_t before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &blocked, &before);
  const auto process = Shell("kill $$; exec tail -f /dev/null");
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);

  ASSERT_TRUE(process->WaitForExit(minutes(1)));
  EXPECT_EQ(process->exit(), ProcessExit{.signal = SIGTERM});
}

TEST(PosixProcessLauncherTest, KeepsAProcessBeyondTheThreadThatLaunchedIt) {
  std::unique_ptr<ChildProcess> process;
  std::jthread([&process] { process = Shell("exec tail -f /dev/null"); }).join();

  EXPECT_FALSE(process->WaitForExit(milliseconds(50)));
}

TEST(PosixProcessLauncherTest, NamesAProgramThatIsNotThere) {
  PosixProcessLauncher launcher;
  TempDir dir;

  EXPECT_THAT(launcher.Launch({.argv = {"no-such-program-here"}}),
              StatusIs(absl::StatusCode::kNotFound, "no program no-such-program-here on PATH"));
  EXPECT_THAT(launcher.Launch({.argv = {dir.Path("absent")}}),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr(dir.Path("absent"))));
  EXPECT_THAT(launcher.Launch({.argv = {dir.Write("plain", "text")}}),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("Permission denied")));
}

TEST(PosixProcessLauncherTest, TellsThatAProgramCannotBeExecuted) {
  TempDir dir;
  const std::string garbage = dir.Write("garbage", std::string("\x7f"
                                                               "ELFgarbage"));
  ::chmod(garbage.c_str(), 0755);
  PosixProcessLauncher launcher;

  EXPECT_THAT(launcher.Launch({.argv = {garbage}}),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("starting " + garbage)));
}

}  // namespace
}  // namespace wattfleet
