// Import of many generated queries: wall time, rows a second, peak memory, and the reading of
// single queries afterwards.
// Run: build/release/bin/import_bench [ROWS [BYTES_OF_A_ROW [plain|gz]]]      (1000000 1024 gz)
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "absl/strings/str_format.h"
#include <sys/resource.h>
#include <zlib.h>

#include "common/random/random.h"
#include "coordinator/workload/import.h"
#include "tests/support/temp_dir.h"

namespace wattfleet::coordinator {
namespace {

using Seconds = std::chrono::duration<double>;

double Since(std::chrono::steady_clock::time_point start) {
  return Seconds(std::chrono::steady_clock::now() - start).count();
}

std::string Row(std::int64_t number, std::size_t bytes, Random& random) {
  std::string question;
  while (question.size() + 300 < bytes) {
    question += absl::StrFormat("word%d ", random.Below(100'000));
  }
  std::string options;
  for (int i = 0; i < 10; ++i) {
    options += absl::StrFormat("%s\"option %d\"", i == 0 ? "" : ", ", random.Below(1'000'000));
  }
  return absl::StrFormat(
      "{\"id\": \"q-%d\", \"question\": \"%s\", \"options\": [%s], \"answer\": \"%c\", "
      "\"category\": \"subject %d\", \"source\": \"generated\"}\n",
      number, question, options, 'A' + static_cast<int>(random.Below(10)), random.Below(14));
}

void Generate(const std::string& path, std::int64_t rows, std::size_t bytes, bool compressed) {
  gzFile file = gzopen(path.c_str(), compressed ? "wb1" : "wbT");
  Random random(1);
  for (std::int64_t i = 0; i < rows; ++i) {
    const std::string row = Row(i, bytes, random);
    gzwrite(file, row.data(), static_cast<unsigned>(row.size()));
  }
  gzclose(file);
}

// Of the whole process, user and system.
double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double PeakMebibytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

void ReadQueries(const Workload& workload, const char* order, std::int64_t reads, bool in_order) {
  Random random(2);
  const auto start = std::chrono::steady_clock::now();
  std::size_t bytes = 0;
  for (std::int64_t i = 0; i < reads; ++i) {
    const auto queries = static_cast<std::uint64_t>(workload.facts().queries);
    const auto q = static_cast<std::int64_t>(in_order ? static_cast<std::uint64_t>(i) % queries
                                                      : random.Below(queries));
    bytes += workload.Get(q).value().question.size();
  }
  std::printf("get, %s: %.2f us a query (%zu bytes)\n", order,
              1e6 * Since(start) / static_cast<double>(reads), bytes);
}

int Main(std::int64_t rows, std::size_t bytes, bool compressed) {
  const ::wattfleet::testing::TempDir directory;
  const std::string file = directory.Path("rows");
  Generate(file, rows, bytes, compressed);
  std::printf("file: %d rows, %.0f MiB on disk; peak memory so far %.0f MiB\n",
              static_cast<int>(rows),
              static_cast<double>(std::filesystem::file_size(file)) / (1 << 20), PeakMebibytes());

  const double cpu_before = CpuSeconds();
  const auto start = std::chrono::steady_clock::now();
  const auto report = ImportWorkload({.data_directory = directory.Path("store"),
                                      .name = "generated",
                                      .preset = "mmlu-pro",
                                      .files = {file}});
  const double seconds = Since(start);
  const double cpu_seconds = CpuSeconds() - cpu_before;
  if (!report.ok()) {
    std::printf("%s\n", report.status().ToString().c_str());
    return 1;
  }
  std::printf(
      "import: %.1f s (%.1f s of CPU), %.0f rows/s, peak memory %.0f MiB, %.0f MiB written\n",
      seconds, cpu_seconds, static_cast<double>(rows) / seconds, PeakMebibytes(),
      static_cast<double>(std::filesystem::file_size(report->path)) / (1 << 20));

  const auto opening = std::chrono::steady_clock::now();
  const auto workload = OpenWorkload(report->path);
  std::printf("open: %.1f ms\n", 1e3 * Since(opening));
  ReadQueries(**workload, "in order", 200'000, true);
  ReadQueries(**workload, "anywhere", 200'000, false);
  const auto keys = std::chrono::steady_clock::now();
  const auto count = (*workload)->Keys().value().size();
  std::printf("keys: %.0f ms for %zu\n", 1e3 * Since(keys), count);
  return 0;
}

}  // namespace
}  // namespace wattfleet::coordinator

int main(int argc, char** argv) {
  const std::int64_t rows = argc > 1 ? std::atoll(argv[1]) : 1'000'000;
  const auto bytes = static_cast<std::size_t>(argc > 2 ? std::atoll(argv[2]) : 1024);
  return wattfleet::coordinator::Main(rows, bytes, argc <= 3 || std::string(argv[3]) == "gz");
}
