#include "common/domain/pair.h"

#include "absl/strings/str_cat.h"

namespace wattfleet {

std::string ConditionName(Condition condition) {
  return condition.is_isolated() ? "isolated" : absl::StrCat("served-", condition.concurrency);
}

std::string BuildName(const Build& build) {
  return build.quantization.empty() ? build.engine
                                    : absl::StrCat(build.engine, "-", build.quantization);
}

std::string_view ThinkingName(Thinking thinking) {
  switch (thinking) {
    case Thinking::kUnset:
      return "unset";
    case Thinking::kOff:
      return "off";
    case Thinking::kOn:
      return "on";
    case Thinking::kLow:
      return "low";
    case Thinking::kMedium:
      return "medium";
    case Thinking::kHigh:
      return "high";
  }
  return "unset";
}

double CostUsd(const Price& price, const TokenCounts& tokens) {
  constexpr double kTokensPerPriceUnit = 1e6;
  const double cached_price = price.cached_input_per_million.value_or(price.input_per_million);
  return (static_cast<double>(tokens.input - tokens.cached) * price.input_per_million +
          static_cast<double>(tokens.cached) * cached_price +
          static_cast<double>(tokens.output) * price.output_per_million) /
         kTokensPerPriceUnit;
}

std::string PairName(const PairSpec& pair) {
  return absl::StrCat(pair.model, "/", BuildName(pair.build), "/", pair.accelerator, "/",
                      ConditionName(pair.condition));
}

}  // namespace wattfleet
