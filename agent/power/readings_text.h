#ifndef WF_AGENT_POWER_READINGS_TEXT_H_
#define WF_AGENT_POWER_READINGS_TEXT_H_

#include <string>

#include "agent/power/readings_file.h"

namespace wattfleet::agent {

// The lines of wattfleet.readings/1: the header's, with the names of the columns; those of one
// reading; the last one, without which the text was cut off.
std::string ReadingsHeaderText(const ReadingsHeader& header);
void AppendReading(const RecordedReading& reading, std::string& out);
std::string ReadingsEndText();

}  // namespace wattfleet::agent

#endif  // WF_AGENT_POWER_READINGS_TEXT_H_
