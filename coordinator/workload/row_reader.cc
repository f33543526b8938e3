#include "coordinator/workload/row_reader.h"

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include <simdjson.h>

#include "common/status/status_macros.h"

namespace wattfleet::coordinator {
namespace {

constexpr std::size_t kMostOptions = 26;
constexpr std::size_t kLongestId = 1024;
constexpr std::string_view kHashes = "####";

// The text of a scalar as it was written; nothing for null, lists and objects.
std::optional<std::string> ScalarText(simdjson::dom::element element) {
  std::string_view text;
  if (element.get(text) == simdjson::SUCCESS) {
    return std::string(text);
  }
  if (element.is_null() || element.is_array() || element.is_object()) {
    return std::nullopt;
  }
  return simdjson::minify(element);
}

bool IsBlank(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return absl::ascii_isspace(static_cast<unsigned char>(c)); });
}

// The column of the first of these names that the row has and that is not null.
std::optional<simdjson::dom::element> Column(simdjson::dom::object row,
                                             const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    simdjson::dom::element element;
    if (row.at_key(name).get(element) == simdjson::SUCCESS && !element.is_null()) {
      return element;
    }
  }
  return std::nullopt;
}

std::optional<std::string> ColumnText(simdjson::dom::object row,
                                      const std::vector<std::string>& names) {
  const auto column = Column(row, names);
  std::optional<std::string> text = column ? ScalarText(*column) : std::nullopt;
  return text && IsBlank(*text) ? std::nullopt : text;
}

// "1,234", "$5", "50%", "-3.5", "3/4".
bool IsNumber(std::string_view text) {
  std::string plain;
  for (const char c : text) {
    if (c != ',' && c != '$' && c != '%' && c != ' ') {
      plain.push_back(c);
    }
  }
  const std::size_t slash = plain.find('/');
  if (slash != std::string::npos) {
    return IsNumber(plain.substr(0, slash)) &&
           plain.find_first_not_of("0123456789", slash + 1) == std::string::npos &&
           slash + 1 < plain.size();
  }
  double value = 0;
  return plain.find_first_not_of("+-.0123456789eE") == std::string::npos &&
         absl::SimpleAtod(plain, &value);
}

std::string BehindHashes(std::string_view worked) {
  const std::size_t at = worked.rfind("####");
  return at == std::string_view::npos ? std::string()
                                      : std::string(absl::StripAsciiWhitespace(absl::string_view(
                                            worked.data() + at + 4, worked.size() - at - 4)));
}

// The letter of the option that an answer names, by its letter or its text; 0 when none.
char LetterOf(const std::string& answer, const std::vector<std::string>& options) {
  const std::string stripped(absl::StripAsciiWhitespace(answer));
  const char letter =
      stripped.size() == 1 ? absl::ascii_toupper(static_cast<unsigned char>(stripped[0])) : '\0';
  const bool in_range = letter >= 'A' && static_cast<std::size_t>(letter - 'A') < options.size();
  if (in_range && letter == stripped[0]) {
    return letter;
  }
  const auto same = std::find(options.begin(), options.end(), answer);
  if (same != options.end()) {
    return static_cast<char>('A' + (same - options.begin()));
  }
  return in_range ? letter : '\0';
}

// The beginning of a text, cut between characters, for messages.
std::string Excerpt(const std::string& text) {
  constexpr std::size_t kLongest = 40;
  if (text.size() <= kLongest) {
    return text;
  }
  std::size_t end = kLongest;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) {
    --end;
  }
  return text.substr(0, end) + "...";
}

}  // namespace

struct RowReader::Json {
  simdjson::dom::parser parser;
  simdjson::dom::object row;
};

std::size_t RowPadding() {
  return simdjson::SIMDJSON_PADDING;
}

RowReader::RowReader(const ImportOptions& options)
    : options_(options), json_(std::make_unique<Json>()) {}

RowReader::~RowReader() = default;

void RowReader::SetFile(const std::string& path) {
  file_stem_ = std::filesystem::path(path).filename().string();
  file_stem_ = file_stem_.substr(0, file_stem_.find('.'));
}

absl::StatusOr<std::vector<std::string>> RowReader::SplitDocument(const std::string& document) {
  simdjson::dom::element root;
  const simdjson::error_code error = json_->parser.parse(document).get(root);
  if (error != simdjson::SUCCESS) {
    return absl::InvalidArgumentError(
        absl::StrFormat("not valid JSON (%s)", simdjson::error_message(error)));
  }
  simdjson::dom::array list;
  bool found = root.get(list) == simdjson::SUCCESS;
  simdjson::dom::object object;
  if (root.get(object) == simdjson::SUCCESS) {
    for (const simdjson::dom::key_value_pair member : object) {
      found = found || member.value.get(list) == simdjson::SUCCESS;
    }
  }
  if (!found) {
    return absl::InvalidArgumentError("the JSON document holds no list of rows");
  }
  std::vector<std::string> rows;
  for (const simdjson::dom::element row : list) {
    rows.push_back(simdjson::minify(row));
  }
  return rows;
}

absl::StatusOr<std::string> RowReader::Read(std::string_view line, std::int64_t number,
                                            Query& query) {
  simdjson::dom::element document;
  const simdjson::error_code error =
      json_->parser.parse(line.data(), line.size(), false).get(document);
  if (error == simdjson::UTF8_ERROR) {
    return std::string("invalid UTF-8");
  }
  if (error != simdjson::SUCCESS) {
    return absl::StrCat("not valid JSON (", simdjson::error_message(error), ")");
  }
  if (document.get(json_->row) != simdjson::SUCCESS) {
    return std::string("not a JSON object");
  }
  if (!preset_) {
    FirstRow first;
    for (const simdjson::dom::key_value_pair column : json_->row) {
      first.columns.emplace_back(column.key);
    }
    const std::string answer = ColumnText(json_->row, {"answer"}).value_or("");
    first.has_hashes = answer.find(kHashes) != std::string::npos;
    WF_ASSIGN_OR_RETURN(preset_, ChoosePreset(options_.preset, options_.map, first, options_.name));
  }
  return ReadQuery(number, query);
}

std::string RowReader::ReadQuery(std::int64_t number, Query& query) {
  query = Query();
  query.dataset = ColumnText(json_->row, preset_->dataset).value_or(preset_->default_dataset);
  const std::string& default_subject = preset_->subject_from_file ? file_stem_ : query.dataset;
  query.subject = ColumnText(json_->row, preset_->subject).value_or(default_subject);
  std::optional<std::string> id = ColumnText(json_->row, preset_->id);
  query.id = id ? *std::move(id) : absl::StrCat(preset_->default_dataset, "-", number);
  if (query.id.size() > kLongestId) {
    return absl::StrFormat("its id is longer than %d bytes", kLongestId);
  }
  std::optional<std::string> question = ColumnText(json_->row, preset_->question);
  if (!question) {
    return "no prompt";
  }
  query.question = *std::move(question);
  for (std::string (RowReader::*step)(Query&) : {&RowReader::ReadOptions, &RowReader::ReadAnswer}) {
    if (std::string reason = (this->*step)(query); !reason.empty()) {
      return reason;
    }
  }
  return ChooseGrader(query);
}

std::string RowReader::ReadOptions(Query& query) {
  std::size_t bytes = query.question.size();
  if (const auto column = Column(json_->row, preset_->options)) {
    simdjson::dom::array options;
    if (column->get(options) != simdjson::SUCCESS) {
      return "its options are no list";
    }
    for (const simdjson::dom::element option : options) {
      std::optional<std::string> text = ScalarText(option);
      if (!text) {
        return "an option is no text";
      }
      bytes += text->size();
      query.options.push_back(*std::move(text));
    }
  }
  if (query.options.size() > kMostOptions) {
    return absl::StrFormat("%d options; at most %d have letters", query.options.size(),
                           kMostOptions);
  }
  if (query.options.empty() && preset_->needs_options) {
    return "no options";
  }
  if (bytes > static_cast<std::size_t>(options_.max_prompt_bytes)) {
    return absl::StrFormat("a prompt of %d bytes is over the limit of %d", bytes,
                           options_.max_prompt_bytes);
  }
  return {};
}

std::string RowReader::ReadAnswer(Query& query) {
  const auto column = Column(json_->row, preset_->answer);
  simdjson::dom::array aliases;
  if (column && column->get(aliases) == simdjson::SUCCESS) {
    for (const simdjson::dom::element alias : aliases) {
      if (std::optional<std::string> text = ScalarText(alias); text && !IsBlank(*text)) {
        query.references.push_back(*std::move(text));
      }
    }
  } else if (std::optional<std::string> text = ColumnText(json_->row, preset_->answer)) {
    query.references.push_back(*std::move(text));
  }
  if (query.references.empty()) {
    return "no answer";
  }
  if (preset_->answer_form == AnswerForm::kBehindHashes) {
    query.references[0] = BehindHashes(query.references[0]);
    return query.references[0].empty() ? "no answer behind ####" : std::string();
  }
  return {};
}

std::string RowReader::ChooseGrader(Query& query) const {
  query.grader = options_.grader;
  const bool all_numbers = std::all_of(query.references.begin(), query.references.end(), IsNumber);
  if (query.grader.empty()) {
    query.grader = !query.options.empty() ? "mcq" : all_numbers ? "numeric" : "exact";
  }
  if (query.grader == "numeric" && !all_numbers) {
    return absl::StrFormat("the answer \"%s\" is no number", Excerpt(query.references[0]));
  }
  if (query.grader != "mcq" && query.grader != "mcq_first") {
    return {};
  }
  if (query.options.empty()) {
    return "no options";
  }
  const char letter =
      query.references.size() == 1 ? LetterOf(query.references[0], query.options) : '\0';
  if (letter == '\0') {
    return absl::StrFormat("the answer \"%s\" is none of the %d options",
                           Excerpt(query.references[0]), query.options.size());
  }
  query.references[0].assign(1, letter);
  return {};
}

}  // namespace wattfleet::coordinator
