#include "common/process/process_table.h"

#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/process/posix_process_launcher.h"
#include "tests/support/temp_dir.h"

namespace wattfleet {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

// As proc(5) has it; the name is what the program says of itself.
std::string StatLine(int pid, const std::string& name, int parent, int group, int user) {
  return std::to_string(pid) + " (" + name + ") S " + std::to_string(parent) + " " +
         std::to_string(group) + " 1 0 -1 4194560 100 200 0 0 " + std::to_string(user) +
         " 20 3 4 20 0 8 0 12345 1000 100\n";
}

TEST(ProcessText, ReadsOneProcess) {
  EXPECT_EQ(ParseProcessStat(StatLine(42, "llama-server", 7, 42, 100)),
            (ProcessRow{.pid = 42, .parent = 7, .group = 42, .ticks = 127}));
}

TEST(ProcessText, ANameMayHoldAnything) {
  EXPECT_EQ(ParseProcessStat(StatLine(42, "a) S 1 (b", 7, 9, 0))->parent, 7);
  EXPECT_EQ(ParseProcessStat(StatLine(42, "", 7, 9, 0))->group, 9);
}

TEST(ProcessText, WhatIsNoProcessIsNothing) {
  for (const char* text : {"", "42", "42 (a", "42 (a) S 1", "x (a) S 1 2 3 4 5 6 7 8 9 1 1 1 1 1 1",
                           ") 4 (", "42 (a) S 1 2 3 4 5 6 7 8 9 1 1 -1 1 1 1"}) {
    EXPECT_EQ(ParseProcessStat(text), std::nullopt) << text;
  }
}

TEST(ProcessText, ProcessorTimeIsThatOfProgramsAndAll) {
  // Guest time (the last two) is inside user and nice.
  EXPECT_EQ(ParseProcessorTicks("cpu  100 20 30 1000 50 6 7 8 90 1\ncpu0 1 2 3 4\n"),
            (ProcessorTicks{.programs = 150, .all = 1221}));
  for (const char* text : {"", "cpu 1 2 3 4", "cpu0 1 2 3 4\n", "cpu 1 2\n", "cpu 1 2 x 4\n"}) {
    EXPECT_EQ(ParseProcessorTicks(text), std::nullopt) << text;
  }
}

TEST(ProcessText, FindsWhatListensOnAPort) {
  const std::string table =
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
      "inode\n"
      "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000 0 5001 1\n"
      "   1: 0100007F:1F90 0100007F:9999 01 00000000:00000000 00:00000000 00000000  1000 0 5002 1\n"
      "   2: 0100007F:1F91 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000 0 5003 1\n"
      "  3: 00000000000000000000000001000000:1F90 00000000000000000000000000000000:0000 0A "
      "00000000:00000000 00:00000000 00000000 1000 0 5004 1\n"
      "nonsense\n";
  EXPECT_THAT(ParseListeners(table, 8080), ElementsAre(5001, 5004));
  EXPECT_THAT(ParseListeners(table, 80), IsEmpty());
}

TEST(ProcessTable, ReadsATreeOfProcesses) {
  const testing::TempDir tree;
  const auto write = [&tree](const std::string& folder, const std::string& text) {
    std::filesystem::create_directories(tree.path() + "/" + folder);
    std::ofstream(tree.path() + "/" + folder + "/stat") << text;
  };
  write("", "cpu  500 0 0 1000 0 0 0 0 0 0\n");
  write("10", StatLine(10, "agent", 1, 10, 1));
  write("11", "garbage");
  write("self", StatLine(10, "agent", 1, 10, 1));
  const ProcessTable table(tree.path());
  EXPECT_THAT(table.Processes(),
              ElementsAre(ProcessRow{.pid = 10, .parent = 1, .group = 10, .ticks = 28}));
  EXPECT_EQ(table.Ticks()->programs, 500U);
}

TEST(ProcessTable, WithoutATreeNothingIsTold) {
  const ProcessTable table("/nowhere");
  EXPECT_THAT(table.Processes(), IsEmpty());
  EXPECT_EQ(table.Ticks(), std::nullopt);
  EXPECT_FALSE(table.Listens({1}, 80));
}

TEST(ProcessTable, AFamilyIsDescendantsAndTheGroupsThatRootsLead) {
  const std::vector<ProcessRow> rows = {
      {.pid = 1, .parent = 0, .group = 1},    {.pid = 10, .parent = 1, .group = 10},
      {.pid = 11, .parent = 10, .group = 11}, {.pid = 12, .parent = 11, .group = 12},
      {.pid = 13, .parent = 1, .group = 11},  // its parent has gone, its group has not
      {.pid = 14, .parent = 13, .group = 14}, {.pid = 20, .parent = 1, .group = 20}};
  EXPECT_THAT(FamilyOf(rows, {11}), UnorderedElementsAre(11, 12, 13, 14));
  EXPECT_THAT(FamilyOf(rows, {10}), UnorderedElementsAre(10, 11, 12));
}

// A tree like /proc whose processes hold sockets.
class FakeProc {
 public:
  FakeProc() { std::filesystem::create_directories(tree_.path() + "/net"); }

  void Process(int pid, int parent, const std::string& name, const std::vector<int>& sockets) {
    const std::string folder = tree_.path() + "/" + std::to_string(pid);
    std::filesystem::create_directories(folder + "/fd");
    std::ofstream(folder + "/stat") << StatLine(pid, name, parent, pid, 1);
    std::ofstream(folder + "/comm") << name << "\n";
    std::filesystem::create_symlink("/dev/null", folder + "/fd/0");
    for (std::size_t i = 0; i < sockets.size(); ++i) {
      std::filesystem::create_symlink("socket:[" + std::to_string(sockets[i]) + "]",
                                      folder + "/fd/" + std::to_string(i + 3));
    }
  }
  // A socket of an address that listens on a port.
  void Listen(const std::string& table, const std::string& address, int port, int inode) {
    char local[64];
    std::snprintf(local, sizeof(local), "%s:%04X", address.c_str(), port);
    std::ofstream(tree_.path() + "/net/" + table, std::ios::app)
        << "   0: " << local << " 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000 0 "
        << inode << " 1\n";
  }
  ProcessTable table() const { return ProcessTable(tree_.path()); }

 private:
  const testing::TempDir tree_;
};

TEST(ProcessTable, TheListenerIsTheProcessThatHoldsThePortsSocket) {
  FakeProc proc;
  proc.Listen("tcp", "0100007F", 8080, 501);
  proc.Listen("tcp6", "00000000000000000000000001000000", 11434, 502);
  proc.Process(10, 1, "llama-server", {77, 501});
  proc.Process(20, 1, "ollama", {502});
  proc.Process(30, 1, "browser", {78});

  EXPECT_EQ(proc.table().Listener(8080), 10);
  EXPECT_EQ(proc.table().Listener(11434), 20);
  EXPECT_EQ(proc.table().Listener(80), std::nullopt);
  EXPECT_EQ(proc.table().Name(10), "llama-server");
  EXPECT_EQ(proc.table().Name(99), "");
}

TEST(ProcessTable, OfWorkersThatShareASocketTheListenerIsWhoStartedThem) {
  FakeProc proc;
  proc.Listen("tcp", "0100007F", 8080, 501);
  proc.Process(12, 10, "worker", {501});
  proc.Process(10, 1, "server", {501});
  proc.Process(11, 10, "worker", {501});
  EXPECT_EQ(proc.table().Listener(8080), 10);
}

TEST(ProcessTable, WhereAnOwnerCannotBeSeenThereIsNoListener) {
  FakeProc proc;
  proc.Listen("tcp", "0100007F", 8080, 501);
  proc.Process(10, 1, "other", {});
  EXPECT_EQ(proc.table().Listener(8080), std::nullopt) << "another user's";
  // The one that can be seen listens on IPv6 alone.
  proc.Listen("tcp6", "00000000000000000000000001000000", 8080, 502);
  proc.Process(20, 1, "seen", {502});
  EXPECT_EQ(proc.table().Listener(8080), std::nullopt);
}

TEST(ProcessTable, UnrelatedListenersOnOnePortAreNotToldApart) {
  FakeProc proc;
  proc.Listen("tcp", "0100007F", 8080, 501);
  proc.Listen("tcp", "0101A8C0", 8080, 502);
  proc.Process(10, 1, "one", {501});
  proc.Process(20, 1, "two", {502});
  EXPECT_EQ(proc.table().Listener(8080), std::nullopt);
}

// The machine that this test runs on, where it has /proc.
class OwnProcessTable : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists("/proc/self/stat")) {
      GTEST_SKIP() << "no /proc here";
    }
  }
  const ProcessTable table_;
};

TEST_F(OwnProcessTable, FindsThisProcessAndItsChildren) {
  PosixProcessLauncher launcher;
  const auto child = launcher.Launch({.argv = {"tail", "-f", "/dev/null"}});
  ASSERT_TRUE(child.ok()) << child.status();
  const std::set<int> family = FamilyOf(table_.Processes(), {getpid()});
  EXPECT_TRUE(family.contains((*child)->pid()));
  EXPECT_FALSE(family.contains(getppid()));
  EXPECT_GT(table_.Ticks()->all, table_.Ticks()->programs);
}

TEST_F(OwnProcessTable, KnowsWhoListens) {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
  const int port = ntohs(address.sin_port);
  EXPECT_FALSE(table_.Listens({getpid()}, port)) << "bound, not listening";
  ASSERT_EQ(listen(listener, 1), 0);
  EXPECT_TRUE(table_.Listens({getpid()}, port));
  EXPECT_FALSE(table_.Listens({getppid()}, port));
  EXPECT_EQ(table_.Listener(port), getpid());
  close(listener);
}

}  // namespace
}  // namespace wattfleet
