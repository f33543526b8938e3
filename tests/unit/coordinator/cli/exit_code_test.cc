#include "coordinator/cli/exit_code.h"

#include <gtest/gtest.h>

namespace wattfleet::coordinator {
namespace {

TEST(ExitCodeOfTest, WhatTheUserCanMendEndsWith2AndWhatTheWorldDidWith1) {
  EXPECT_EQ(ExitCodeOf(absl::OkStatus()), ExitCode::kDone);
  EXPECT_EQ(ExitCodeOf(absl::InvalidArgumentError("")), ExitCode::kUserError);
  EXPECT_EQ(ExitCodeOf(absl::NotFoundError("")), ExitCode::kUserError);
  EXPECT_EQ(ExitCodeOf(absl::AlreadyExistsError("")), ExitCode::kUserError);
  EXPECT_EQ(ExitCodeOf(absl::FailedPreconditionError("")), ExitCode::kUserError);
  EXPECT_EQ(ExitCodeOf(absl::UnavailableError("")), ExitCode::kNotDone);
  EXPECT_EQ(ExitCodeOf(absl::ResourceExhaustedError("")), ExitCode::kNotDone);
  EXPECT_EQ(ExitCodeOf(absl::DataLossError("")), ExitCode::kNotDone);
  EXPECT_EQ(ExitCodeOf(absl::CancelledError("")), ExitCode::kInterrupted);
}

}  // namespace
}  // namespace wattfleet::coordinator
