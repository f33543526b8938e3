#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "coordinator/report/render.h"
#include "tests/support/shared_data.h"
#include "tests/unit/coordinator/report/example_sweep.h"

namespace wattfleet::testing {
namespace {

using nlohmann::json;

// Objects whose keys are names of the sweep's own.
const std::set<std::string>& NamedMaps() {
  static const std::set<std::string> maps = {".pairs[].flags",      ".pairs[].by.subject",
                                             ".pairs[].by.dataset", ".pairs[].by.agent",
                                             ".settings",           ".pairs[].by.difficulty",
                                             ".weights.weights",    ".quality.versions.graders"};
  return maps;
}

// Path of every key below the root -> the types that its values have.
using Shape = std::map<std::string, std::set<std::string>>;

bool IsEstimate(const json& value) {
  return value.is_object() && value.contains("value") &&
         ((value.contains("low") && value.contains("high")) || value.contains("note"));
}

std::string TypeOf(const json& value) {
  return IsEstimate(value) ? "estimate" : value.is_number() ? "number" : value.type_name();
}

void AddShape(const json& value, const std::string& path, Shape& shape) {
  static const std::set<std::string> interval = {"value", "low", "high", "note"};
  shape[path].insert(TypeOf(value));
  if (value.is_array()) {
    for (const json& element : value) {
      AddShape(element, path + "[]", shape);
    }
  }
  if (value.is_object()) {
    for (const auto& [key, child] : value.items()) {
      if (!IsEstimate(value) || !interval.contains(key)) {
        AddShape(child, path + "." + (NamedMaps().contains(path) ? "*" : key), shape);
      }
    }
  }
}

Shape ShapeOf(const json& value) {
  Shape shape;
  AddShape(value, "", shape);
  return shape;
}

std::string Lines(const Shape& shape) {
  std::string lines;
  for (const auto& [path, types] : shape) {
    lines += path.empty() ? "." : path;
    for (const std::string& type : types) {
      lines += " " + type;
    }
    lines += "\n";
  }
  return lines;
}

// Whether `path` lies below one that is always null in `shape`, so that nothing is known of it.
bool IsBelowNull(const std::string& path, const Shape& shape) {
  for (std::size_t dot = path.rfind('.'); dot != std::string::npos && dot > 0;
       dot = path.rfind('.', dot - 1)) {
    const auto at = shape.find(path.substr(0, dot));
    if (at != shape.end() && at->second == std::set<std::string>{"null"}) {
      return true;
    }
  }
  return false;
}

// What render.h lists as beyond the contract's example, which additions leave at /1.
bool IsAddition(const std::string& path) {
  static const std::set<std::string> additions = {".pairs[].by.agent",
                                                  ".energy_class",
                                                  ".findings",
                                                  ".attention",
                                                  ".settings",
                                                  ".pairs[].spread",
                                                  ".pairs[].sensors",
                                                  ".pairs[].gaps",
                                                  ".pairs[].by.difficulty",
                                                  ".pairs[].seconds_per_correct",
                                                  ".pairs[].usd_per_correct",
                                                  ".pairs[].weighted_coverage",
                                                  ".pairs[].parameters",
                                                  ".pairs[].released",
                                                  ".pairs[].price",
                                                  ".pairs[].devices",
                                                  ".comparisons[].queries",
                                                  ".comparisons[].joules_per_correct_ratio",
                                                  ".comparisons[].ipw_ratio_per_device",
                                                  ".comparisons[].ipj_ratio_per_device",
                                                  ".difficulty",
                                                  ".trend",
                                                  ".routing",
                                                  ".weights"};
  return std::any_of(additions.begin(), additions.end(), [&](const std::string& addition) {
    return path == addition || path.rfind(addition + ".", 0) == 0 ||
           path.rfind(addition + "[", 0) == 0;
  });
}

bool CanBeAlike(const std::set<std::string>& a, const std::set<std::string>& b) {
  std::set<std::string> types = a;
  types.insert(b.begin(), b.end());
  types.erase("null");
  return types.size() <= 1;
}

json ExampleReport() {
  return json::parse(coordinator::RenderJson(ExampleSweep().Build()));
}

std::filesystem::path ContractExample() {
  return std::filesystem::path(SharedData("")) / ".." / "contract" / "report.example.json";
}

TEST(RenderJson, HasTheCommittedShape) {
  const std::string path = WF_SOURCE_DIR "/tests/data/report_shape.txt";
  const std::string preface =
      "# Every key of wattfleet.report/1 and the types of its values, by the example sweep of\n"
      "# tests/unit/coordinator/report. Made again by: WF_UPDATE_GOLDEN=1 "
      "coordinator_report_test\n";
  const std::string shape = preface + Lines(ShapeOf(ExampleReport()));
  if (std::getenv("WF_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path) << shape;
  }
  std::stringstream committed;
  committed << std::ifstream(path).rdbuf();
  EXPECT_EQ(shape, committed.str());
}

TEST(RenderJson, HasTheKeysAndTypesOfTheContractsExampleAndNamedAdditions) {
  const std::filesystem::path path = ContractExample();
  WF_SKIP_WITHOUT(path);
  const Shape contract = ShapeOf(json::parse(std::ifstream(path)));
  const Shape ours = ShapeOf(ExampleReport());
  for (const auto& [key, types] : contract) {
    const auto at = ours.find(key);
    ASSERT_NE(at, ours.end()) << "lacks " << key;
    EXPECT_TRUE(CanBeAlike(types, at->second))
        << key << ": " << Lines({{key, types}}) << " against " << Lines({{key, at->second}});
  }
  for (const auto& [key, types] : ours) {
    EXPECT_TRUE(contract.contains(key) || IsBelowNull(key, contract) || IsAddition(key))
        << "has " << key << " too";
  }
}

TEST(RenderJson, AHalfDoneSweepHasTheSameKeys) {
  FakeSweepView view;
  FakeWorkload workload;
  FillPlainWorkload(4, view, workload);
  view.pairs = {ExamplePair(1, "m", "ollama", "", "any")};
  auto report = BuildReport(view, workload, {});
  ASSERT_TRUE(report.ok());
  const Shape shape = ShapeOf(json::parse(coordinator::RenderJson(*report)));
  for (const auto& [key, types] : ShapeOf(ExampleReport())) {
    const bool is_of_a_list =
        key.find("environments[]") != std::string::npos ||
        key.find("agents[]") != std::string::npos || key.find(".*") != std::string::npos ||
        key.find("comparisons[]") != std::string::npos ||
        key.find("order[]") != std::string::npos || key.find("members[]") != std::string::npos;
    if (!is_of_a_list && !IsAddition(key) && !IsBelowNull(key, shape)) {
      EXPECT_TRUE(shape.contains(key)) << key;
    }
  }
}

TEST(RenderJson, AbsentIsNullAndNeverZero) {
  const json report = ExampleReport();
  const json& cpu = report["pairs"][2];
  EXPECT_TRUE(cpu["ipw"].is_null());
  EXPECT_TRUE(cpu["energy"]["joules_per_query"].is_null());
  EXPECT_TRUE(cpu["cost_usd_per_query"].is_null());
  EXPECT_TRUE(cpu["build"]["quantization"].is_null());
  EXPECT_TRUE(cpu["tokens"]["reasoning_mean"].is_null());
  EXPECT_EQ(cpu["energy"]["status"], "modelled");
  EXPECT_EQ(cpu["modelled"]["joules_per_query"]["value"], 6);
  EXPECT_TRUE(cpu["latency_seconds"]["p99"].is_number());
}

TEST(RenderJson, ShowsSumsOfMeansAsFractions) {
  FakeSweepView view;
  FakeWorkload workload;
  FillPlainWorkload(1, view, workload);
  view.pairs = {ExamplePair(1, "m", "ollama", "", "any")};
  view.pairs[0].spec.repetitions = 2;
  view.results[{1}] = {ExampleResult(0, VerdictValue::kCorrect),
                       ExampleResult(1, VerdictValue::kWrong)};
  auto report = BuildReport(view, workload, {});
  ASSERT_TRUE(report.ok());
  const json pair = json::parse(coordinator::RenderJson(*report))["pairs"][0];
  EXPECT_EQ(pair["queries"], 1);
  EXPECT_EQ(pair["correct"], 0.5);
}

TEST(RenderJson, SurvivesTextThatIsNotUtf8) {
  coordinator::Report report;
  report.sweep_name = "a\xff";
  EXPECT_TRUE(json::accept(coordinator::RenderJson(report)));
}

}  // namespace
}  // namespace wattfleet::testing
