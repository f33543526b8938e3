#include "coordinator/workload/query_codec.h"

#include <cstdint>

#include "common/check/check.h"

namespace wattfleet::coordinator {
namespace {

constexpr std::size_t kCountBytes = 8;

void AppendCount(std::size_t count, std::string& bytes) {
  for (std::size_t i = 0; i < kCountBytes; ++i) {
    bytes.push_back(static_cast<char>((std::uint64_t{count} >> (8 * i)) & 0xff));
  }
}

void AppendText(std::string_view text, std::string& bytes) {
  AppendCount(text.size(), bytes);
  bytes.append(text);
}

void AppendTexts(const std::vector<std::string>& texts, std::string& bytes) {
  AppendCount(texts.size(), bytes);
  for (const std::string& text : texts) {
    AppendText(text, bytes);
  }
}

std::size_t TakeCount(std::string_view& bytes) {
  WF_CHECK(bytes.size() >= kCountBytes);
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < kCountBytes; ++i) {
    count |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  }
  bytes.remove_prefix(kCountBytes);
  return static_cast<std::size_t>(count);
}

std::string_view TakeText(std::string_view& bytes) {
  const std::size_t size = TakeCount(bytes);
  WF_CHECK(bytes.size() >= size);
  const std::string_view text = bytes.substr(0, size);
  bytes.remove_prefix(size);
  return text;
}

void TakeTexts(std::string_view& bytes, std::vector<std::string_view>& texts) {
  texts.resize(TakeCount(bytes));
  for (std::string_view& text : texts) {
    text = TakeText(bytes);
  }
}

}  // namespace

void EncodeQuery(const Query& query, std::string& bytes) {
  AppendText(query.id, bytes);
  AppendText(query.dataset, bytes);
  AppendText(query.subject, bytes);
  AppendText(query.grader, bytes);
  AppendText(query.question, bytes);
  AppendTexts(query.options, bytes);
  AppendTexts(query.references, bytes);
}

void DecodeQuery(std::string_view bytes, QueryView& query) {
  query.id = TakeText(bytes);
  query.dataset = TakeText(bytes);
  query.subject = TakeText(bytes);
  query.grader = TakeText(bytes);
  query.question = TakeText(bytes);
  TakeTexts(bytes, query.options);
  TakeTexts(bytes, query.references);
  WF_CHECK(bytes.empty());
}

void AppendJsonText(std::string_view text, std::string& json) {
  constexpr char kHex[] = "0123456789abcdef";
  json.push_back('"');
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      json.push_back('\\');
      json.push_back(c);
    } else if (static_cast<unsigned char>(c) < 0x20) {
      json.append("\\u00");
      json.push_back(kHex[(c >> 4) & 0xf]);
      json.push_back(kHex[c & 0xf]);
    } else {
      json.push_back(c);
    }
  }
  json.push_back('"');
}

void AppendJsonArray(const std::vector<std::string_view>& texts, std::string& json) {
  json.push_back('[');
  for (const std::string_view text : texts) {
    if (json.back() != '[') {
      json.push_back(',');
    }
    AppendJsonText(text, json);
  }
  json.push_back(']');
}

}  // namespace wattfleet::coordinator
