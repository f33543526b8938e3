#ifndef WF_COORDINATOR_STORE_OPEN_SWEEP_VIEW_H_
#define WF_COORDINATOR_STORE_OPEN_SWEEP_VIEW_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "coordinator/store/records.h"
#include "coordinator/store/sweep_view.h"

namespace wattfleet::coordinator {

// The sweep of that name as it is stored now; later commits do not show. Takes no lock and changes
// nothing, with or without a coordinator at work. While it is open the write-ahead log of that
// sweep grows: open, read, close. NOT_FOUND names the sweeps that there are, or the directory.
absl::StatusOr<std::unique_ptr<SweepView>> OpenSweepView(const std::string& data_dir,
                                                         const std::string& sweep_name);

// Every sweep of the data directory, in id order.
absl::StatusOr<std::vector<SweepRecord>> ListSweeps(const std::string& data_dir);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_STORE_OPEN_SWEEP_VIEW_H_
