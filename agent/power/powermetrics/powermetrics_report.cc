#include "agent/power/powermetrics/powermetrics_report.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"

namespace wattfleet::agent {

namespace {

constexpr double kMaxMilliwatts = 1e7;
constexpr std::int64_t kMaxElapsedNs = 3'600'000'000'000;

// One element: its name, whether it opens, closes or is empty, and the text up to the next one.
struct Element {
  std::string_view name;
  bool closes = false;
  bool is_empty = false;
  std::string_view text;
};

// Walks through the elements of a document. Declarations and comments are passed over.
class ElementReader {
 public:
  explicit ElementReader(std::string_view document) : rest_(document) {}

  std::optional<Element> Next() {
    while (true) {
      const std::size_t open = rest_.find('<');
      if (open == std::string_view::npos) {
        return std::nullopt;
      }
      rest_.remove_prefix(open + 1);
      const std::size_t close = rest_.find('>');
      if (close == std::string_view::npos) {
        return std::nullopt;
      }
      std::string_view tag = rest_.substr(0, close);
      rest_.remove_prefix(close + 1);
      if (tag.empty() || tag.front() == '?' || tag.front() == '!') {
        continue;
      }
      return ElementOf(tag);
    }
  }

 private:
  Element ElementOf(std::string_view tag) const {
    Element element;
    element.closes = tag.front() == '/';
    element.is_empty = tag.back() == '/';
    tag.remove_prefix(element.closes ? 1 : 0);
    element.name = tag.substr(0, tag.find_first_of(" \t\r\n/"));
    element.text = rest_.substr(0, rest_.find('<'));
    return element;
  }

  std::string_view rest_;
};

std::optional<double> NumberOf(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) {
    return std::nullopt;
  }
  text = text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  const bool is_whole = error == std::errc() && rest == end;
  return is_whole && std::isfinite(number) && number >= 0 ? std::optional(number) : std::nullopt;
}

// Collects the values of the keys that we need, by where they stand.
class Collector {
 public:
  // `text` is the value of `key`, in the dictionary of depth 1 or in `processor` below it.
  absl::Status Take(std::string_view key, std::string_view type, std::string_view text,
                    bool in_processor) {
    if (!in_processor && key == "thermal_pressure" && type == "string") {
      report.thermal_pressure = std::string(text);
      return absl::OkStatus();
    }
    std::optional<double>* const place = in_processor ? PlaceOf(key) : ElapsedPlace(key);
    if (place == nullptr || (type != "integer" && type != "real")) {
      return absl::OkStatus();
    }
    *place = NumberOf(text);
    return *place ? absl::OkStatus()
                  : absl::InvalidArgumentError(absl::StrFormat(
                        "%s is \"%s\", not a number of at least 0", key, text.substr(0, 40)));
  }

  PowermetricsReport report;
  std::optional<double> elapsed_ns;

 private:
  std::optional<double>* ElapsedPlace(std::string_view key) {
    return key == "elapsed_ns" ? &elapsed_ns : nullptr;
  }
  std::optional<double>* PlaceOf(std::string_view key) {
    struct Place {
      std::string_view key;
      std::optional<double> PowermetricsReport::*member;
    };
    static constexpr std::array kPlaces = std::to_array<Place>({
        {"cpu_power", &PowermetricsReport::cpu_mw},
        {"gpu_power", &PowermetricsReport::gpu_mw},
        {"ane_power", &PowermetricsReport::ane_mw},
        {"combined_power", &PowermetricsReport::combined_mw},
        {"cpu_energy", &PowermetricsReport::cpu_mj},
        {"gpu_energy", &PowermetricsReport::gpu_mj},
        {"ane_energy", &PowermetricsReport::ane_mj},
    });
    for (const Place& place : kPlaces) {
      if (place.key == key) {
        return &(report.*place.member);
      }
    }
    return nullptr;
  }
};

// Where in the document the reader stands.
class Walk {
 public:
  absl::Status Visit(const Element& element, Collector& collector) {
    const bool nests = element.name == "dict" || element.name == "array";
    if (nests && !element.is_empty) {
      element.closes ? Leave() : Enter(element.name == "dict");
      key_ = {};
      return absl::OkStatus();
    }
    if (element.closes) {
      return absl::OkStatus();
    }
    if (element.name == "key") {
      key_ = element.text;
      return absl::OkStatus();
    }
    const std::string_view key = std::exchange(key_, {});
    const bool in_processor = processor_depth_ != 0 && depth_ == processor_depth_;
    if (key.empty() || element.is_empty || (depth_ != 1 && !in_processor)) {
      return absl::OkStatus();
    }
    return collector.Take(key, element.name, element.text, in_processor);
  }

 private:
  void Enter(bool is_dictionary) {
    ++depth_;
    if (depth_ == 2 && is_dictionary && key_ == "processor") {
      processor_depth_ = depth_;
    }
  }
  void Leave() {
    if (depth_ == processor_depth_) {
      processor_depth_ = 0;
    }
    depth_ = std::max(0, depth_ - 1);
  }

  int depth_ = 0;
  int processor_depth_ = 0;  // 0: not in it
  std::string_view key_;
};

std::optional<double> SumOfAll(const std::optional<double>& a, const std::optional<double>& b,
                               const std::optional<double>& c) {
  return a && b && c ? std::optional(*a + *b + *c) : std::nullopt;
}

std::optional<double> CombinedMilliwatts(const PowermetricsReport& report) {
  if (report.combined_mw) {
    return report.combined_mw;
  }
  if (const auto sum = SumOfAll(report.cpu_mw, report.gpu_mw, report.ane_mw)) {
    return sum;
  }
  const auto millijoules = SumOfAll(report.cpu_mj, report.gpu_mj, report.ane_mj);
  return millijoules ? std::optional(*millijoules * 1e9 / static_cast<double>(report.elapsed_ns))
                     : std::nullopt;
}

constexpr std::string_view kEndTag = "</plist>";

}  // namespace

absl::StatusOr<PowermetricsReport> ParsePowermetricsReport(std::string_view document) {
  ElementReader reader(document);
  Walk walk;
  Collector collector;
  while (const std::optional<Element> element = reader.Next()) {
    if (absl::Status status = walk.Visit(*element, collector); !status.ok()) {
      return status;
    }
  }
  const double elapsed_ns = collector.elapsed_ns.value_or(0);
  if (elapsed_ns < 1 || elapsed_ns > static_cast<double>(kMaxElapsedNs)) {
    return absl::InvalidArgumentError("a report without elapsed_ns");
  }
  collector.report.elapsed_ns = std::llround(elapsed_ns);
  return collector.report;
}

std::optional<std::uint64_t> CombinedNanojoules(const PowermetricsReport& report) {
  const std::optional<double> milliwatts = CombinedMilliwatts(report);
  if (!milliwatts || *milliwatts <= 0 || *milliwatts > kMaxMilliwatts) {
    return std::nullopt;
  }
  // mW x ns = 1e-3 nJ
  return static_cast<std::uint64_t>(
      std::llround(*milliwatts * static_cast<double>(report.elapsed_ns) * 1e-3));
}

bool EnergyDisagrees(const PowermetricsReport& report) {
  constexpr double kRoundedMillijoules = 3;  // 1 mJ for each of the three
  constexpr double kTolerance = 0.01;
  const auto counted = SumOfAll(report.cpu_mj, report.gpu_mj, report.ane_mj);
  const auto milliwatts = CombinedMilliwatts(report);
  if (!counted || !milliwatts) {
    return false;
  }
  const double computed = *milliwatts * static_cast<double>(report.elapsed_ns) * 1e-9;
  return std::abs(computed - *counted) > kRoundedMillijoules + kTolerance * *counted;
}

void PlistSplitter::Finish(const std::function<void(std::string_view)>& document) {
  if (is_dropping_ || pending_.size() > limit_) {
    ++dropped_;
  } else {
    document(pending_);
  }
  pending_.clear();
  searched_ = 0;
  is_dropping_ = false;
}

void PlistSplitter::Add(std::string_view bytes,
                        const std::function<void(std::string_view)>& document) {
  // In pieces, so that what is kept stays near the limit however much comes at once.
  constexpr std::size_t kPiece = 16U << 10;
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, std::min(bytes.size(), kPiece));
    const std::size_t nul = piece.find('\0');
    const std::size_t taken = std::min(nul, piece.size());
    pending_.append(piece.substr(0, taken));
    bytes.remove_prefix(taken);
    // An end tag may straddle two pieces.
    std::size_t from = searched_ < kEndTag.size() ? 0 : searched_ - kEndTag.size();
    std::size_t end = 0;
    while ((end = pending_.find(kEndTag, from)) != std::string::npos) {
      std::string after = pending_.substr(end + kEndTag.size());
      pending_.resize(end + kEndTag.size());
      Finish(document);
      pending_ = std::move(after);
      from = 0;
    }
    searched_ = pending_.size();
    if (nul < piece.size()) {
      bytes.remove_prefix(1);
      is_dropping_ = is_dropping_ || pending_.find("<plist") != std::string::npos;
      if (is_dropping_) {
        Finish(document);
      }
      pending_.clear();
      searched_ = 0;
    } else if (pending_.size() > limit_) {
      is_dropping_ = true;
      // Keeps what may be the beginning of an end tag.
      pending_.erase(0, pending_.size() - std::min(pending_.size(), kEndTag.size()));
      searched_ = 0;
    }
  }
}

}  // namespace wattfleet::agent
