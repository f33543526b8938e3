#include <nlohmann/json.hpp>

#include "coordinator/audit/compare_graders.h"

namespace wattfleet::coordinator {

namespace {

nlohmann::ordered_json VerdictJson(const Verdict& verdict) {
  constexpr const char* kNames[] = {"wrong", "correct", "no_answer"};
  return {{"value", kNames[static_cast<std::size_t>(verdict.value)]},
          {"extracted", verdict.extracted},
          {"reason", verdict.reason}};
}

}  // namespace

std::string RenderGraderComparisonsJson(const std::vector<GraderComparison>& comparisons,
                                        const Grader& grader) {
  nlohmann::ordered_json json{{"grader", std::string(grader.name())},
                              {"grader_version", grader.version()},
                              {"pairs", nlohmann::ordered_json::array()}};
  for (const GraderComparison& c : comparisons) {
    nlohmann::ordered_json pair{{"pair", c.pair},
                                {"compared", c.compared()},
                                {"both", c.both},
                                {"only_in_force", c.only_stored},
                                {"only_by_grader", c.only_other},
                                {"neither", c.neither},
                                {"no_answer_in_force", c.no_answer_stored},
                                {"no_answer_by_grader", c.no_answer_other},
                                {"without_text", c.without_text}};
    const std::optional<double> kappa = c.Kappa();
    pair["kappa"] = kappa ? nlohmann::ordered_json(*kappa) : nlohmann::ordered_json(nullptr);
    pair["samples"] = nlohmann::ordered_json::array();
    for (const Disagreement& sample : c.samples) {
      pair["samples"].push_back({{"query", sample.query_id},
                                 {"in_force", VerdictJson(sample.stored)},
                                 {"by_grader", VerdictJson(sample.other)}});
    }
    json["pairs"].push_back(std::move(pair));
  }
  // Models' bytes need not be valid UTF-8.
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace wattfleet::coordinator
