#include "coordinator/report/subject_weights.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

#include "common/domain/nearest_name.h"
#include "coordinator/analysis/weighted_coverage.h"

namespace wattfleet::coordinator {

namespace {

absl::Status BadLine(const std::string& source, std::size_t line, const std::string& why) {
  return absl::InvalidArgumentError(absl::StrFormat("%s:%d: %s", source, line, why));
}

std::string Unquoted(std::string_view field) {
  std::string text(absl::StripAsciiWhitespace(std::string(field)));
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
    text = text.substr(1, text.size() - 2);
  }
  return text;
}

}  // namespace

absl::StatusOr<SubjectWeights> ParseSubjectWeights(std::string_view text, std::string source) {
  SubjectWeights weights{.source = std::move(source), .weights = {}, .without = {}};
  std::set<std::string> seen;
  std::size_t number = 0;
  const std::vector<std::string> lines = absl::StrSplit(std::string(text), '\n');
  for (const std::string& raw : lines) {
    ++number;
    const std::string line(absl::StripAsciiWhitespace(raw));
    if (line.empty() || line.front() == '#' || (number == 1 && line == "subject,weight")) {
      continue;
    }
    const std::size_t comma = line.rfind(',');
    double weight = 0;
    if (comma == std::string::npos ||
        !absl::SimpleAtod(std::string(absl::StripAsciiWhitespace(line.substr(comma + 1))),
                          &weight)) {
      return BadLine(weights.source, number, "expected `subject,weight`");
    }
    if (!std::isfinite(weight) || weight < 0) {
      return BadLine(weights.source, number, "a weight is a number from 0 on");
    }
    const std::string subject = Unquoted(line.substr(0, comma));
    if (!seen.insert(subject).second) {
      return BadLine(weights.source, number,
                     absl::StrFormat("subject \"%s\" has a weight already", subject));
    }
    if (weight > 0) {
      weights.weights.emplace_back(subject, weight);
    }
  }
  if (weights.weights.empty()) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s: no subject has a weight above 0", weights.source));
  }
  return weights;
}

absl::Status WeighSubjects(SubjectWeights weights, Report& report) {
  std::set<std::string> known;
  for (const ReportedPair& pair : report.pairs) {
    for (const ReportedStratum& stratum : pair.subjects) {
      known.insert(stratum.name);
    }
  }
  std::map<std::string, double> weight_of;
  for (const auto& [subject, weight] : weights.weights) {
    if (!known.empty() && !known.contains(subject)) {
      return absl::InvalidArgumentError(
          absl::StrFormat("%s: the sweep has no subject \"%s\"; %s", weights.source, subject,
                          NearestText(subject, {known.begin(), known.end()})));
    }
    weight_of[subject] = weight;
  }
  for (const std::string& subject : known) {
    if (!weight_of.contains(subject)) {
      weights.without.push_back(subject);
    }
  }
  for (ReportedPair& pair : report.pairs) {
    std::vector<WeightedTally> tallies;
    for (const ReportedStratum& stratum : pair.subjects) {
      if (const auto weight = weight_of.find(stratum.name); weight != weight_of.end()) {
        tallies.push_back({.weight = weight->second, .outcomes = &stratum.outcomes});
      }
    }
    pair.weighted_coverage = WeightedCoverage(tallies);
  }
  report.weights = std::move(weights);
  return absl::OkStatus();
}

}  // namespace wattfleet::coordinator
