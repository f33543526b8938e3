#ifndef WF_COORDINATOR_EXCHANGE_IPW_RECORD_H_
#define WF_COORDINATOR_EXCHANGE_IPW_RECORD_H_

#include <string>

#include "coordinator/exchange/exported_result.h"

namespace wattfleet::coordinator {

// One ProfilingRecord with one ModelMetrics, as a line of JSON without its end. `energy_class` says
// what the result's energy is.
std::string IpwRecord(const ExportedResult& result, const std::string& energy_class);

// "gpu" for class paper on a discrete accelerator, "soc" for it on an Apple chip or a module, else
// the class.
std::string IpwBasis(const ExportedResult& result, const std::string& energy_class);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_EXCHANGE_IPW_RECORD_H_
