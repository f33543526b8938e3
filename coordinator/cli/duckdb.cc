#include "coordinator/cli/duckdb.h"

#include <array>
#include <chrono>
#include <cstring>
#include <fstream>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"

#include "common/status/status_macros.h"

namespace wattfleet::coordinator {
namespace {

constexpr std::chrono::hours kPatience{1};

std::string Quoted(const std::string& path) {
  return absl::StrCat("'", absl::StrReplaceAll(path, {{"'", "''"}}), "'");
}

absl::Status RunDuckdb(ProcessLauncher& launcher, const std::string& file, const std::string& sql) {
  auto child =
      launcher.Launch({.argv = {"duckdb", "-batch", "-c",
                                absl::StrCat("SET memory_limit='1GB'; SET threads=2; ",
                                             "SET preserve_insertion_order=true; ", sql)}});
  WF_RETURN_IF_ERROR(child.status());
  if (!(*child)->WaitForExit(kPatience)) {
    return absl::UnavailableError(absl::StrFormat("%s: duckdb has not ended in an hour", file));
  }
  const ProcessExit exit = *(*child)->exit();
  if (exit.code == 0) {
    return absl::OkStatus();
  }
  const std::string said = LastLine((*child)->OutputTail());
  return absl::InvalidArgumentError(absl::StrFormat("%s: duckdb %s%s", file, ExitText(exit),
                                                    said.empty() ? std::string() : ": " + said));
}

}  // namespace

bool IsParquet(const std::string& path) {
  std::array<char, 4> magic{};
  std::ifstream file(path, std::ios::binary);
  return file.read(magic.data(), magic.size()) && std::memcmp(magic.data(), "PAR1", 4) == 0;
}

absl::Status ParquetToJsonLines(ProcessLauncher& launcher, const std::string& parquet,
                                const std::string& json_lines) {
  const absl::Status done =
      RunDuckdb(launcher, parquet,
                absl::StrFormat("COPY (SELECT * FROM read_parquet(%s)) TO %s (FORMAT json);",
                                Quoted(parquet), Quoted(json_lines)));
  return !absl::IsNotFound(done)
             ? done
             : absl::FailedPreconditionError(absl::StrFormat(
                   "%s is Parquet, which is read through the program duckdb, and it is not "
                   "installed; this makes JSON lines of it: python3 -c \"import pandas; "
                   "pandas.read_parquet('%s').to_json('%s.jsonl', orient='records', lines=True)\"",
                   parquet, parquet, parquet));
}

absl::Status JsonLinesToParquet(ProcessLauncher& launcher, const std::string& json_lines,
                                const std::string& parquet) {
  const absl::Status done =
      RunDuckdb(launcher, parquet,
                absl::StrFormat("COPY (SELECT * FROM read_json(%s, format='newline_delimited', "
                                "sample_size=-1)) TO %s (FORMAT parquet, COMPRESSION zstd);",
                                Quoted(json_lines), Quoted(parquet)));
  return !absl::IsNotFound(done)
             ? done
             : absl::FailedPreconditionError(
                   "Parquet is written through the program duckdb, and it is not installed; "
                   "export --format ndjson and convert that: python3 -c \"import pandas; "
                   "pandas.read_json('FILE.ndjson', lines=True).to_parquet('FILE.parquet')\"");
}

}  // namespace wattfleet::coordinator
