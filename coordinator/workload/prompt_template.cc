#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "common/domain/nearest_name.h"
#include "coordinator/workload/content_hash.h"
#include "coordinator/workload/workload.h"

namespace wattfleet::coordinator {
namespace {

constexpr char kAuto[] = "auto";
constexpr char kPlain[] = "plain";
constexpr std::string_view kQuestion = "{question}";
constexpr std::string_view kOptions = "{options}";
constexpr std::size_t kHashDigits = 8;

// A change of any of these texts changes TemplateId("auto"), and with it every plan hash.
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

std::string_view AutoText(std::string_view grader) {
  if (grader == "mcq" || grader == "mcq_first") {
    return kMcqText;
  }
  if (grader == "math") {
    return kMathText;
  }
  return grader == "numeric" ? kNumericText : kExactText;
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

}  // namespace

std::string RenderPrompt(const Query& query, const std::string& prompt_template) {
  if (prompt_template == kPlain) {
    return query.question;
  }
  return Fill(
      query, prompt_template == kAuto ? AutoText(query.grader) : std::string_view(prompt_template));
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

std::string TemplateId(const std::string& prompt_template) {
  constexpr char kVersion[] = "v1";
  std::string name = "custom";
  std::string text = prompt_template;
  if (prompt_template == kAuto) {
    name = kAuto;
    text = absl::StrCat(std::string(kMcqText), std::string(1, '\0'), std::string(kNumericText),
                        std::string(1, '\0'), std::string(kExactText));
  } else if (prompt_template == kPlain) {
    name = kPlain;
    text = std::string(kQuestion);
  }
  return absl::StrCat(name, "-", kVersion, ":", ShortHash(text, kHashDigits));
}

}  // namespace wattfleet::coordinator
