#ifndef WF_COMMON_WIRE_RESULT_WIRE_H_
#define WF_COMMON_WIRE_RESULT_WIRE_H_

#include <string>

#include "common/domain/result.h"
#include "common/wire/wire_checks.h"

namespace wattfleet::v1 {
class ResultBatch;
}  // namespace wattfleet::v1

namespace wattfleet::wire {

void ToWire(const ResultBatch& batch, v1::ResultBatch& wire);
ResultBatch FromWire(const v1::ResultBatch& wire, Checks& checks);

std::string SpoolIdBytes(const SpoolId& id);
SpoolId SpoolIdFromBytes(const std::string& bytes, Checks& checks);

}  // namespace wattfleet::wire

#endif  // WF_COMMON_WIRE_RESULT_WIRE_H_
