#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "common/domain/nearest_name.h"
#include "coordinator/workload/content_hash.h"
#include "coordinator/workload/query_codec.h"
#include "coordinator/workload/shots.h"
#include "coordinator/workload/workload.h"

namespace wattfleet::coordinator {
namespace {

constexpr char kAuto[] = "auto";
constexpr char kPlain[] = "plain";
constexpr std::string_view kQuestion = "{question}";
constexpr std::string_view kOptions = "{options}";
constexpr std::size_t kHashDigits = 8;

constexpr std::string_view kMcqText =
    "{question}\n\nOptions:\n{options}\n\n"
    "Think step by step, then finish with \"The answer is (X).\", where X is the letter of the "
    "correct option.";
constexpr std::string_view kNumericText =
    "{question}\n\n"
    "Think step by step, then finish with \"The answer is N.\", where N is the final number alone.";
constexpr std::string_view kMathText =
    "{question}\n\n"
    "Think step by step, then finish with the final answer alone in \\boxed{}.";
constexpr std::string_view kExactText =
    "{question}\n\n"
    "Think step by step, then finish with \"The answer is X.\", where X is the answer alone.";
constexpr std::string_view kJudgeText =
    "{question}\n\nThink step by step, then state the final answer.";

// The prompts of the datasets: the row of the query's dataset and grader, else that of its grader
// alone. A change of any of them is a new kOwnVersion, and changes TemplateId("auto") and with it
// every plan hash.
struct OwnTemplate {
  std::string_view dataset;  // empty = any
  std::string_view grader;   // empty = any
  std::string_view text;
};
constexpr char kOwnVersion[] = "v2";
constexpr OwnTemplate kOwnTemplates[] = {
    {"mmlu-pro", "mcq", kMcqText},
    {"supergpqa", "mcq", kMcqText},
    {"natural-reasoning", "judge", kJudgeText},
    {"wildchat", "pairwise", kQuestion},
    {"gsm8k", "numeric", kNumericText},
    {"bbh", "exact", kExactText},
    {"math-500", "math", kMathText},
    {"", "mcq", kMcqText},
    {"", "mcq_first", kMcqText},
    {"", "numeric", kNumericText},
    {"", "math", kMathText},
    {"", "judge", kJudgeText},
    {"", "pairwise", kQuestion},
    {"", "", kExactText},
};

std::string_view OwnText(const Query& query) {
  for (const OwnTemplate& row : kOwnTemplates) {
    if ((row.dataset.empty() || row.dataset == query.dataset) &&
        (row.grader.empty() || row.grader == query.grader)) {
      return row.text;
    }
  }
  return kExactText;
}

void AppendOptions(const Query& query, std::string& prompt) {
  char letter = 'A';
  for (const std::string& option : query.options) {
    if (letter != 'A') {
      prompt.push_back('\n');
    }
    absl::StrAppend(&prompt, "(", std::string(1, letter++), ") ", option);
  }
}

// Puts the query into `text` in one pass: braces inside a question are never places.
std::string Fill(const Query& query, std::string_view text) {
  std::string prompt;
  while (!text.empty()) {
    if (text.substr(0, kQuestion.size()) == kQuestion) {
      prompt += query.question;
      text.remove_prefix(kQuestion.size());
    } else if (text.substr(0, kOptions.size()) == kOptions) {
      AppendOptions(query, prompt);
      text.remove_prefix(kOptions.size());
    } else {
      const std::size_t next = text.find('{', 1);
      prompt.append(text.substr(0, next));
      text.remove_prefix(next == std::string_view::npos ? text.size() : next);
    }
  }
  return prompt;
}

std::string Asked(const Query& query, const std::string& prompt_template) {
  if (prompt_template == kPlain) {
    return query.question;
  }
  return Fill(query, prompt_template == kAuto ? OwnText(query) : std::string_view(prompt_template));
}

}  // namespace

const std::vector<Shot>& Workload::shots() const {
  static const auto& none = *new std::vector<Shot>();
  return none;
}

std::string RenderPrompt(const Query& query, const PromptForm& form,
                         const std::vector<Shot>& shots) {
  std::string prompt;
  for (const Shot* shot : ShotsOf(query, shots, form.shots)) {
    absl::StrAppend(&prompt, Asked(shot->query, form.prompt_template), "\n\n", ShotAnswer(*shot),
                    "\n\n");
  }
  return prompt + Asked(query, form.prompt_template);
}

absl::Status CheckTemplate(const std::string& prompt_template) {
  if (prompt_template == kAuto || prompt_template == kPlain ||
      prompt_template.find(kQuestion) != std::string::npos) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrFormat(
      "\"%s\" is no prompt template: use auto, plain, or a text with {question} in it%s",
      prompt_template,
      NearestName(prompt_template, {kAuto, kPlain})
          ? "; " + NearestText(prompt_template, {kAuto, kPlain})
          : ""));
}

absl::Status CheckShots(const Workload& workload, const PromptForm& form) {
  std::map<std::string, std::int64_t> shots_of;
  for (const Shot& shot : workload.shots()) {
    ++shots_of[shot.query.dataset];
  }
  for (const std::string& dataset : workload.datasets()) {
    if (shots_of[dataset] < form.shots) {
      return absl::FailedPreconditionError(absl::StrFormat(
          "prompt: shots: %d: workload %s has %d for dataset %s; import it with --shots FILE",
          form.shots, workload.facts().name, shots_of[dataset], dataset));
    }
  }
  return absl::OkStatus();
}

std::string TemplateId(const PromptForm& form, const std::vector<Shot>& shots) {
  std::string name = "custom-v1";
  std::string text = form.prompt_template;
  if (form.prompt_template == kAuto) {
    name = absl::StrCat(kAuto, "-", kOwnVersion);
    text.clear();
    for (const OwnTemplate& row : kOwnTemplates) {
      for (const std::string_view part : {row.dataset, row.grader, row.text}) {
        text.append(part).push_back('\0');
      }
    }
  } else if (form.prompt_template == kPlain) {
    name = "plain-v1";
    text = std::string(kQuestion);
  }
  if (form.shots > 0) {
    absl::StrAppend(&name, "+", form.shots);
    for (const Shot& shot : shots) {
      EncodeQuery(shot.query, text);
      text.append(ShotAnswer(shot)).push_back('\0');
    }
  }
  return absl::StrCat(name, ":", ShortHash(text, kHashDigits));
}

}  // namespace wattfleet::coordinator
