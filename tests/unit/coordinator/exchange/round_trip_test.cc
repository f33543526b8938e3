// A stored sweep goes out as a bundle, as rows of the reference harness, as CSV and as JSON lines,
// and comes back: the report's figures are the same.
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/trace/trace_reader.h"
#include "coordinator/exchange/bundle.h"
#include "coordinator/exchange/bundle_file.h"
#include "coordinator/exchange/export_rows.h"
#include "coordinator/exchange/ipw_export.h"
#include "coordinator/exchange/ipw_import.h"
#include "coordinator/report/build_report.h"
#include "coordinator/report/render.h"
#include "coordinator/store/data_directory.h"
#include "coordinator/store/fsck.h"
#include "coordinator/store/open_sweep_view.h"
#include "coordinator/store/sqlite.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/coordinator/exchange/lab.h"

namespace wattfleet::coordinator {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::wattfleet::testing::StatusIs;
using ::wattfleet::testing::TempDir;
using Json = nlohmann::json;

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

Json ReportOf(const std::string& data, const std::string& sweep, const std::string& energy_class) {
  const auto view = OpenSweepView(data, sweep).value();
  const auto workload = OpenWorkload(FindWorkload(data, view->sweep().workload_id).value()).value();
  const auto report = BuildReport(*view, *workload, {.energy_class = energy_class});
  EXPECT_THAT(report, ::wattfleet::testing::IsOk());
  return Json::parse(RenderJson(report.value()));
}

// Every figure of `expected` is in `actual`, to 1e-9 of it; texts and counts are the same. What
// names agents, environments and the sweep itself is left out.
void ExpectSameFigures(const Json& expected, const Json& actual, const std::string& at) {
  if (expected.is_object()) {
    for (const auto& [key, value] : expected.items()) {
      if (key == "agents" || key == "environments" || key == "id" || key == "agent" ||
          key == "sensors") {
        continue;
      }
      ASSERT_TRUE(actual.is_object() && actual.contains(key)) << at << "/" << key;
      ExpectSameFigures(value, actual.at(key), at + "/" + key);
    }
  } else if (expected.is_array()) {
    ASSERT_EQ(expected.size(), actual.size()) << at;
    for (std::size_t i = 0; i < expected.size(); ++i) {
      ExpectSameFigures(expected[i], actual[i], absl::StrCat(at, "/", i));
    }
  } else if (expected.is_number()) {
    ASSERT_TRUE(actual.is_number()) << at;
    EXPECT_NEAR(expected.get<double>(), actual.get<double>(),
                1e-9 * std::abs(expected.get<double>()))
        << at;
  } else {
    EXPECT_EQ(expected, actual) << at;
  }
}

TEST(BundleRoundTripTest, FiguresAreTheSameAndStayMeasured) {
  const Lab lab;
  const TempDir other;
  WF_ASSERT_OK(ExportBundle({.data_directory = lab.data(),
                             .sweep = "night",
                             .path = lab.Path("night.bundle"),
                             .made_by = "1"}));

  WF_ASSERT_OK_AND_ASSIGN(
      const ImportedSweep imported,
      ImportBundle({.data_directory = other.Path("data"), .paths = {lab.Path("night.bundle")}}));

  EXPECT_EQ(imported.results, kQueries * kRepetitions);
  const Json before = ReportOf(lab.data(), "night", "host");
  const Json after = ReportOf(other.Path("data"), "night", "host");
  EXPECT_EQ(before["pairs"][0]["energy"]["status"], "measured");
  EXPECT_TRUE(before["pairs"][0]["ipw"]["value"].is_number());
  for (const char* part : {"pairs", "union", "comparisons", "quality"}) {
    ExpectSameFigures(before[part], after[part], part);
  }
  EXPECT_THAT(after["pairs"][0]["agents"][0].get<std::string>(),
              ::testing::MatchesRegex("lab-[0-9a-f]{8}/agent-[0-9a-f]{8}"));
  EXPECT_THAT(*RunFsck(other.Path("data")), IsEmpty());
}

// Everything that is in a bundle: its header, its members, and their traces and bodies unpacked.
std::string Everything(const std::string& path, const TempDir& folder) {
  std::filesystem::create_directory(folder.Path("unpacked"));
  const auto bundle = ReadBundle(path, folder.Path("unpacked"));
  EXPECT_THAT(bundle, ::wattfleet::testing::IsOk());
  std::string all = ReadFile(path).substr(0, 2'000);
  for (const auto& [name, file] : bundle->members) {
    all += ReadFile(file);
  }
  std::filesystem::rename(bundle->members.at("sweep.db"),
                          SweepPath(folder.Path("unpacked"), SweepId{1}));
  const auto view = OpenSweepView(folder.Path("unpacked"), "night").value();
  const std::vector<TraceRow> traces = view->Traces().value();
  EXPECT_THAT(traces, SizeIs(1));
  for (const TraceRow& row : traces) {
    const auto trace = ReadTrace(view->Trace(row.lease).value());
    EXPECT_THAT(trace, ::wattfleet::testing::IsOk());
    EXPECT_EQ(trace->channels.size(), 4U);
    for (const TracedChannel& channel : trace->channels) {
      absl::StrAppend(&all, channel.spec.name, "\n", channel.spec.device_id, "\n");
    }
  }
  for (Unit unit = 0; unit < kQueries * kRepetitions; ++unit) {
    if (const auto body = view->Body({1}, unit); body.ok()) {
      all += UnpackBody(*body)->content;
    }
  }
  return all;
}

TEST(BundleRoundTripTest, HoldsNoNameAndNoTextUnlessAskedFor) {
  const Lab lab;
  for (const bool with_text : {false, true}) {
    const TempDir folder;
    const std::string path = lab.Path(absl::StrCat("bundle-", with_text));
    WF_ASSERT_OK(ExportBundle(
        {.data_directory = lab.data(), .sweep = "night", .path = path, .with_text = with_text}));

    const std::string all = Everything(path, folder);

    for (const char* name : {"mac-studio-3", "alices-box", kUuid, "10.0.12.7", "alices-lab",
                             "/home/alice", "0123456789ab"}) {
      EXPECT_EQ(all.find(name), std::string::npos) << name;
    }
    EXPECT_EQ(all.find(lab.folder().path()), std::string::npos);
    for (const char* text : {"secret question", "secret extract", "secret answer"}) {
      EXPECT_EQ(all.find(text) != std::string::npos, with_text) << text;
    }
  }
}

// What a wattfleet of that store version would have put into the bundle at `path`.
std::string OfVersion(std::int64_t version, const std::string& path, const TempDir& folder) {
  const std::string directory = folder.Path(absl::StrCat("of-", version));
  std::filesystem::create_directory(directory);
  const auto bundle = ReadBundle(path, directory).value();
  const auto connection = SqliteConnection::OpenWriter(bundle.members.at("sweep.db"), {}).value();
  std::string sql = absl::StrCat("PRAGMA journal_mode=DELETE; PRAGMA user_version=", version, ";");
  if (version <= 2) {
    sql += "DROP TABLE regraded;";
  }
  if (version <= 1) {
    sql +=
        "DROP TABLE trace; DROP TABLE reattributed; ALTER TABLE lease DROP COLUMN ledger_refused;"
        "ALTER TABLE result_energy DROP COLUMN baseline_id;"
        "ALTER TABLE result_energy DROP COLUMN prefill_uj;"
        "ALTER TABLE ledger DROP COLUMN baseline_id;";
  }
  WF_EXPECT_OK(connection->Execute(sql.c_str()));
  std::string made = folder.Path(absl::StrCat("of-", version, ".bundle"));
  WF_EXPECT_OK(WriteBundle(made, bundle.header,
                           {{"sweep.db", bundle.members.at("sweep.db")},
                            {"workload.db", bundle.members.at("workload.db")}}));
  return made;
}

TEST(BundleRoundTripTest, OneOfAnOlderStoreVersionIsBroughtUpToDate) {
  const Lab lab;
  const TempDir folder;
  WF_ASSERT_OK(
      ExportBundle({.data_directory = lab.data(), .sweep = "night", .path = lab.Path("bundle")}));
  const Json before = ReportOf(lab.data(), "night", "host");
  for (const std::int64_t version : {1, 2}) {
    const std::string data = folder.Path(absl::StrCat("data-", version));

    WF_ASSERT_OK(ImportBundle(
        {.data_directory = data, .paths = {OfVersion(version, lab.Path("bundle"), folder)}}));

    ExpectSameFigures(before["pairs"], ReportOf(data, "night", "host")["pairs"], "pairs");
    EXPECT_THAT(*RunFsck(data), IsEmpty());
  }
  EXPECT_THAT(ImportBundle({.data_directory = folder.Path("data-99"),
                            .paths = {OfVersion(99, lab.Path("bundle"), folder)}}),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       ::testing::AllOf(HasSubstr("store version 99"),
                                        HasSubstr("use a newer wattfleet"))));
}

TEST(BundleRoundTripTest, JudgesKeepTheirPairAndAddedVerdictsTheirGrader) {
  const Lab lab;
  const Lab earlier("apple-m4-max");
  const TempDir other;
  {
    const auto store = SqliteStore::Open(lab.data()).value();
    const JudgeTask task{.subject = {1}, .grader = "judge@1/wise", .answers = 24};
    PairSpec judge{.id = {2}, .sweep = {1}, .model = "judge wise of m", .accelerator = "any"};
    judge.n_units = JudgeUnits(task).units();
    judge.plan_hash = std::string(32, 'j');
    const ShardRecord shard{.id = {2}, .pair = {2}, .range = {.lo = 0, .hi = judge.n_units}};
    const AddedVerdict added{
        .pair = {1}, .unit = 0, .verdict = {.value = VerdictValue::kWrong, .grader = "exact"}};
    const std::vector<StoreBatch> batches = {
        {.id = 2,
         .sweep = {1},
         .ops = {InsertPair{judge, task}, InsertShard{shard}, PutVerdicts{{added}}}}};
    WF_ASSERT_OK(store->Apply(batches).status());
  }
  for (const Lab* each : {&earlier, &lab}) {
    WF_ASSERT_OK(ExportBundle(
        {.data_directory = each->data(), .sweep = "night", .path = each->Path("bundle")}));
    WF_ASSERT_OK(ImportBundle({.data_directory = other.Path("data"),
                               .paths = {each->Path("bundle")},
                               .name = each == &lab ? "judged" : "earlier"}));
  }

  const auto view = OpenSweepView(other.Path("data"), "judged").value();
  const std::vector<PairSnapshot> pairs = view->Pairs().value();
  ASSERT_EQ(pairs.size(), 2U);
  EXPECT_NE(pairs[0].spec.id, PairId{1}) << "another sweep has that id there";
  EXPECT_EQ(pairs[1].judge->subject, pairs[0].spec.id);
  std::vector<VerdictValue> by_exact;
  WF_ASSERT_OK(view->ForEachVerdict(pairs[0].spec.id, "exact", 1, [&](const VerdictRow& row) {
    by_exact.push_back(row.value);
    return absl::OkStatus();
  }));
  EXPECT_THAT(by_exact, ::testing::ElementsAre(VerdictValue::kWrong));
}

TEST(BundleRoundTripTest, SeveralLabsMakeOneSweep) {
  const Lab lab;
  const Lab other_lab("apple-m4-max");
  const TempDir data;
  for (const Lab* each : {&lab, &other_lab}) {
    WF_ASSERT_OK(ExportBundle(
        {.data_directory = each->data(), .sweep = "night", .path = each->Path("bundle")}));
  }

  WF_ASSERT_OK_AND_ASSIGN(const ImportedSweep imported,
                          ImportBundle({.data_directory = data.Path("data"),
                                        .paths = {lab.Path("bundle"), other_lab.Path("bundle")},
                                        .name = "both"}));

  EXPECT_EQ(imported.pairs, 2);
  const Json report = ReportOf(data.Path("data"), "both", "host");
  ASSERT_EQ(report["pairs"].size(), 2U);
  EXPECT_NE(report["pairs"][0]["agents"], report["pairs"][1]["agents"]);
  EXPECT_EQ(report["pairs"][0]["correct"],
            ReportOf(lab.data(), "night", "host")["pairs"][0]["correct"]);
  EXPECT_THAT(*RunFsck(data.Path("data")), IsEmpty());
  EXPECT_THAT(ImportBundle({.data_directory = data.Path("data"),
                            .paths = {lab.Path("bundle"), lab.Path("bundle")},
                            .name = "twice"}),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("both have the pair")));
  EXPECT_THAT(
      ImportBundle(
          {.data_directory = data.Path("data"), .paths = {lab.Path("bundle")}, .name = "both"}),
      StatusIs(absl::StatusCode::kAlreadyExists, HasSubstr("--name")));
  EXPECT_THAT(*ListSweeps(data.Path("data")), SizeIs(1));
}

TEST(BundleRoundTripTest, WritesNothingForADamagedBundle) {
  const Lab lab;
  const TempDir other;
  WF_ASSERT_OK(
      ExportBundle({.data_directory = lab.data(), .sweep = "night", .path = lab.Path("bundle")}));
  std::string bytes = ReadFile(lab.Path("bundle"));
  bytes[bytes.size() / 2] ^= 1;

  EXPECT_THAT(
      ImportBundle(
          {.data_directory = other.Path("data"), .paths = {lab.folder().Write("damaged", bytes)}}),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("damaged is no whole bundle")));
  EXPECT_TRUE(std::filesystem::is_empty(other.path()));
  EXPECT_THAT(
      ExportBundle({.data_directory = lab.data(), .sweep = "nigth", .path = lab.Path("none")}),
      StatusIs(absl::StatusCode::kNotFound, HasSubstr("night")));
  EXPECT_FALSE(std::filesystem::exists(lab.Path("none")));
}

absl::Status ExportIpwOf(const Lab& lab, const std::string& energy_class, const std::string& path) {
  const auto view = OpenSweepView(lab.data(), "night").value();
  const auto workload = OpenWorkload(lab.workload_path()).value();
  return ExportIpw(*view, *workload, {.path = path, .energy_class = energy_class, .version = "1"});
}

TEST(IpwRoundTripTest, FiguresAreTheSameAndEnergyIsImported) {
  const Lab lab;
  WF_ASSERT_OK(ExportIpwOf(lab, "host", lab.Path("runs")));

  WF_ASSERT_OK(
      ImportIpw({.data_directory = lab.data(), .paths = {lab.Path("runs")}, .name = "back"}));

  Json before = ReportOf(lab.data(), "night", "host")["pairs"][0];
  Json after = ReportOf(lab.data(), "back", "host")["pairs"][0];
  EXPECT_EQ(after["energy"]["status"], "imported");
  EXPECT_TRUE(after["ipw"].is_null());
  for (const char* same :
       {"queries", "completed", "correct", "wrong", "no_answer", "accuracy", "coverage",
        "latency_seconds", "ttft_seconds", "by", "flags", "truncated_share"}) {
    ExpectSameFigures(before[same], after[same], same);
  }
  for (const char* tokens : {"input_mean", "output_mean", "output_per_second"}) {
    ExpectSameFigures(before["tokens"][tokens], after["tokens"][tokens], tokens);
  }
  const auto value = [](const Json& json) {
    return json.is_object() ? json.at("value").get<double>() : json.get<double>();
  };
  EXPECT_NEAR(value(before["energy"]["joules_per_query"]),
              value(after["imported"]["joules_per_query"]),
              1e-9 * value(before["energy"]["joules_per_query"]));
  EXPECT_NEAR(value(before["power_watts"]), value(after["imported"]["power_watts"]),
              1e-9 * value(before["power_watts"]));
  EXPECT_THAT(*RunFsck(lab.data()), IsEmpty());
}

TEST(IpwRoundTripTest, RowsAndSummariesHaveTheHarnesssNames) {
  const Lab lab;
  WF_ASSERT_OK(ExportIpwOf(lab, "paper", lab.Path("runs")));
  const std::string run =
      lab.Path("runs") + "/profile_nvidia-h200_m_letters_ollama-q4-k-m_isolated";

  const std::vector<std::string> lines =
      absl::StrSplit(ReadFile(run + "/data.jsonl"), '\n', absl::SkipEmpty());
  ASSERT_EQ(static_cast<std::int64_t>(lines.size()), kQueries * kRepetitions);
  const Json row = Json::parse(lines[0]);
  const Json& metrics = row["model_metrics"]["m"];
  EXPECT_EQ(row["answer"], "B");
  EXPECT_EQ(row["model_answers"]["m"], "secret answer 0");
  EXPECT_DOUBLE_EQ(metrics["energy_metrics"]["per_query_joules"], 100.000003);
  EXPECT_EQ(metrics["energy_metrics"]["basis"], "gpu");
  EXPECT_TRUE(metrics["energy_metrics"]["cpu_per_query_joules"].is_null());
  EXPECT_DOUBLE_EQ(metrics["latency_metrics"]["total_query_seconds"], 1.234567891);
  EXPECT_DOUBLE_EQ(metrics["power_metrics"]["gpu"]["per_query_watts"]["avg"],
                   100.000003 / 1.234567891);
  EXPECT_DOUBLE_EQ(metrics["compute_metrics"]["flops_per_request"], 2 * 8e9 * 130);
  EXPECT_EQ(metrics["lm_correctness"], true);
  const Json accuracy = Json::parse(ReadFile(run + "/analysis/accuracy.json"))["summary"];
  EXPECT_EQ(accuracy["correct"], 12);
  EXPECT_EQ(accuracy["total_scored"], 24);
  EXPECT_DOUBLE_EQ(accuracy["accuracy"], 0.5);
  EXPECT_EQ(accuracy["energy_sample_count"], 24);
  EXPECT_EQ(Json::parse(ReadFile(run + "/summary.json"))["hardware_label"], "nvidia-h200");
  EXPECT_THAT(ExportIpwOf(lab, "paper", lab.Path("runs")),
              StatusIs(absl::StatusCode::kAlreadyExists, HasSubstr("runs")));
}

TEST(IpwImportTest, ReadsRowsOfTheHarnessItself) {
  const TempDir folder;
  std::filesystem::create_directory(folder.Path("run"));
  folder.Write("run/summary.json", R"({"model": "m", "hardware_label": "NVIDIA H200 x1"})");
  const std::string metrics =
      R"({"energy_metrics": {"per_query_joules": %J}, "latency_metrics": )"
      R"({"total_query_seconds": 2.0}, "token_metrics": {"input": 5, "output": -1}, )"
      R"("lm_correctness": %C, "lm_response": "r"})";
  const auto row = [&](const std::string& problem, const std::string& joules,
                       const std::string& correct) {
    std::string text = metrics;
    text.replace(text.find("%J"), 2, joules);
    text.replace(text.find("%C"), 2, correct);
    return absl::StrCat(R"({"problem": ")", problem, R"(", "answer": "a", "subject": "s", )",
                        R"("dataset_metadata": "{\"config\": {\"dataset_name\": \"mmlu\"}}", )",
                        R"("model_answers": {"m": "r"}, "model_metrics": {"m": )", text, "}}\n");
  };
  folder.Write("run/data.jsonl",
               row("p1", "10.5", "true") + row("p2", "0", "false") + row("p3", "-1", "null"));

  WF_ASSERT_OK(ImportIpw(
      {.data_directory = folder.Path("data"), .paths = {folder.Path("run")}, .name = "theirs"}));

  const Json pair = ReportOf(folder.Path("data"), "theirs", "host")["pairs"][0];
  EXPECT_EQ(pair["accelerator"], "nvidia-h200-x1");
  EXPECT_EQ(pair["correct"], 1);
  EXPECT_EQ(pair["wrong"], 1);
  EXPECT_EQ(pair["pending"], 1);
  EXPECT_EQ(pair["energy"]["status"], "imported");
  EXPECT_TRUE(pair["ipw"].is_null());
  EXPECT_NEAR(pair["imported"]["joules_per_query"].is_object()
                  ? pair["imported"]["joules_per_query"]["value"].get<double>()
                  : pair["imported"]["joules_per_query"].get<double>(),
              10.5, 1e-9);
  EXPECT_TRUE(pair["tokens"]["output_mean"].is_null());
}

TEST(IpwImportTest, NamesTheLineOfARowThatIsNoneAndWritesNothing) {
  const TempDir folder;
  const std::string good =
      R"({"problem": "p", "answer": "a", "model_metrics": {"m": {"lm_correctness": true}}})";
  const std::vector<std::pair<std::string, std::string>> files = {
      {good + "\n{\"problem\": 1}\n", "rows.jsonl:2: no ProfilingRecord"},
      {good + "\n{\n", "rows.jsonl:2: not valid JSON"},
      {good + "\n" + good, "rows.jsonl:2: the second answer of m"},
      {R"({"problem": "p", "model_metrics": {"m": {"wattfleet": {"version": 1}}}})",
       "rows.jsonl:1: its \"wattfleet\" is not what an export writes"},
      {"", "has no rows"}};
  for (const auto& [rows, message] : files) {
    EXPECT_THAT(ImportIpw({.data_directory = folder.Path("data"),
                           .paths = {folder.Write("rows.jsonl", rows)},
                           .name = "x"}),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(message)));
    EXPECT_FALSE(std::filesystem::exists(folder.Path("data")));
  }
}

// Cells of one CSV file, without line ends in a cell.
std::vector<std::vector<std::string>> Cells(const std::string& csv) {
  std::vector<std::vector<std::string>> rows;
  for (const absl::string_view line : absl::StrSplit(csv, '\n', absl::SkipEmpty())) {
    std::vector<std::string> cells(1);
    bool in_quotes = false;
    for (const char c : line) {
      if (c == '"') {
        in_quotes = !in_quotes;
      } else if (c == ',' && !in_quotes) {
        cells.emplace_back();
      } else {
        cells.back().push_back(c);
      }
    }
    rows.push_back(std::move(cells));
  }
  return rows;
}

TEST(RowExportTest, CsvAndJsonLinesReadBackAsTheSameStoredValues) {
  const Lab lab;
  const auto view = OpenSweepView(lab.data(), "night").value();
  const auto workload = OpenWorkload(lab.workload_path()).value();
  WF_ASSERT_OK(
      ExportRows(*view, *workload, {.format = RowFormat::kCsv, .path = lab.Path("rows.csv")}));
  WF_ASSERT_OK(ExportRows(*view, *workload,
                          {.format = RowFormat::kNdjson, .path = lab.Path("rows.ndjson")}));

  const auto cells = Cells(ReadFile(lab.Path("rows.csv")));
  const std::vector<std::string> lines =
      absl::StrSplit(ReadFile(lab.Path("rows.ndjson")), '\n', absl::SkipEmpty());
  ASSERT_EQ(cells.size(), lines.size() + 1);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const Json row = Json::parse(lines[i]);
    std::size_t known = 0;
    for (std::size_t column = 0; column < cells[0].size(); ++column) {
      const std::string& cell = cells[i + 1][column];
      if (cell.empty()) {
        EXPECT_FALSE(row.contains(cells[0][column])) << cells[0][column];
        continue;
      }
      ++known;
      const Json& value = row.at(cells[0][column]);
      EXPECT_EQ(cell, value.is_string() ? value.get<std::string>() : value.dump());
    }
    EXPECT_EQ(known, row.size());
    const ResultDetail detail = view->Detail({1}, static_cast<Unit>(i)).value();
    EXPECT_EQ(std::llround(row["duration_seconds"].get<double>() * 1e9), detail.row.duration_ns);
    EXPECT_EQ(std::llround(row["accelerator_joules"].get<double>() * 1e6),
              *detail.energies[0].second.gross);
    EXPECT_EQ(row["energy_status"], "measured");
    EXPECT_EQ(row["output_tokens"], *detail.row.output_tokens);
    EXPECT_FALSE(row.contains("response"));
  }
}

}  // namespace
}  // namespace wattfleet::coordinator
