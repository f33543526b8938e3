#include "coordinator/exchange/pseudonyms.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "coordinator/workload/content_hash.h"

namespace wattfleet::coordinator {
namespace {

constexpr std::size_t kShort = 8;
constexpr std::size_t kHashDigits = 64;

bool IsWord(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c));
}
bool IsHex(char c) {
  return absl::ascii_isxdigit(static_cast<unsigned char>(c));
}

// What may stand in an address: one run of these is looked at as a whole.
bool IsAddressPart(char c) {
  return IsWord(c) || c == '.' || c == ':' || c == '-' || c == '@' || c == '_' || c == '+';
}

// 8-4-4-4-12 hex digits.
bool IsUuid(std::string_view text) {
  constexpr std::string_view kForm = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  return text.size() == kForm.size() &&
         std::equal(text.begin(), text.end(), kForm.begin(),
                    [](char c, char form) { return form == 'x' ? IsHex(c) : c == form; });
}

// Four numbers of at most 255: a driver's "535.104.05.12" is none.
bool IsIpv4(std::string_view text) {
  int groups = 1;
  int digits = 0;
  int number = 0;
  for (const char c : text) {
    if (c == '.') {
      if (digits == 0 || ++groups > 4) {
        return false;
      }
      digits = number = 0;
      continue;
    }
    number = 10 * number + (c - '0');
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c)) || ++digits > 3 || number > 255) {
      return false;
    }
  }
  return groups == 4 && digits > 0;
}

// IPv6 and MAC addresses: hex groups of at most four between colons; a time of day has only two
// colons.
bool IsColonAddress(std::string_view text) {
  const auto colons = std::count(text.begin(), text.end(), ':');
  const bool is_double = text.find("::") != std::string_view::npos;
  std::size_t digits = 0;
  bool any = false;
  for (const char c : text) {
    digits = c == ':' ? 0 : digits + 1;
    any = any || c != ':';
    if ((c != ':' && !IsHex(c)) || digits > 4) {
      return false;
    }
  }
  return any && (colons >= 3 || (is_double && colons >= 2));
}

bool IsMail(std::string_view text) {
  const std::size_t at = text.find('@');
  return at != std::string_view::npos && at > 0 && text.find('.', at) != std::string_view::npos &&
         IsWord(text.back());
}

}  // namespace

std::string Pseudonyms::Digits(std::string_view text, std::size_t length) const {
  std::string digits;
  for (int block = 0; digits.size() < length; ++block) {
    digits += ShortHash(absl::StrCat(secret_, "\n", block, "\n", std::string(text)), kHashDigits);
  }
  digits.resize(length);
  return digits;
}

std::string Pseudonyms::Lab() const {
  return absl::StrCat("lab-", Digits("lab", kShort));
}

std::string Pseudonyms::Agent(const std::string& name) const {
  if (absl::StartsWith(name, "lab-") && absl::StrContains(name, "/agent-")) {
    return name;
  }
  return absl::StrCat(Lab(), "/agent-", Digits(absl::StrCat("agent ", name), kShort));
}

void Pseudonyms::AddName(const std::string& name) {
  constexpr std::size_t kShortest = 3;
  if (name.size() >= kShortest) {
    names_.insert(name);
  }
}

void Pseudonyms::ScrubNames(std::string& text) const {
  for (const std::string& name : names_) {
    for (std::size_t at = text.find(name); at != std::string::npos;
         at = text.find(name, at + name.size())) {
      const std::size_t end = at + name.size();
      const bool is_whole =
          (at == 0 || !IsWord(text[at - 1])) && (end == text.size() || !IsWord(text[end]));
      if (is_whole) {
        text.replace(at, name.size(), Digits(name, name.size()));
      }
    }
  }
}

// Looks at every run of characters that an address may have, and, where it is none, at a UUID that
// stands in it ("GPU-1b2c...").
void Pseudonyms::ScrubAddresses(std::string& text) const {
  constexpr std::size_t kUuid = 36;
  for (std::size_t begin = 0; begin < text.size();) {
    if (!IsAddressPart(text[begin])) {
      ++begin;
      continue;
    }
    std::size_t end = begin;
    while (end < text.size() && IsAddressPart(text[end])) {
      ++end;
    }
    std::string_view run(text.data() + begin, end - begin);
    while (!run.empty() && (run.back() == '.' || (run.back() == ':' && !run.ends_with("::")))) {
      run.remove_suffix(1);
    }
    const std::string_view host = run.substr(0, run.find(':'));
    if (IsColonAddress(run) || IsMail(run)) {
      text.replace(begin, run.size(), Digits(run, run.size()));
    } else if (IsIpv4(host)) {
      text.replace(begin, host.size(), Digits(host, host.size()));
    } else {
      for (std::size_t at = begin; at + kUuid <= end; ++at) {
        const std::string_view part(text.data() + at, kUuid);
        if (IsUuid(part)) {
          std::string other = Digits(part, kUuid);
          for (const std::size_t dash : {8U, 13U, 18U, 23U}) {
            other[dash] = '-';
          }
          text.replace(at, kUuid, other);
          at += kUuid - 1;
        }
      }
    }
    begin = end;
  }
}

// What stands between `mark` and the next character that ends a host's or a folder's name.
void Pseudonyms::ScrubBehind(std::string_view mark, std::string& text) const {
  for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at)) {
    at += mark.size();
    std::size_t end = at;
    while (end < text.size() && (IsWord(text[end]) || text[end] == '.' || text[end] == '-' ||
                                 text[end] == '_' || text[end] == '@')) {
      ++end;
    }
    text.replace(at, end - at, Digits(std::string_view(text).substr(at, end - at), end - at));
  }
}

std::string Pseudonyms::Scrub(std::string_view text) const {
  std::string scrubbed(text);
  ScrubNames(scrubbed);
  ScrubAddresses(scrubbed);
  for (const std::string_view mark : {"://", "/home/", "/Users/", "\\Users\\"}) {
    ScrubBehind(mark, scrubbed);
  }
  return scrubbed;
}

}  // namespace wattfleet::coordinator
