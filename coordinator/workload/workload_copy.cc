#include "coordinator/workload/workload_copy.h"

#include <fstream>
#include <memory>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"

#include "common/status/status_macros.h"
#include "coordinator/workload/database.h"
#include "coordinator/workload/durable_file.h"
#include "coordinator/workload/workload.h"
#include "coordinator/workload/workload_file.h"
#include "coordinator/workload/workload_names.h"
#include "coordinator/workload/workload_writer.h"

namespace wattfleet::coordinator {
namespace {

absl::Status CopyFile(const std::string& source, TemporaryFile& target) {
  std::ifstream file(source, std::ios::binary);
  std::string block(std::size_t{1} << 20, '\0');
  while (file) {
    file.read(block.data(), static_cast<std::streamsize>(block.size()));
    WF_RETURN_IF_ERROR(
        target.Append(std::string_view(block).substr(0, static_cast<std::size_t>(file.gcount()))));
  }
  return file.eof() ? absl::OkStatus()
                    : absl::InternalError(absl::StrFormat("cannot read %s", source));
}

}  // namespace

absl::Status CopyWorkload(const std::string& source, const std::string& target, bool with_text) {
  WF_ASSIGN_OR_RETURN(const std::unique_ptr<Workload> workload, OpenWorkload(source));
  WF_ASSIGN_OR_RETURN(const std::unique_ptr<Database> database, Database::Create(target));
  const bool keeps_text = with_text && workload->facts().has_text;
  WF_RETURN_IF_ERROR(database->Execute(kWorkloadSchema));
  WF_RETURN_IF_ERROR(database->Execute(absl::StrCat(
      "ATTACH 'file:",
      absl::StrReplaceAll(source, {{"%", "%25"}, {"?", "%3f"}, {"#", "%23"}, {"'", "''"}}),
      "?immutable=1' AS source; PRAGMA trusted_schema=OFF; BEGIN;")));
  for (const char* table : {"meta", "dataset", "subject", "stratum", "query_key"}) {
    WF_RETURN_IF_ERROR(database->Execute(
        absl::StrCat("INSERT INTO main.", table, " SELECT * FROM source.", table)));
  }
  const std::string texts = keeps_text ? "question, options, answers" : "'', '[]', '[]'";
  WF_RETURN_IF_ERROR(database->Execute(absl::StrCat(
      "INSERT INTO main.query SELECT q, id, dataset, subject, grader, ", texts,
      " FROM source.query; INSERT INTO main.meta VALUES ('text', '", keeps_text ? "all" : "none",
      "') ON CONFLICT(key) DO UPDATE SET value = excluded.value;")));
  if (keeps_text && !workload->shots().empty()) {
    WF_RETURN_IF_ERROR(database->Execute("INSERT INTO main.shot SELECT * FROM source.shot"));
  }
  return database->Execute("COMMIT; CREATE UNIQUE INDEX query_id ON query(id);");
}

absl::StatusOr<std::string> ReceiveWorkload(const std::string& file,
                                            const std::string& data_directory,
                                            const std::string& name) {
  WF_ASSIGN_OR_RETURN(const std::unique_ptr<Workload> received, OpenWorkload(file));
  const std::string id = received->facts().id;
  if (!IsWorkloadId(id)) {
    return absl::InvalidArgumentError(absl::StrFormat("%s has no id of a workload", file));
  }
  if (received->facts().has_text) {
    WF_ASSIGN_OR_RETURN(const std::string content, ContentIdOf(*received));
    if (content != id) {
      return absl::InvalidArgumentError(
          absl::StrFormat("%s holds %s and says it holds %s", file, content, id));
    }
  }
  const std::string place = WorkloadPath(data_directory, id);
  const absl::StatusOr<std::unique_ptr<Workload>> present = OpenWorkload(place);
  if (!present.ok() || (!(*present)->facts().has_text && received->facts().has_text)) {
    WF_ASSIGN_OR_RETURN(TemporaryFile draft, TemporaryFile::Create(data_directory));
    WF_RETURN_IF_ERROR(CopyFile(file, draft));
    WF_RETURN_IF_ERROR(draft.Publish(place));
  }
  if (CheckWorkloadName(name).ok()) {
    WF_ASSIGN_OR_RETURN(const std::optional<std::string> taken,
                        WorkloadIdOfName(data_directory, name));
    if (!taken) {
      WF_RETURN_IF_ERROR(ClaimWorkloadName(data_directory, name, id));
    }
  }
  return id;
}

}  // namespace wattfleet::coordinator
