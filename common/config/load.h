#ifndef WF_COMMON_CONFIG_LOAD_H_
#define WF_COMMON_CONFIG_LOAD_H_

#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"

#include "common/config/value.h"

namespace wattfleet::config {

// What ${NAME} stands for; nothing when NAME is not set.
using Variables = std::function<std::optional<std::string>(const std::string& name)>;

// The process's environment.
Variables ProcessEnvironment();

// Reads one YAML (hence also JSON) document and expands ${NAME} and ${NAME:-default} in its scalars
// ("$${" is a literal "${"). Expansion happens after parsing, so that a variable can never change
// the file's structure. INVALID_ARGUMENT as "origin:line:column: message": bad syntax, invalid
// UTF-8, a key given twice, an unset variable, a second document, more than 64 levels or 200,000
// nodes.
absl::StatusOr<Document> LoadText(const std::string& text, const std::string& origin,
                                  const Variables& variables = ProcessEnvironment());

// Likewise from a file of at most 16 MiB. NOT_FOUND names the nearest file of its directory.
absl::StatusOr<Document> LoadFile(const std::string& path,
                                  const Variables& variables = ProcessEnvironment());

}  // namespace wattfleet::config

#endif  // WF_COMMON_CONFIG_LOAD_H_
