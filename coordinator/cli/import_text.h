#ifndef WF_COORDINATOR_CLI_IMPORT_TEXT_H_
#define WF_COORDINATOR_CLI_IMPORT_TEXT_H_

#include <string>

#include "coordinator/workload/import.h"

namespace wattfleet::coordinator {

// What was imported, and the rejected rows: their number and the first of them by file and line.
std::string ImportText(const ImportReport& report);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_CLI_IMPORT_TEXT_H_
