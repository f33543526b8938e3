#include "coordinator/plan/judge_plan.h"

#include <array>
#include <string>

#include "absl/strings/str_cat.h"
#include <openssl/sha.h>

namespace wattfleet::coordinator {

JudgePlan JudgePairOf(const JudgePlan& plan, const PairSpec& answers) {
  JudgePlan made = plan;
  made.task.subject = answers.id;
  made.task.subject_name = PairName(answers);
  made.task.answers = answers.n_units;
  made.spec.model = absl::StrCat("judge ", plan.spec.model, " of ", made.task.subject_name);
  made.spec.n_units = JudgeUnits(made.task).units();
  const std::string text = absl::StrCat("wattfleet.judge/1\n", plan.spec.plan_hash,
                                        plan.task.grader, "\n", answers.plan_hash);
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  made.spec.plan_hash.assign(digest.begin(), digest.end());
  return made;
}

}  // namespace wattfleet::coordinator
