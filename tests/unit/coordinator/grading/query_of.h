#ifndef WF_TESTS_UNIT_COORDINATOR_GRADING_QUERY_OF_H_
#define WF_TESTS_UNIT_COORDINATOR_GRADING_QUERY_OF_H_

#include <string>
#include <utility>
#include <vector>

#include "common/domain/query.h"

namespace wattfleet::testing {

inline Query QueryOf(std::vector<std::string> references, std::vector<std::string> options = {}) {
  Query query;
  query.references = std::move(references);
  query.options = std::move(options);
  return query;
}

// As long as a response may get.
inline std::string LongText(const std::string& piece, std::size_t bytes = 700 * 1024) {
  std::string text;
  while (text.size() < bytes) {
    text += piece;
  }
  return text;
}

}  // namespace wattfleet::testing

#endif  // WF_TESTS_UNIT_COORDINATOR_GRADING_QUERY_OF_H_
