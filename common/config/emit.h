#ifndef WF_COMMON_CONFIG_EMIT_H_
#define WF_COMMON_CONFIG_EMIT_H_

#include <string>
#include <string_view>
#include <vector>

#include "common/config/value.h"

namespace wattfleet::config {

// For building a file in the program.
Value Null();
// Text that is read back as text, whatever it looks like.
Value Text(std::string_view text);
// A number or another word that is written as it stands.
Value Plain(std::string_view text);
Value List(std::vector<Value> items);
Value Map();
// Appends an entry; returns `map`, so that calls chain.
Value& Put(Value& map, std::string_view key, Value value);

// The file as YAML, which LoadText reads back as the same tree: "${" is escaped, control characters
// too. Short mappings and lists of scalars stand on one line.
std::string EmitYaml(const Value& root);

}  // namespace wattfleet::config

#endif  // WF_COMMON_CONFIG_EMIT_H_
