#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include <nlohmann/json.hpp>

#include "coordinator/audit/reattribute.h"
#include "coordinator/report/text_table.h"

namespace wattfleet::coordinator {

namespace {

using Json = nlohmann::ordered_json;

double Joules(Microjoules energy) {
  return static_cast<double>(energy) * 1e-6;
}

std::string Change(Microjoules stored, Microjoules again) {
  return stored == 0 ? std::string(kNoValue)
                     : absl::StrFormat("%+.3f %%", 100 * (Joules(again) / Joules(stored) - 1));
}

double PerResult(Microjoules energy, std::int64_t results) {
  return results == 0 ? 0 : Joules(energy) / static_cast<double>(results);
}

std::string Summary(const PairReattribution& pair, bool is_same_method) {
  std::string text = absl::StrFormat("%s: %d results of %d leases recomputed", pair.pair,
                                     pair.results, pair.leases);
  if (is_same_method) {
    absl::StrAppendFormat(&text, "; %d of %d energies and %d of %d ledgers identical",
                          pair.identical, pair.energies, pair.identical_ledgers, pair.ledgers);
  }
  text += "\n";
  if (pair.not_replayed > 0) {
    absl::StrAppend(&text, "  ", pair.not_replayed,
                    " energies settled after their trace was cut\n");
  }
  if (pair.untraced > 0) {
    absl::StrAppend(&text, "  ", pair.untraced, " measured results have no trace\n");
  }
  if (pair.class_results > 0) {
    absl::StrAppendFormat(&text, "  class %s: %.6f J/query stored, %.6f recomputed (%s)\n",
                          pair.energy_class, PerResult(pair.class_stored, pair.class_results),
                          PerResult(pair.class_again, pair.class_results),
                          Change(pair.class_stored, pair.class_again));
  }
  return text;
}

TextTable ChannelTable(const Reattribution& result) {
  TextTable table{.title = "By channel, over the results that have both",
                  .columns = {{.title = "pair", .names_row = true},
                              {.title = "channel", .names_row = true},
                              {.title = "results"},
                              {.title = "stored J"},
                              {.title = "recomputed J"},
                              {.title = "change"}},
                  .rows = {}};
  for (const PairReattribution& pair : result.pairs) {
    for (const ChannelComparison& channel : pair.channels) {
      table.rows.push_back({pair.pair, channel.channel, absl::StrCat(channel.results),
                            absl::StrFormat("%.6f", Joules(channel.stored)),
                            absl::StrFormat("%.6f", Joules(channel.again)),
                            Change(channel.stored, channel.again)});
    }
  }
  return table;
}

Json PairJson(const PairReattribution& pair) {
  Json json = {{"pair", pair.pair},
               {"leases", pair.leases},
               {"results", pair.results},
               {"energies", pair.energies},
               {"identical", pair.identical},
               {"not_replayed", pair.not_replayed},
               {"untraced_results", pair.untraced},
               {"ledgers", pair.ledgers},
               {"identical_ledgers", pair.identical_ledgers}};
  json["class"] = nullptr;
  if (pair.class_results > 0) {
    json["class"] = {{"name", pair.energy_class},
                     {"results", pair.class_results},
                     {"stored_joules_per_query", PerResult(pair.class_stored, pair.class_results)},
                     {"joules_per_query", PerResult(pair.class_again, pair.class_results)}};
  }
  json["channels"] = Json::array();
  for (const ChannelComparison& channel : pair.channels) {
    json["channels"].push_back({{"channel", channel.channel},
                                {"results", channel.results},
                                {"stored_uj", channel.stored},
                                {"uj", channel.again}});
  }
  return json;
}

}  // namespace

std::string RenderReattribution(const Reattribution& result, bool is_same_method) {
  std::string text =
      absl::StrFormat("%s, by %s from the traces of its leases\n", result.sweep, result.method);
  for (const PairReattribution& pair : result.pairs) {
    text += Summary(pair, is_same_method);
  }
  if (!is_same_method) {
    absl::StrAppend(&text, "\n", ToTerminal(ChannelTable(result)));
  } else {
    for (const std::string& line : result.differences) {
      absl::StrAppend(&text, "  differs: ", line, "\n");
    }
  }
  for (const std::string& line : result.problems) {
    absl::StrAppend(&text, "  not read: ", line, "\n");
  }
  if (is_same_method) {
    text += result.IsIdentical() ? "identical to what is stored, to the bit\n"
                                 : "NOT identical to what is stored\n";
  }
  return text;
}

std::string RenderReattributionJson(const Reattribution& result) {
  Json json = {{"sweep", result.sweep},
               {"method", result.method},
               {"identical", result.IsIdentical()},
               {"pairs", Json::array()},
               {"differences", result.differences},
               {"problems", result.problems}};
  for (const PairReattribution& pair : result.pairs) {
    json["pairs"].push_back(PairJson(pair));
  }
  return json.dump(2) + "\n";
}

}  // namespace wattfleet::coordinator
