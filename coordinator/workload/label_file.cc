#include "coordinator/workload/label_file.h"

#include <algorithm>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include <simdjson.h>
#include <xxhash.h>

#include "common/domain/nearest_name.h"
#include "common/status/status_macros.h"
#include "coordinator/workload/csv_reader.h"
#include "coordinator/workload/row_source.h"

namespace wattfleet::coordinator {
namespace {

constexpr char kEconomic[] = "economic";

std::pair<std::uint64_t, std::uint64_t> KeyOf(std::string_view id) {
  const XXH128_hash_t hash = XXH3_128bits(id.data(), id.size());
  return {hash.high64, hash.low64};
}

// The column of that name as text; empty when it is absent, null or no scalar.
std::string TextOf(simdjson::dom::object row, const char* column) {
  simdjson::dom::element element;
  std::string_view text;
  if (row.at_key(column).get(element) != simdjson::SUCCESS || element.is_null() ||
      element.is_array() || element.is_object()) {
    return {};
  }
  return element.get(text) == simdjson::SUCCESS ? std::string(text) : simdjson::minify(element);
}

}  // namespace

const std::vector<std::string>& EconomicLabels() {
  static const auto& labels =
      *new std::vector<std::string>{"Computer and mathematical",
                                    "Arts, design, sports, entertainment, media",
                                    "Life, physical, social science",
                                    "Education instruction and library",
                                    "Architecture and engineering",
                                    "Business and financial operations",
                                    "Healthcare practitioners and technical",
                                    "Office and administrative support",
                                    "Legal services",
                                    "Community and social service",
                                    "Transportation and material moving",
                                    "Sales and related",
                                    "Food preparation and serving",
                                    "General management",
                                    "Installation, maintenance, repair",
                                    "Farming, fishing, forestry",
                                    "Protective service",
                                    "Construction and extraction",
                                    "Healthcare support",
                                    "Production services",
                                    "Personal care and service",
                                    "Building grounds cleaning/maintenance",
                                    "None"};
  return labels;
}

absl::StatusOr<LabelFile> LabelFile::Read(const std::string& path, const std::string& label_set) {
  if (!label_set.empty() && label_set != kEconomic) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "--label-set: unknown set \"%s\"; %s", label_set, NearestText(label_set, {kEconomic})));
  }
  LabelFile file;
  simdjson::dom::parser parser;
  absl::flat_hash_map<std::string, std::uint32_t> number_of;
  const auto visit = [&](const RowText& row) -> absl::Status {
    simdjson::dom::object object;
    if (!row.malformed.empty() ||
        parser.parse(row.json.data(), row.json.size(), false).get(object) != simdjson::SUCCESS) {
      return absl::InvalidArgumentError(row.malformed.empty() ? "not a JSON object"
                                                              : row.malformed);
    }
    const std::string id = TextOf(object, "id");
    const std::string label = TextOf(object, "label");
    if (id.empty() || label.empty()) {
      return absl::InvalidArgumentError(id.empty() ? "no id" : "no label");
    }
    const std::vector<std::string>& known = EconomicLabels();
    if (!label_set.empty() && std::find(known.begin(), known.end(), label) == known.end()) {
      return absl::InvalidArgumentError(
          absl::StrFormat("unknown label \"%s\"; %s", label, NearestText(label, known)));
    }
    const auto [number, is_new] =
        number_of.emplace(label, static_cast<std::uint32_t>(file.labels_.size()));
    if (is_new) {
      file.labels_.push_back(label);
    }
    const auto [place, is_first] = file.label_of_.emplace(KeyOf(id), number->second);
    if (!is_first && place->second != number->second) {
      return absl::InvalidArgumentError(absl::StrFormat(
          "id \"%s\" has the labels \"%s\" and \"%s\"", id, file.labels_[place->second], label));
    }
    return absl::OkStatus();
  };
  WF_RETURN_IF_ERROR(ForEachRow(path, IsCsvName(path), visit).status());
  if (file.label_of_.empty()) {
    return absl::InvalidArgumentError(absl::StrFormat("%s has no labels", path));
  }
  return file;
}

const std::string* LabelFile::LabelOf(const std::string& id) const {
  const auto label = label_of_.find(KeyOf(id));
  return label == label_of_.end() ? nullptr : &labels_[label->second];
}

}  // namespace wattfleet::coordinator
