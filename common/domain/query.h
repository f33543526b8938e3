#ifndef WF_COMMON_DOMAIN_QUERY_H_
#define WF_COMMON_DOMAIN_QUERY_H_

#include <cstdint>
#include <string>
#include <vector>

namespace wattfleet {

// One prompt with its reference answer.
struct Query {
  std::int64_t q = 0;  // place in the workload, 0-based
  std::string id;      // unique in the workload
  std::string dataset;
  std::string subject;
  std::string question;                 // before the prompt template
  std::vector<std::string> options;     // multiple choice only
  std::vector<std::string> references;  // accepted answers; for multiple choice one letter
  std::string grader;                   // the name of one of coordinator/grading
};

// A query as an agent gets it: the prompt is final, template applied.
struct LeaseQuery {
  std::int64_t unit = 0;
  std::string query_id;
  std::string system;  // may be empty
  std::string prompt;  // empty for engines that answer by id (replay)
  bool operator==(const LeaseQuery&) const = default;
};

}  // namespace wattfleet

#endif  // WF_COMMON_DOMAIN_QUERY_H_
