#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/synchronization/mutex.h"
#include <simdjson.h>

#include "common/status/annotate.h"
#include "common/status/status_macros.h"
#include "coordinator/workload/database.h"
#include "coordinator/workload/workload.h"
#include "coordinator/workload/workload_file.h"

namespace wattfleet::coordinator {
namespace {

constexpr std::string_view kGetSql =
    "SELECT id, dataset, subject, grader, question, options, answers FROM query WHERE q = ?";

// What one thread at a time needs to read queries.
struct QueryReader {
  std::unique_ptr<Database> database;
  DatabaseStatement get;
  simdjson::dom::parser parser;
};

absl::StatusOr<std::unique_ptr<QueryReader>> OpenReader(const std::string& path) {
  WF_ASSIGN_OR_RETURN(std::unique_ptr<Database> database, Database::OpenReadOnly(path));
  WF_ASSIGN_OR_RETURN(DatabaseStatement get, database->Prepare(kGetSql));
  return std::unique_ptr<QueryReader>(
      new QueryReader{std::move(database), std::move(get), simdjson::dom::parser()});
}

// The strings of a JSON array.
absl::Status ReadStrings(simdjson::dom::parser& parser, std::string_view json,
                         std::vector<std::string>& strings) {
  constexpr std::string_view kEmptyArray = "[]";
  if (json == kEmptyArray) {
    return absl::OkStatus();
  }
  simdjson::dom::array array;
  if (parser.parse(json.data(), json.size()).get(array) != simdjson::SUCCESS) {
    return absl::DataLossError("a list of texts is damaged");
  }
  strings.reserve(array.size());
  for (const simdjson::dom::element element : array) {
    std::string_view text;
    if (element.get(text) != simdjson::SUCCESS) {
      return absl::DataLossError("a list of texts holds something else");
    }
    strings.emplace_back(text);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> Meta(Database& database, std::string_view key) {
  WF_ASSIGN_OR_RETURN(DatabaseStatement statement,
                      database.Prepare("SELECT value FROM meta WHERE key = ?"));
  WF_ASSIGN_OR_RETURN(const bool found, statement.Bind(0, key).Step());
  if (!found) {
    return absl::DataLossError(absl::StrFormat("it lacks its %s", key));
  }
  return std::string(statement.Text(0));
}

absl::StatusOr<std::int64_t> Single(Database& database, std::string_view sql) {
  WF_ASSIGN_OR_RETURN(DatabaseStatement statement, database.Prepare(sql));
  WF_ASSIGN_OR_RETURN(const bool found, statement.Step());
  return found ? statement.Integer(0) : 0;
}

absl::StatusOr<std::vector<std::string>> Names(Database& database, std::string_view sql) {
  WF_ASSIGN_OR_RETURN(DatabaseStatement statement, database.Prepare(sql));
  std::vector<std::string> names;
  while (true) {
    WF_ASSIGN_OR_RETURN(const bool more, statement.Step());
    if (!more) {
      return names;
    }
    names.emplace_back(statement.Text(0));
  }
}

// The version must be ours and the number of rows as recorded.
absl::Status CheckShape(Database& database, std::int64_t queries) {
  WF_ASSIGN_OR_RETURN(const std::int64_t version, Single(database, "PRAGMA user_version"));
  if (version < 1 || version > kWorkloadFileVersion) {
    return absl::FailedPreconditionError(
        absl::StrFormat("it has format %d, this program reads format %d: import it again", version,
                        kWorkloadFileVersion));
  }
  for (const std::string_view sql :
       {"SELECT count(*) FROM query_key", "SELECT max(q) + 1 FROM query_key",
        "SELECT max(q) + 1 FROM query"}) {
    WF_ASSIGN_OR_RETURN(const std::int64_t rows, Single(database, sql));
    if (rows != queries) {
      return absl::DataLossError(
          absl::StrFormat("it holds %d queries and says it holds %d", rows, queries));
    }
  }
  return absl::OkStatus();
}

class SqliteWorkload final : public Workload {
 public:
  explicit SqliteWorkload(std::string path) : path_(std::move(path)) {}

  absl::Status Load() {
    WF_ASSIGN_OR_RETURN(const std::unique_ptr<Database> database, Database::OpenReadOnly(path_));
    WF_ASSIGN_OR_RETURN(facts_.id, Meta(*database, "id"));
    WF_ASSIGN_OR_RETURN(facts_.name, Meta(*database, "name"));
    WF_ASSIGN_OR_RETURN(const std::string queries, Meta(*database, "queries"));
    if (!absl::SimpleAtoi(queries, &facts_.queries)) {
      return absl::DataLossError("its number of queries is damaged");
    }
    WF_RETURN_IF_ERROR(CheckShape(*database, facts_.queries));
    WF_ASSIGN_OR_RETURN(datasets_, Names(*database, "SELECT name FROM dataset ORDER BY dataset"));
    WF_ASSIGN_OR_RETURN(subjects_, Names(*database, "SELECT name FROM subject ORDER BY subject"));
    facts_.has_text = Meta(*database, "text").value_or("") != "none";
    WF_RETURN_IF_ERROR(LoadStrata(*database));
    WF_ASSIGN_OR_RETURN(const std::int64_t version, Single(*database, "PRAGMA user_version"));
    return version < 2 ? absl::OkStatus() : LoadShots(*database);
  }

  const WorkloadFacts& facts() const override { return facts_; }
  const std::vector<std::string>& datasets() const override { return datasets_; }
  const std::vector<std::string>& subjects() const override { return subjects_; }
  const std::vector<Shot>& shots() const override { return shots_; }

  absl::StatusOr<Query> Get(std::int64_t q) const override {
    if (q < 0 || q >= facts_.queries) {
      return absl::OutOfRangeError(absl::StrFormat("workload %s has no query %d: it has %d",
                                                   facts_.name, q, facts_.queries));
    }
    WF_ASSIGN_OR_RETURN(std::unique_ptr<QueryReader> reader, Borrow());
    absl::StatusOr<Query> query = Read(*reader, q);
    reader->get.Reset();
    absl::MutexLock lock(&mutex_);
    idle_.push_back(std::move(reader));
    return query;
  }

  absl::StatusOr<std::vector<QueryKey>> Keys() const override {
    WF_ASSIGN_OR_RETURN(const std::unique_ptr<Database> database, Database::OpenReadOnly(path_));
    WF_ASSIGN_OR_RETURN(
        DatabaseStatement statement,
        database->Prepare("SELECT q, dataset, subject, options FROM query_key ORDER BY q"));
    std::vector<QueryKey> keys;
    keys.reserve(static_cast<std::size_t>(facts_.queries));
    while (true) {
      WF_ASSIGN_OR_RETURN(const bool more, statement.Step());
      if (!more) {
        return keys;
      }
      keys.push_back({.q = statement.Integer(0),
                      .dataset = static_cast<std::int32_t>(statement.Integer(1)),
                      .subject = static_cast<std::int32_t>(statement.Integer(2)),
                      .options = static_cast<std::int32_t>(statement.Integer(3))});
    }
  }

 private:
  absl::Status LoadShots(Database& database) {
    simdjson::dom::parser parser;
    WF_ASSIGN_OR_RETURN(
        DatabaseStatement statement,
        database.Prepare("SELECT id, dataset, subject, grader, question, options, answers, worked "
                         "FROM shot ORDER BY n"));
    while (true) {
      WF_ASSIGN_OR_RETURN(const bool more, statement.Step());
      if (!more) {
        return absl::OkStatus();
      }
      Shot shot{.query = {.id = std::string(statement.Text(0)),
                          .dataset = std::string(statement.Text(1)),
                          .subject = std::string(statement.Text(2)),
                          .question = std::string(statement.Text(4)),
                          .grader = std::string(statement.Text(3))},
                .worked = std::string(statement.Text(7))};
      WF_RETURN_IF_ERROR(ReadStrings(parser, statement.Text(5), shot.query.options));
      WF_RETURN_IF_ERROR(ReadStrings(parser, statement.Text(6), shot.query.references));
      if (shot.query.references.empty()) {
        return absl::DataLossError("a shot lacks its answer");
      }
      shots_.push_back(std::move(shot));
    }
  }

  absl::Status LoadStrata(Database& database) {
    WF_ASSIGN_OR_RETURN(
        DatabaseStatement statement,
        database.Prepare("SELECT d.name, s.name, queries FROM stratum JOIN dataset d USING "
                         "(dataset) JOIN subject s USING (subject) ORDER BY 1, 2"));
    while (true) {
      WF_ASSIGN_OR_RETURN(const bool more, statement.Step());
      if (!more) {
        return absl::OkStatus();
      }
      facts_.strata.push_back({.dataset = std::string(statement.Text(0)),
                               .subject = std::string(statement.Text(1)),
                               .queries = statement.Integer(2)});
    }
  }

  absl::StatusOr<std::unique_ptr<QueryReader>> Borrow() const {
    {
      absl::MutexLock lock(&mutex_);
      if (!idle_.empty()) {
        std::unique_ptr<QueryReader> reader = std::move(idle_.back());
        idle_.pop_back();
        return reader;
      }
    }
    return OpenReader(path_);
  }

  absl::StatusOr<Query> Read(QueryReader& reader, std::int64_t q) const {
    WF_ASSIGN_OR_RETURN(const bool found, reader.get.Bind(0, q).Step());
    if (!found) {
      return absl::DataLossError(absl::StrFormat("%s lacks query %d", path_, q));
    }
    const auto dataset = static_cast<std::size_t>(reader.get.Integer(1));
    const auto subject = static_cast<std::size_t>(reader.get.Integer(2));
    if (dataset >= datasets_.size() || subject >= subjects_.size()) {
      return absl::DataLossError(absl::StrFormat("%s: query %d is damaged", path_, q));
    }
    Query query{.q = q,
                .id = std::string(reader.get.Text(0)),
                .dataset = datasets_[dataset],
                .subject = subjects_[subject],
                .question = std::string(reader.get.Text(4)),
                .options = {},
                .references = {},
                .grader = std::string(reader.get.Text(3))};
    WF_RETURN_IF_ERROR(ReadStrings(reader.parser, reader.get.Text(5), query.options));
    WF_RETURN_IF_ERROR(ReadStrings(reader.parser, reader.get.Text(6), query.references));
    return query;
  }

  std::string path_;
  WorkloadFacts facts_;
  std::vector<std::string> datasets_;
  std::vector<std::string> subjects_;
  std::vector<Shot> shots_;
  mutable absl::Mutex mutex_;
  mutable std::vector<std::unique_ptr<QueryReader>> idle_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

absl::StatusOr<std::unique_ptr<Workload>> OpenWorkload(const std::string& path) {
  auto workload = std::make_unique<SqliteWorkload>(path);
  if (absl::Status status = workload->Load(); !status.ok()) {
    return absl::IsNotFound(status) ? status : Annotate(status, path);
  }
  return workload;
}

}  // namespace wattfleet::coordinator
