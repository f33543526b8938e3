#ifndef WF_COMMON_PROCESS_COMMAND_LINE_H_
#define WF_COMMON_PROCESS_COMMAND_LINE_H_

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace wattfleet {

// Takes a command apart as a POSIX shell would: blanks separate words, 'single' and "double" quotes
// and backslashes keep them together. Nothing else means anything: no variables, no patterns, no
// redirection. INVALID_ARGUMENT: an open quote, a backslash at the end, no word at all.
absl::StatusOr<std::vector<std::string>> SplitCommand(std::string_view command);

// Splits a command and then puts `values` in for {name}, so that a value with blanks stays in its
// word. A brace that no lower-case name in braces begins stands for itself. INVALID_ARGUMENT names
// what there is for an unknown name.
absl::StatusOr<std::vector<std::string>> ExpandCommand(
    std::string_view command, const std::map<std::string, std::string>& values);

}  // namespace wattfleet

#endif  // WF_COMMON_PROCESS_COMMAND_LINE_H_
