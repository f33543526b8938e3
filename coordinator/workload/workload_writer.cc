#include "coordinator/workload/workload_writer.h"

#include <cstddef>
#include <map>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "common/status/status_macros.h"
#include "coordinator/workload/content_hash.h"
#include "coordinator/workload/database.h"
#include "coordinator/workload/query_codec.h"
#include "coordinator/workload/workload_file.h"

namespace wattfleet::coordinator {
namespace {

constexpr char kEncodingLine[] = "wattfleet workload 1\n";

// Names in the order of their first use in sorted strata, and where each stratum's are.
struct NameTable {
  std::vector<std::string> names;
  std::map<std::string, std::int64_t> index;

  std::int64_t Add(const std::string& name) {
    const auto [entry, is_new] = index.emplace(name, static_cast<std::int64_t>(names.size()));
    if (is_new) {
      names.push_back(name);
    }
    return entry->second;
  }
};

absl::Status WriteNames(Database& database, std::string_view table, const NameTable& table_names) {
  WF_ASSIGN_OR_RETURN(
      DatabaseStatement insert,
      database.Prepare(absl::StrCat("INSERT INTO ", std::string(table), " VALUES (?, ?)")));
  for (std::size_t i = 0; i < table_names.names.size(); ++i) {
    WF_RETURN_IF_ERROR(insert.Bind(0, static_cast<std::int64_t>(i))
                           .Bind(1, std::string_view(table_names.names[i]))
                           .Run());
  }
  return absl::OkStatus();
}

// Inserts rows one by one and hashes them on the way.
class RowInserter {
 public:
  static absl::StatusOr<RowInserter> Open(Database& database) {
    WF_ASSIGN_OR_RETURN(DatabaseStatement query,
                        database.Prepare("INSERT INTO query VALUES (?, ?, ?, ?, ?, ?, ?, ?)"));
    WF_ASSIGN_OR_RETURN(DatabaseStatement key,
                        database.Prepare("INSERT INTO query_key VALUES (?, ?, ?, ?)"));
    return RowInserter(std::move(query), std::move(key));
  }

  absl::Status Insert(std::int64_t q, std::int64_t dataset, std::int64_t subject,
                      std::string_view bytes) {
    DecodeQuery(bytes, view_);
    options_.clear();
    answers_.clear();
    AppendJsonArray(view_.options, options_);
    AppendJsonArray(view_.references, answers_);
    WF_RETURN_IF_ERROR(query_.Bind(0, q)
                           .Bind(1, view_.id)
                           .Bind(2, dataset)
                           .Bind(3, subject)
                           .Bind(4, view_.grader)
                           .Bind(5, view_.question)
                           .Bind(6, std::string_view(options_))
                           .Bind(7, std::string_view(answers_))
                           .Run());
    return key_.Bind(0, q)
        .Bind(1, dataset)
        .Bind(2, subject)
        .Bind(3, static_cast<std::int64_t>(view_.options.size()))
        .Run();
  }

 private:
  RowInserter(DatabaseStatement query, DatabaseStatement key)
      : query_(std::move(query)), key_(std::move(key)) {}

  DatabaseStatement query_;
  DatabaseStatement key_;
  QueryView view_;
  std::string options_;
  std::string answers_;
};

absl::Status WriteMeta(Database& database, const DraftFacts& facts, const std::string& id,
                       std::size_t queries) {
  WF_ASSIGN_OR_RETURN(DatabaseStatement insert, database.Prepare("INSERT INTO meta VALUES (?, ?)"));
  const std::vector<std::pair<std::string, std::string>> entries = {
      {"id", id},
      {"name", facts.name},
      {"preset", facts.preset},
      {"queries", absl::StrCat(queries)},
      {"seed", absl::StrCat(facts.seed)}};
  for (const auto& [key, value] : entries) {
    WF_RETURN_IF_ERROR(
        insert.Bind(0, std::string_view(key)).Bind(1, std::string_view(value)).Run());
  }
  return absl::OkStatus();
}

void HashShots(const std::vector<Shot>& shots, ContentHash& hash) {
  if (shots.empty()) {
    return;
  }
  hash.Add(absl::StrCat("shots ", shots.size(), "\n"));
  for (const Shot& shot : shots) {
    std::string bytes;
    EncodeQuery(shot.query, bytes);
    hash.Add(bytes);
    hash.Add(absl::StrCat(shot.worked.size(), "\n", shot.worked));
  }
}

absl::Status WriteShots(Database& database, const std::vector<Shot>& shots, ContentHash& hash) {
  if (shots.empty()) {
    return absl::OkStatus();
  }
  HashShots(shots, hash);
  WF_ASSIGN_OR_RETURN(DatabaseStatement insert,
                      database.Prepare("INSERT INTO shot VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  std::int64_t number = 0;
  for (const Shot& shot : shots) {
    std::string bytes;
    EncodeQuery(shot.query, bytes);
    QueryView view;
    DecodeQuery(bytes, view);
    std::string options;
    std::string answers;
    AppendJsonArray(view.options, options);
    AppendJsonArray(view.references, answers);
    WF_RETURN_IF_ERROR(insert.Bind(0, number++)
                           .Bind(1, view.id)
                           .Bind(2, view.dataset)
                           .Bind(3, view.subject)
                           .Bind(4, view.grader)
                           .Bind(5, view.question)
                           .Bind(6, std::string_view(options))
                           .Bind(7, std::string_view(answers))
                           .Bind(8, std::string_view(shot.worked))
                           .Run());
  }
  return absl::OkStatus();
}

// Writes datasets, subjects and strata; returns the (dataset, subject) numbers of each stratum.
absl::StatusOr<std::vector<std::pair<std::int64_t, std::int64_t>>> WriteStrata(
    Database& database, const std::vector<DatasetCount>& strata) {
  NameTable datasets;
  NameTable subjects;
  std::vector<std::pair<std::int64_t, std::int64_t>> numbers;
  for (const DatasetCount& stratum : strata) {
    numbers.emplace_back(datasets.Add(stratum.dataset), subjects.Add(stratum.subject));
  }
  WF_RETURN_IF_ERROR(WriteNames(database, "dataset", datasets));
  WF_RETURN_IF_ERROR(WriteNames(database, "subject", subjects));
  WF_ASSIGN_OR_RETURN(DatabaseStatement insert,
                      database.Prepare("INSERT INTO stratum VALUES (?, ?, ?)"));
  for (std::size_t i = 0; i < strata.size(); ++i) {
    WF_RETURN_IF_ERROR(insert.Bind(0, numbers[i].first)
                           .Bind(1, numbers[i].second)
                           .Bind(2, strata[i].queries)
                           .Run());
  }
  return numbers;
}

}  // namespace

absl::StatusOr<std::string> WriteWorkload(const std::string& path, const DraftFacts& facts,
                                          const std::vector<DatasetCount>& strata,
                                          const std::vector<OrderedRow>& order, RowSpool& rows) {
  WF_ASSIGN_OR_RETURN(const std::unique_ptr<Database> database, Database::Create(path));
  WF_RETURN_IF_ERROR(database->Execute(std::string(kWorkloadSchema) + "BEGIN;"));
  WF_ASSIGN_OR_RETURN(const auto numbers, WriteStrata(*database, strata));
  WF_ASSIGN_OR_RETURN(RowInserter inserter, RowInserter::Open(*database));
  ContentHash hash;
  hash.Add(kEncodingLine);
  hash.Add(absl::StrCat(order.size(), "\n"));
  std::int64_t q = 0;
  for (const OrderedRow& row : order) {
    WF_ASSIGN_OR_RETURN(const std::string_view bytes, rows.Read(row.row));
    hash.Add(bytes);
    const auto& [dataset, subject] = numbers[row.stratum];
    WF_RETURN_IF_ERROR(inserter.Insert(q++, dataset, subject, bytes));
  }
  WF_RETURN_IF_ERROR(WriteShots(*database, facts.shots, hash));
  const std::string id = "sha256:" + hash.Finish();
  WF_RETURN_IF_ERROR(WriteMeta(*database, facts, id, order.size()));
  WF_RETURN_IF_ERROR(database->Execute("COMMIT; CREATE UNIQUE INDEX query_id ON query(id);"));
  return id;
}

absl::StatusOr<std::string> ContentIdOf(const Workload& workload) {
  ContentHash hash;
  hash.Add(kEncodingLine);
  hash.Add(absl::StrCat(workload.facts().queries, "\n"));
  std::string bytes;
  for (std::int64_t q = 0; q < workload.facts().queries; ++q) {
    WF_ASSIGN_OR_RETURN(const Query query, workload.Get(q));
    bytes.clear();
    EncodeQuery(query, bytes);
    hash.Add(bytes);
  }
  HashShots(workload.shots(), hash);
  return "sha256:" + hash.Finish();
}

}  // namespace wattfleet::coordinator
