#ifndef WF_TESTS_HARDWARE_CHECK_LIST_H_
#define WF_TESTS_HARDWARE_CHECK_LIST_H_

#include <cstdio>
#include <string>

#include <nlohmann/json.hpp>

namespace wattfleet::hardware {

// What the checks found: printed line by line, and kept as JSON.
class CheckList {
 public:
  explicit CheckList(std::FILE* out) : out_(out) {}

  void Begin(const std::string& title) {
    std::fprintf(out_, "%s\n", title.c_str());
    std::fflush(out_);
  }
  // A figure; `value` may be null.
  void Figure(const std::string& name, const nlohmann::json& value) {
    json_["figures"][name] = value;
    std::fprintf(out_, "  %-44s %s\n", name.c_str(), value.dump().c_str());
  }
  void Verdict(const std::string& name, bool holds, const std::string& claim) {
    Note(name, holds ? "ok" : "FAILED", claim);
    failures_ += holds ? 0 : 1;
  }
  void Skip(const std::string& name, const std::string& why) { Note(name, "skipped", why); }

  int failures() const { return failures_; }
  const nlohmann::json& json() const { return json_; }

 private:
  void Note(const std::string& name, const std::string& verdict, const std::string& why) {
    json_["checks"].push_back({{"name", name}, {"verdict", verdict}, {"why", why}});
    std::fprintf(out_, "  %-44s %s: %s\n", name.c_str(), verdict.c_str(), why.c_str());
    std::fflush(out_);
  }

  std::FILE* out_;
  int failures_ = 0;
  nlohmann::json json_ = {{"schema", "wattfleet.hardware/1"}};
};

}  // namespace wattfleet::hardware

#endif  // WF_TESTS_HARDWARE_CHECK_LIST_H_
