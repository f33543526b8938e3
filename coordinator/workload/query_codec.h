#ifndef WF_COORDINATOR_WORKLOAD_QUERY_CODEC_H_
#define WF_COORDINATOR_WORKLOAD_QUERY_CODEC_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "common/domain/query.h"

namespace wattfleet::coordinator {

// A query's fields as views into its canonical encoding.
struct QueryView {
  std::string_view id;
  std::string_view dataset;
  std::string_view subject;
  std::string_view grader;
  std::string_view question;
  std::vector<std::string_view> options;
  std::vector<std::string_view> references;
};

// Appends the canonical encoding, the one that a workload's hash is taken over: id, dataset,
// subject, grader, question, then options and references each behind their count; texts and counts
// lead with eight bytes, little endian. `q` is no part of it: the order of rows is.
void EncodeQuery(const Query& query, std::string& bytes);

// Reads what EncodeQuery wrote; aborts on anything else, for such bytes never leave the import.
void DecodeQuery(std::string_view bytes, QueryView& query);

// A JSON string of the text, which must be UTF-8.
void AppendJsonText(std::string_view text, std::string& json);
// A JSON array of the texts, which must be UTF-8.
void AppendJsonArray(const std::vector<std::string_view>& texts, std::string& json);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_WORKLOAD_QUERY_CODEC_H_
