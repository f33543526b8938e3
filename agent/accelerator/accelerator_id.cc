#include "agent/accelerator/accelerator_id.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"

namespace wattfleet::agent {

namespace {

// Lower-case words of [a-z0-9]; whatever else stands between them. Trademark signs are no words.
std::vector<std::string> Words(std::string_view text) {
  std::string plain = absl::AsciiStrToLower(std::string(text));
  plain = absl::StrReplaceAll(plain, {{"(r)", " "}, {"(tm)", " "}, {"(c)", " "}});
  for (char& c : plain) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) {
      c = ' ';
    }
  }
  return absl::StrSplit(plain, ' ', absl::SkipEmpty());
}

// Removes each word that `is_noise` says is none of the device's name.
template <typename Predicate>
std::vector<std::string> Without(std::vector<std::string> words, Predicate is_noise) {
  words.erase(std::remove_if(words.begin(), words.end(), is_noise), words.end());
  return words;
}

bool IsDigits(std::string_view word) {
  return !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
    return std::isdigit(static_cast<unsigned char>(c)) != 0;
  });
}

// "12th" of "12th Gen Intel Core".
bool IsOrdinal(std::string_view word) {
  return word.size() > 2 && IsDigits(word.substr(0, word.size() - 2)) &&
         IsDigits(word.substr(0, 1)) && word.substr(word.size() - 2) == "th";
}

// The device's own number of "VENDOR:DEVICE" behind `prefix`.
std::string DeviceNumberId(const std::string& prefix, std::string_view pci_id) {
  const std::size_t colon = pci_id.find(':');
  return colon == std::string_view::npos
             ? prefix
             : absl::StrCat(prefix, "-",
                            absl::AsciiStrToLower(std::string(pci_id.substr(colon + 1))));
}

}  // namespace

std::string NvidiaAcceleratorId(std::string_view name) {
  const std::vector<std::string> words =
      Without(Words(name), [](const std::string& word) { return word == "nvidia"; });
  std::string id = absl::StrJoin(words, "-");
  // Boards that NVML names by their memory, by what people call them.
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kKnown = {{
      {"h100-80gb-hbm3", "h100-sxm-80gb"},
      {"h100-80gb-hbm2e", "h100-pcie-80gb"},
      {"h100-pcie", "h100-pcie-80gb"},
      {"a100-sxm4-80gb", "a100-sxm-80gb"},
      {"a100-sxm4-40gb", "a100-sxm-40gb"},
  }};
  for (const auto& [reported, known] : kKnown) {
    if (id == reported) {
      id = std::string(known);
    }
  }
  return id.empty() ? "nvidia-gpu" : absl::StrCat("nvidia-", id);
}

std::string AmdAcceleratorId(std::string_view name, std::string_view pci_id) {
  std::vector<std::string> words = Without(Words(name), [](const std::string& word) {
    return word == "amd" || word == "advanced" || word == "micro" || word == "devices" ||
           word == "inc";
  });
  if (words.empty()) {
    return DeviceNumberId("amd-gpu", pci_id);
  }
  return absl::StrCat("amd-", absl::StrJoin(words, "-"));
}

std::string IntelGpuAcceleratorId(std::string_view pci_id) {
  return DeviceNumberId("intel-gpu", pci_id);
}

std::string CpuAcceleratorId(std::string_view model_name, std::string_view machine) {
  const std::string name(model_name.substr(0, model_name.find('@')));
  std::vector<std::string> words = Words(name);
  // "AMD EPYC 7763 64-Core Processor", "AMD Ryzen 7 7840U w/ Radeon 780M Graphics".
  const auto with = std::find(words.begin(), words.end(), "w");
  const auto core = std::find(words.begin(), words.end(), "core");
  if (core != words.begin() && core != words.end() && IsDigits(*std::prev(core))) {
    words.erase(std::prev(core), words.end());
  } else if (with != words.end()) {
    words.erase(with, words.end());
  }
  words = Without(std::move(words), [](const std::string& word) {
    return word == "cpu" || word == "processor" || word == "gen" || IsOrdinal(word);
  });
  if (words.empty()) {
    words = Words(machine);
  }
  return words.empty() ? "cpu-unknown" : absl::StrCat("cpu-", absl::StrJoin(words, "-"));
}

std::string AppleAcceleratorId(std::string_view brand, std::optional<int> gpu_cores,
                               std::optional<std::uint64_t> memory_bytes) {
  std::vector<std::string> words = Words(brand);
  if (gpu_cores) {
    words.push_back(absl::StrCat(*gpu_cores, "c"));
  }
  if (memory_bytes) {
    words.push_back(absl::StrCat(*memory_bytes >> 30, "gb"));
  }
  return absl::StrJoin(words, "-");
}

std::string GroupAcceleratorId(const std::string& id, std::size_t devices) {
  return devices > 1 ? absl::StrCat(id, "-x", devices) : id;
}

std::string CpuModelName(std::string_view cpuinfo) {
  for (const char* key : {"model name", "Model"}) {
    for (const absl::string_view line :
         absl::StrSplit(absl::string_view(cpuinfo.data(), cpuinfo.size()), '\n')) {
      const std::vector<std::string> parts = absl::StrSplit(line, absl::MaxSplits(':', 1));
      if (parts.size() == 2 && absl::StripAsciiWhitespace(parts[0]) == key) {
        return std::string(absl::StripAsciiWhitespace(parts[1]));
      }
    }
  }
  return "";
}

}  // namespace wattfleet::agent
