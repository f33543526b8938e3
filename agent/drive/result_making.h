#ifndef WF_AGENT_DRIVE_RESULT_MAKING_H_
#define WF_AGENT_DRIVE_RESULT_MAKING_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/backend/inference_backend.h"
#include "common/domain/result.h"
#include "common/time/clock.h"

namespace wattfleet::agent {

// What the driver knows of a request beside its reply.
struct RequestRecord {
  Unit unit = 0;
  MonotonicTime scheduled{};
  std::int64_t sent_unix_ms = 0;
  double in_flight_mean = 1;
  std::int32_t concurrency = 0;  // of the condition; 0 = isolated
  Flags flags = 0;
};

// The result of a reply that ends its unit, without energy. A recording's own duration stands for
// the measured one.
Result MakeResult(const RequestRecord& record, InferenceReply reply);

// The body as it is stored. One that compresses to over kBodyZstdBytesMax loses the end of its text
// (`was_cut`), its chunk stamps last.
std::string PackWithinLimit(ResponseBody body, bool& was_cut);

}  // namespace wattfleet::agent

#endif  // WF_AGENT_DRIVE_RESULT_MAKING_H_
