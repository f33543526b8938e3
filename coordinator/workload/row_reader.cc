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

std::size_t PromptBytes(const Query& query) {
  std::size_t bytes = query.question.size();
  for (const std::string& option : query.options) {
    bytes += option.size();
  }
  return bytes;
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
  simdjson::dom::parser list_parser;  // of lists that stand in a text
  simdjson::dom::object row;
};

RowReader::RowReader(const ImportOptions& options)
    : options_(options), filters_(options.filters), json_(std::make_unique<Json>()) {}

RowReader::~RowReader() = default;

void RowReader::SetFile(const std::string& path) {
  file_stem_ = std::filesystem::path(path).filename().string();
  file_stem_ = file_stem_.substr(0, file_stem_.find('.'));
}

absl::StatusOr<RowOutcome> RowReader::Read(std::string_view line, std::int64_t number,
                                           Query& query) {
  simdjson::dom::element document;
  const simdjson::error_code error =
      json_->parser.parse(line.data(), line.size(), false).get(document);
  if (error == simdjson::UTF8_ERROR) {
    return RowOutcome{RowOutcome::Kind::kMalformed, "invalid UTF-8"};
  }
  if (error != simdjson::SUCCESS) {
    return RowOutcome{RowOutcome::Kind::kMalformed,
                      absl::StrCat("not valid JSON (", simdjson::error_message(error), ")")};
  }
  if (document.get(json_->row) != simdjson::SUCCESS) {
    return RowOutcome{RowOutcome::Kind::kMalformed, "not a JSON object"};
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
  if (std::string reason = ReadQuery(number, query); !reason.empty()) {
    return RowOutcome{RowOutcome::Kind::kUnusable, std::move(reason)};
  }
  if (!filters_.counts().empty() && filters_.Removes(query, ReadTags())) {
    return RowOutcome{RowOutcome::Kind::kFiltered, {}};
  }
  const std::size_t bytes = PromptBytes(query);
  if (bytes > static_cast<std::size_t>(options_.max_prompt_bytes)) {
    return RowOutcome{RowOutcome::Kind::kUnusable,
                      absl::StrFormat("a prompt of %d bytes is over the limit of %d", bytes,
                                      options_.max_prompt_bytes)};
  }
  return RowOutcome{};
}

std::optional<std::string> RowReader::Worked() const {
  return ColumnText(json_->row, preset_->worked);
}

// Why the row makes no query; empty when it does.
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
  if (std::optional<std::string> question = ColumnText(json_->row, preset_->question)) {
    query.question = *std::move(question);
  }
  for (std::string (RowReader::*step)(Query&) :
       {&RowReader::ReadConversation, &RowReader::ReadOptions, &RowReader::ReadAnswer}) {
    if (std::string reason = (this->*step)(query); !reason.empty()) {
      return reason;
    }
  }
  if (query.references.empty()) {
    return filters_.Has(FilterKind::kNoReference) ? "" : "no answer";
  }
  return ChooseGrader(query);
}

// The first turn of the user's, and the first answer to it, where the row has a conversation.
std::string RowReader::ReadConversation(Query& query) {
  const auto column = Column(json_->row, preset_->conversation);
  if (!column) {
    return query.question.empty() ? "no prompt" : "";
  }
  simdjson::dom::array turns;
  if (column->get(turns) != simdjson::SUCCESS) {
    return "its conversation is no list of turns";
  }
  for (const simdjson::dom::element element : turns) {
    simdjson::dom::object turn;
    if (element.get(turn) != simdjson::SUCCESS) {
      return "a turn of its conversation is no object";
    }
    const std::string role = ColumnText(turn, {"role"}).value_or("");
    std::optional<std::string> content = ColumnText(turn, {"content"});
    if (content && role == "user" && query.question.empty()) {
      query.question = *std::move(content);
    } else if (content && role == "assistant" && !query.question.empty()) {
      query.references.push_back(*std::move(content));
      break;
    }
  }
  return query.question.empty() ? "no prompt" : "";
}

// The options of one list, which may stand in a text, as columns of CSV do.
std::string RowReader::ReadOptionList(Query& query) {
  const auto column = Column(json_->row, preset_->options);
  if (!column) {
    return {};
  }
  simdjson::dom::array options;
  std::string_view text;
  bool is_list = column->get(options) == simdjson::SUCCESS;
  if (!is_list && column->get(text) == simdjson::SUCCESS && text.substr(0, 1) == "[") {
    is_list = json_->list_parser.parse(text.data(), text.size()).get(options) == simdjson::SUCCESS;
  }
  if (!is_list) {
    return column->is_string() && IsBlank(text) ? "" : "its options are no list";
  }
  for (const simdjson::dom::element option : options) {
    std::optional<std::string> option_text = ScalarText(option);
    if (!option_text) {
      return "an option is no text";
    }
    query.options.push_back(*std::move(option_text));
  }
  return {};
}

std::string RowReader::ReadOptions(Query& query) {
  if (std::string reason = ReadOptionList(query); !reason.empty()) {
    return reason;
  }
  for (const std::string& name : preset_->option_columns) {
    if (std::optional<std::string> text = ColumnText(json_->row, {name})) {
      query.options.push_back(*std::move(text));
    }
  }
  if (query.options.size() > kMostOptions) {
    return absl::StrFormat("%d options; at most %d have letters", query.options.size(),
                           kMostOptions);
  }
  return query.options.empty() && preset_->needs_options ? "no options" : "";
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
    query.references.assign(1, *std::move(text));
  }
  if (!query.references.empty() && preset_->answer_form == AnswerForm::kBehindHashes) {
    query.references[0] = BehindHashes(query.references[0]);
    return query.references[0].empty() ? "no answer behind ####" : std::string();
  }
  return {};
}

RowTags RowReader::ReadTags() const {
  const auto is_true = [](const std::optional<std::string>& text) {
    return text && (*text == "true" || *text == "True" || *text == "1");
  };
  RowTags tags{.language = ColumnText(json_->row, preset_->language),
               .is_toxic = is_true(ColumnText(json_->row, preset_->toxic))};
  simdjson::dom::array turns;
  const auto column = Column(json_->row, preset_->conversation);
  if (column && column->get(turns) == simdjson::SUCCESS) {
    for (const simdjson::dom::element element : turns) {
      simdjson::dom::object turn;
      tags.is_toxic = tags.is_toxic || (element.get(turn) == simdjson::SUCCESS &&
                                        is_true(ColumnText(turn, {"toxic"})));
    }
  }
  return tags;
}

std::string RowReader::ChooseGrader(Query& query) const {
  query.grader = options_.grader.empty() ? preset_->grader : options_.grader;
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
