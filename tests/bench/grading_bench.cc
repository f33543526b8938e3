// Graders on one core. With the published recordings installed: real answers; else made-up ones of
// the same size. Run: build/release/bin/grading_bench
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <simdjson.h>

#include "coordinator/grading/grader.h"
#include "coordinator/workload/line_reader.h"
#include "tests/support/shared_data.h"

namespace wattfleet::coordinator {
namespace {

std::vector<std::string> RecordedAnswers(const std::string& path) {
  std::vector<std::string> answers;
  auto stream = OpenByteStream(path);
  if (!stream.ok()) {
    return {"We refer to Wikipedia articles on business ethics for help. " + std::string(300, 'x') +
            " The answer is (I).\n\n"};
  }
  LineReader reader(*std::move(stream), simdjson::SIMDJSON_PADDING);
  simdjson::dom::parser parser;
  for (Line line; reader.Next(line).value_or(false);) {
    answers.emplace_back(
        parser.parse(line.text.data(), line.text.size(), false)["response"].get_string().value());
  }
  return answers;
}

void GradeAll(benchmark::State& state, const std::string& grader_name,
              const std::vector<std::string>& answers, const Query& query) {
  const Grader* grader = *FindGrader(grader_name);
  std::int64_t graded = 0;
  std::int64_t bytes = 0;
  for (auto _ : state) {
    const std::string& answer = answers[static_cast<std::size_t>(graded) % answers.size()];
    benchmark::DoNotOptimize(grader->Grade(query, answer));
    ++graded;
    bytes += static_cast<std::int64_t>(answer.size());
  }
  state.SetItemsProcessed(graded);
  state.SetBytesProcessed(bytes);
}

void Mcq(benchmark::State& state, const std::string& model) {
  Query query;
  query.options.assign(10, "an option of some length, as they are");
  query.references = {"B"};
  const auto answers =
      RecordedAnswers(::wattfleet::testing::SharedData("mmlu-pro/outputs/" + model + ".jsonl.gz"));
  GradeAll(state, "mcq", answers, query);
}
BENCHMARK_CAPTURE(Mcq, gemini, "gemini-1.5-pro-002");
BENCHMARK_CAPTURE(Mcq, llama_8b, "llama-3.1-8b-instruct");
BENCHMARK_CAPTURE(Mcq, mistral_7b, "mistral-7b-instruct-v0.2");
BENCHMARK_CAPTURE(Mcq, qwen_7b, "qwen1.5-7b-chat");

const std::vector<std::string>& Worked() {
  static const auto& answers = *new std::vector<std::string>{
      "Janet sells 16 - 3 - 4 = <<16-3-4=9>>9 duck eggs a day.\nShe makes 9 * 2 = $<<9*2=18>>18 "
      "every day at the farmer's market.\nThe answer is 18."};
  return answers;
}

void Numeric(benchmark::State& state) {
  Query query;
  query.references = {"18"};
  GradeAll(state, "numeric", Worked(), query);
}
BENCHMARK(Numeric);

void Exact(benchmark::State& state) {
  Query query;
  query.references = {"True"};
  GradeAll(state, "exact", Worked(), query);
}
BENCHMARK(Exact);

void Math(benchmark::State& state, const std::string& answer, const std::string& reference) {
  Query query;
  query.references = {reference};
  GradeAll(state, "math",
           {"We solve for x step by step.\nHence the answer is \\boxed{" + answer + "}."}, query);
}
BENCHMARK_CAPTURE(Math, fraction, "\\frac{6}{8}", "\\frac{3}{4}");
BENCHMARK_CAPTURE(Math, root, "\\frac{1}{\\sqrt{3}-1}", "\\frac{\\sqrt{3}+1}{2}");
BENCHMARK_CAPTURE(Math, polynomial, "(2x-1)(3x+4)", "6x^2+5x-4");
BENCHMARK_CAPTURE(Math, interval, "[-\\sqrt{8},\\infty)", "x \\ge -2\\sqrt{2}");

void McqOnALongResponse(benchmark::State& state) {
  std::string response;
  while (response.size() < 700 * 1024) {
    response += "Let me think about this answer a little more, with words between. ";
  }
  Query query;
  query.references = {"B"};
  GradeAll(state, "mcq", {response + "Answer: B"}, query);
}
BENCHMARK(McqOnALongResponse)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace wattfleet::coordinator

BENCHMARK_MAIN();
