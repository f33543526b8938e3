#include "coordinator/workload/workload_names.h"

#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/workload/workload.h"
#include "coordinator/workload/workload_file.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace wattfleet::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::wattfleet::testing::StatusIs;
using ::wattfleet::testing::TempDir;

const std::string kOne = "sha256:" + std::string(64, '1');
const std::string kTwo = "sha256:" + std::string(64, '2');

TEST(WorkloadNamesTest, KeepsANameForItsContent) {
  const TempDir directory;

  WF_EXPECT_OK(ClaimWorkloadName(directory.path(), "mmlu", kOne));
  WF_EXPECT_OK(ClaimWorkloadName(directory.path(), "mmlu", kOne));
  EXPECT_THAT(ClaimWorkloadName(directory.path(), "mmlu", kTwo),
              StatusIs(absl::StatusCode::kAlreadyExists, HasSubstr("mmlu")));
  EXPECT_EQ(*WorkloadIdOfName(directory.path(), "mmlu"), kOne);
  EXPECT_EQ(*WorkloadIdOfName(directory.path(), "free"), std::nullopt);
}

TEST(WorkloadNamesTest, GivesOneNameToOneContentWhoeverAsksAtOnce) {
  const TempDir directory;
  std::vector<absl::Status> claims(8);
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < claims.size(); ++i) {
      threads.emplace_back([&, i] {
        claims[i] = ClaimWorkloadName(directory.path(), "n", i % 2 == 0 ? kOne : kTwo);
      });
    }
  }

  const std::string winner = **WorkloadIdOfName(directory.path(), "n");
  for (std::size_t i = 0; i < claims.size(); ++i) {
    EXPECT_EQ(claims[i].ok(), (i % 2 == 0 ? kOne : kTwo) == winner) << i;
  }
}

TEST(WorkloadNamesTest, RefusesNamesThatAreNoFileNames) {
  for (const char* name : {"", "a/b", "..", ".hidden", "-x", "a b", "\xc3\xa9"}) {
    EXPECT_THAT(CheckWorkloadName(name),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("no name")))
        << name;
  }
  EXPECT_FALSE(CheckWorkloadName(std::string(101, 'x')).ok());
  WF_EXPECT_OK(CheckWorkloadName("mmlu-pro_12k.v2"));
}

TEST(WorkloadNamesTest, ListsNamesSorted) {
  const TempDir directory;
  WF_ASSERT_OK(ClaimWorkloadName(directory.path(), "b", kOne));
  WF_ASSERT_OK(ClaimWorkloadName(directory.path(), "a", kOne));

  EXPECT_THAT(WorkloadNames(directory.path()), ElementsAre("a", "b"));
}

TEST(FindWorkloadTest, NamesTheNearestOfAMisspeltName) {
  const TempDir directory;
  WF_ASSERT_OK(ClaimWorkloadName(directory.path(), "mmlu-pro", kOne));

  EXPECT_THAT(FindWorkload(directory.path(), "mmlu-por"),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("nearest is \"mmlu-pro\"")));
  EXPECT_THAT(FindWorkload(directory.path(), "../mmlu-pro"),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("no workload")));
}

TEST(FindWorkloadTest, FindsByNameAndByIdAndSaysWhenTheFileIsGone) {
  const TempDir directory;
  WF_ASSERT_OK(ClaimWorkloadName(directory.path(), "n", kOne));

  EXPECT_THAT(FindWorkload(directory.path(), "n"),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("is gone")));

  const std::string path = directory.Write("workload-1111111111111111.db", "");
  EXPECT_EQ(*FindWorkload(directory.path(), "n"), path);
  EXPECT_EQ(*FindWorkload(directory.path(), kOne), path);
}

}  // namespace
}  // namespace wattfleet::coordinator
