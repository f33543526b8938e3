#ifndef WF_COORDINATOR_ANALYSIS_DIFFICULTY_H_
#define WF_COORDINATOR_ANALYSIS_DIFFICULTY_H_

#include <cstdint>
#include <string>
#include <vector>

namespace wattfleet::coordinator {

struct DifficultyLevel {
  std::string name;  // "<=4B", "<=8B", "<=20B", "<=235B", ">235B" or "unsolved"
  std::int64_t queries = 0;
};

// How hard the queries are, by the size of the smallest model that solves each (arXiv 2511.07885,
// appendix E.2). ">235B" is ours, and there only where such a model took part.
struct Difficulty {
  std::vector<DifficultyLevel> levels;  // the easiest first
  std::vector<std::string> models;      // that the levels are made of, the smallest first
  std::vector<std::string> left_out;    // of unknown size, or less than 95 % decided
  std::int64_t queries = 0;             // decided for all of `models`
};

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_ANALYSIS_DIFFICULTY_H_
