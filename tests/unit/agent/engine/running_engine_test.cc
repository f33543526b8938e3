#include "agent/engine/running_engine.h"

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"

namespace wattfleet::agent {
namespace {

constexpr int kOwnPid = 900;

// A tree like /proc in which `name`, process `pid`, listens on port 8080, and this agent is a child
// of `parent`.
class RunningEngineTest : public ::testing::Test {
 protected:
  std::optional<int> Behind(int pid, const std::string& name, int parent,
                            const std::string& url = "http://127.0.0.1:8080/v1") {
    const testing::TempDir tree;
    Process(tree.path(), pid, name, 1);
    Process(tree.path(), kOwnPid, "wattfleet-agent", parent);
    std::filesystem::create_symlink("socket:[7]",
                                    tree.path() + "/" + std::to_string(pid) + "/fd/3");
    std::filesystem::create_directories(tree.path() + "/net");
    std::ofstream(tree.path() + "/net/tcp")
        << " 0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 1000 0 7 1\n";
    return ProcessBehind(ProcessTable(tree.path()), url, kOwnPid);
  }

 private:
  static void Process(const std::string& root, int pid, const std::string& name, int parent) {
    const std::string folder = root + "/" + std::to_string(pid);
    std::filesystem::create_directories(folder + "/fd");
    std::ofstream(folder + "/comm") << name << "\n";
    std::ofstream(folder + "/stat")
        << pid << " (" << name << ") S " << parent << " " << pid
        << " 1 0 -1 4194560 100 200 0 0 5 5 0 0 20 0 8 0 12345 1000 100\n";
  }
};

TEST_F(RunningEngineTest, IsTheProcessThatListensWhereTheUrlSays) {
  EXPECT_EQ(Behind(50, "llama-server", 1), 50);
  EXPECT_EQ(Behind(50, "python3", 1, "http://localhost:8080"), 50);
}

TEST_F(RunningEngineTest, IsUnknownElsewhere) {
  EXPECT_EQ(Behind(50, "llama-server", 1, "http://10.0.0.9:8080"), std::nullopt);
  EXPECT_EQ(Behind(50, "llama-server", 1, "http://127.0.0.1:8081"), std::nullopt);
  EXPECT_EQ(Behind(50, "llama-server", 1, ""), std::nullopt);
}

TEST_F(RunningEngineTest, WhoHandsTheWorkOnDoesNotDoIt) {
  for (const char* name : {"docker-proxy", "nginx", "ssh", "systemd", "containerd-shi"}) {
    EXPECT_EQ(Behind(50, name, 1), std::nullopt) << name;
  }
  EXPECT_EQ(Behind(1, "init", 0), std::nullopt) << "it holds sockets for others";
}

TEST_F(RunningEngineTest, AFamilyThatWeBelongToIsNotTheEngine) {
  EXPECT_EQ(Behind(50, "python3", 50), std::nullopt);
}

}  // namespace
}  // namespace wattfleet::agent
