#ifndef WF_COORDINATOR_CONFIG_MODEL_YAML_H_
#define WF_COORDINATOR_CONFIG_MODEL_YAML_H_

#include <optional>
#include <string>

#include "common/config/section.h"
#include "common/domain/pair.h"
#include "coordinator/plan/sweep_file.h"

namespace wattfleet::coordinator {

// Reads a `generation:` mapping; keys that are absent leave `generation` as it is.
void ReadGeneration(config::Section& s, Generation& generation);

// Reads one entry of `models:`. `generation` is the sweep's, which the model may override;
// `directory` is where relative paths begin.
ModelEntry ReadModel(const config::Value& value, const Generation& generation,
                     const std::string& directory, config::Problems& problems);

// Reads `grading: {judge: ...}`: the keys of a serve entry, the judge's own, and `fallback`, which
// has the same keys but `rule`: one rule decides for all pairs.
void ReadJudges(config::Section& s, const std::string& directory, std::optional<JudgeEntry>& judge,
                std::optional<JudgeEntry>& fallback);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_CONFIG_MODEL_YAML_H_
