#include "tests/hardware/check_list.h"

#include <nlohmann/json.hpp>

namespace wattfleet::hardware {

void CheckList::Begin(const std::string& title) {
  std::fprintf(out_, "%s\n", title.c_str());
  std::fflush(out_);
}

void CheckList::Figure(const std::string& name, const std::string& value) {
  figures_.emplace_back(name, value);
  std::fprintf(out_, "  %-44s %s\n", name.c_str(), value.c_str());
}

void CheckList::Verdict(const std::string& name, bool holds, const std::string& claim) {
  failures_ += holds ? 0 : 1;
  Note({name, holds ? "ok" : "FAILED", claim});
}

void CheckList::Skip(const std::string& name, const std::string& why) {
  Note({name, "skipped", why});
}

void CheckList::Note(Check check) {
  std::fprintf(out_, "  %-44s %s: %s\n", check.name.c_str(), check.verdict.c_str(),
               check.why.c_str());
  std::fflush(out_);
  checks_.push_back(std::move(check));
}

std::string CheckList::Json() const {
  nlohmann::json json = {{"schema", "wattfleet.hardware/1"}};
  for (const auto& [name, value] : figures_) {
    json["figures"][name] = nlohmann::json::parse(value);
  }
  for (const Check& check : checks_) {
    json["checks"].push_back(
        {{"name", check.name}, {"verdict", check.verdict}, {"why", check.why}});
  }
  return json.dump(2) + "\n";
}

}  // namespace wattfleet::hardware
