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

std::string PairName(const PairSpec& pair) {
  return absl::StrCat(pair.model, "/", BuildName(pair.build), "/", pair.accelerator, "/",
                      ConditionName(pair.condition));
}

}  // namespace wattfleet
