#ifndef WF_COORDINATOR_STORE_SQLITE_SCHEMA_H_
#define WF_COORDINATOR_STORE_SQLITE_SCHEMA_H_

#include <cstdint>
#include <span>

#include "absl/status/status.h"

#include "coordinator/store/sqlite.h"

namespace wattfleet::coordinator {

// Brings a file of version `from` to version from + 1. Steps that were released never change.
struct SchemaStep {
  std::int64_t from = 0;
  const char* sql = nullptr;
};

// What a kind of file looks like now, and how older ones get there.
struct Schema {
  const char* sql = nullptr;
  std::int64_t version = 0;
  std::span<const SchemaStep> steps;
};

const Schema& CatalogSchema();
const Schema& SweepSchema();

// For the writer: creates the tables in an empty file, and brings an older file up to date, each
// step in a transaction of its own, after a copy to PATH.v<version>. INVALID_ARGUMENT when another
// program made the file, FAILED_PRECONDITION when a newer wattfleet did.
absl::Status PrepareSchema(SqliteConnection& connection, const Schema& schema);

// For a reader: as above, but FAILED_PRECONDITION for an older file too, and NOT_FOUND for an empty
// one.
absl::Status CheckSchema(SqliteConnection& connection, const Schema& schema);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_STORE_SQLITE_SCHEMA_H_
