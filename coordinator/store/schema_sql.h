#ifndef WF_COORDINATOR_STORE_SCHEMA_SQL_H_
#define WF_COORDINATOR_STORE_SCHEMA_SQL_H_

namespace wattfleet::coordinator {

// The files of coordinator/store/schema, built into the program.
extern const char* const kCatalogSchemaSql;
extern const char* const kSweepSchemaSql;
extern const char* const kSweepV1ToV2Sql;
extern const char* const kSweepV2ToV3Sql;
extern const char* const kFsckSql;

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_STORE_SCHEMA_SQL_H_
