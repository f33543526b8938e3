#ifndef WF_COMMON_DOMAIN_JUDGE_TASK_H_
#define WF_COMMON_DOMAIN_JUDGE_TASK_H_

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "common/domain/ids.h"
#include "common/domain/unit.h"

namespace wattfleet {

// What a judge is asked. Stored; values are never reused.
enum class JudgeProtocol {
  kReference = 0,  // does the answer agree with the reference: true or false
  kPairwise = 1,   // is it at least as good as the reference answer; asked in both orders
};

// When a pairwise verdict is "correct".
enum class JudgeRule {
  kAgree = 0,  // win or tie in both orders
  kOr = 1,     // win or tie in either
};

// Makes a pair one that judges another's answers.
struct JudgeTask {
  PairId subject;            // whose answers
  std::string subject_name;  // PairName of it
  std::string grader;        // in whose name the verdicts are: protocol, rule, prompt hash, model
  std::int32_t grader_version = 1;
  JudgeProtocol protocol = JudgeProtocol::kReference;
  JudgeRule rule = JudgeRule::kAgree;
  std::int64_t answers = 0;  // units of the subject
  bool operator==(const JudgeTask&) const = default;
};

// Tries of one judgement until the judge's reply holds a verdict.
inline constexpr std::int64_t kJudgeAttempts = 3;
// One answer of so many is judged twice.
inline constexpr std::int64_t kJudgedTwiceEvery = 20;

// Which judgement a unit of a judge pair is.
struct JudgementAddress {
  std::int64_t attempt = 0;  // how many replies before this one held no verdict
  Unit answer = 0;           // unit of the subject
  std::int64_t order = 0;    // pairwise: 0 = the answer stands first, 1 = second
  bool again = false;        // the second reading, which counts for self-consistency alone
  bool operator==(const JudgementAddress&) const = default;
};

// The units of a judge pair. For each attempt: every answer in each order, order-major, then the
// answers judged twice (in order 0), one of each twenty, by hash.
class JudgeUnits {
 public:
  explicit JudgeUnits(const JudgeTask& task)
      : answers_(task.answers), orders_(task.protocol == JudgeProtocol::kPairwise ? 2 : 1) {}

  std::int64_t orders() const { return orders_; }
  std::int64_t judged_twice() const {
    return (answers_ + kJudgedTwiceEvery - 1) / kJudgedTwiceEvery;
  }
  std::int64_t per_attempt() const { return orders_ * answers_ + judged_twice(); }
  std::int64_t units() const { return kJudgeAttempts * per_attempt(); }

  JudgementAddress AddressOf(Unit unit) const {
    JudgementAddress address{.attempt = unit / per_attempt()};
    const std::int64_t place = unit % per_attempt();
    address.again = place >= orders_ * answers_;
    address.answer = address.again ? JudgedTwice(place - orders_ * answers_) : place % answers_;
    address.order = address.again ? 0 : place / answers_;
    return address;
  }
  // Where an answer is judged in that order for the first time.
  Unit UnitOf(Unit answer, std::int64_t order) const { return order * answers_ + answer; }
  // The first attempts that need these answers and no other.
  std::vector<UnitRange> OfAnswers(UnitRange answers) const {
    std::vector<UnitRange> ranges;
    for (std::int64_t order = 0; order < orders_; ++order) {
      ranges.push_back({.lo = UnitOf(answers.lo, order), .hi = UnitOf(answers.hi, order)});
    }
    const UnitRange again{.lo = FirstTwiceFrom(answers.lo), .hi = FirstTwiceFrom(answers.hi)};
    if (again.size() > 0) {
      const Unit first = orders_ * answers_;
      ranges.push_back({.lo = first + again.lo, .hi = first + again.hi});
    }
    return ranges;
  }
  // The answer of the i-th twenty that is judged twice.
  Unit JudgedTwice(std::int64_t i) const {
    const Unit lo = i * kJudgedTwiceEvery;
    const std::int64_t size = std::min(kJudgedTwiceEvery, answers_ - lo);
    // SplitMix64's finaliser (Steele, Lea, Flood 2014): the same choice everywhere.
    auto hash = static_cast<std::uint64_t>(i) + 0x9e3779b97f4a7c15ULL;
    hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9ULL;
    hash = (hash ^ (hash >> 27)) * 0x94d049bb133111ebULL;
    hash ^= hash >> 31;
    return lo + static_cast<std::int64_t>(hash % static_cast<std::uint64_t>(size));
  }

 private:
  // How many of those judged twice come before `answer`.
  std::int64_t FirstTwiceFrom(Unit answer) const {
    const std::int64_t i = answer / kJudgedTwiceEvery;
    return i < judged_twice() && JudgedTwice(i) < answer ? i + 1 : i;
  }

  std::int64_t answers_;
  std::int64_t orders_;
};

}  // namespace wattfleet

#endif  // WF_COMMON_DOMAIN_JUDGE_TASK_H_
