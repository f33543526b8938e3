#ifndef WF_TESTS_HARDWARE_CHECK_LIST_H_
#define WF_TESTS_HARDWARE_CHECK_LIST_H_

#include <cstdio>
#include <string>
#include <utility>
#include <vector>

namespace wattfleet::hardware {

// What the checks found: printed line by line, and kept for a file.
class CheckList {
 public:
  explicit CheckList(std::FILE* out) : out_(out) {}

  void Begin(const std::string& title);
  // A figure; `value` is JSON.
  void Figure(const std::string& name, const std::string& value);
  void Verdict(const std::string& name, bool holds, const std::string& claim);
  void Skip(const std::string& name, const std::string& why);

  int failures() const { return failures_; }
  // All of it as one JSON object (wattfleet.hardware/1).
  std::string Json() const;

 private:
  struct Check {
    std::string name;
    std::string verdict;
    std::string why;
  };
  void Note(Check check);

  std::FILE* out_;
  int failures_ = 0;
  std::vector<std::pair<std::string, std::string>> figures_;
  std::vector<Check> checks_;
};

}  // namespace wattfleet::hardware

#endif  // WF_TESTS_HARDWARE_CHECK_LIST_H_
