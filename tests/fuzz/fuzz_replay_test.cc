// Every target with its corpus, and with mutations of it that are the same at each run: what a
// build without libFuzzer can do. `tests/fuzz/fuzz.py` runs them with libFuzzer.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "common/random/random.h"
#include "tests/fuzz/fuzz_targets.h"

namespace wattfleet::testing {
namespace {

std::vector<std::string> Corpus(const std::string& target) {
  std::vector<std::string> paths;
  for (const auto& entry :
       std::filesystem::directory_iterator(WF_SOURCE_DIR "/tests/fuzz/corpus/" + target)) {
    paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> inputs;
  for (const std::string& path : paths) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    inputs.push_back(std::move(text).str());
  }
  return inputs;
}

class Mutator {
 public:
  explicit Mutator(std::vector<std::string> corpus) : corpus_(std::move(corpus)) {}

  std::string Next() {
    std::string input = Any();
    for (std::uint64_t n = random_.Below(4) + 1; n > 0; --n) {
      Change(input);
    }
    return input;
  }

 private:
  const std::string& Any() { return corpus_[random_.Below(corpus_.size())]; }
  void Change(std::string& input) {
    const std::size_t at = random_.Below(input.size() + 1);
    const std::size_t length = std::min<std::size_t>(random_.Below(9), input.size() - at);
    switch (random_.Below(16)) {
      case 0:
        input.erase(at, length);
        break;
      case 1:
        input.insert(at, input.substr(at, length));
        break;
      case 2:
        input = input.substr(0, at) + Any().substr(0, random_.Below(64));
        break;
      case 3:
      case 4:
        if (at < input.size()) {
          input[at] = static_cast<char>(random_.Below(256));
        }
        break;
      case 5:
      case 6:
        input.insert(at, Piece());
        break;
      default:
        ReplaceNumber(at, input);
    }
  }
  std::string_view Piece() {
    static constexpr std::string_view kPieces[] = {"-",
                                                   "0",
                                                   "\n",
                                                   "<",
                                                   ">",
                                                   "\"",
                                                   "{",
                                                   "[",
                                                   std::string_view("\0", 1),
                                                   "\f",
                                                   "\t",
                                                   "e-",
                                                   "E+",
                                                   "null",
                                                   "</plist>",
                                                   "</dict>",
                                                   "<key>elapsed_ns</key>"};
    return kPieces[random_.Below(std::size(kPieces))];
  }
  // The first number from `at` on becomes one that is none, or none that may be.
  void ReplaceNumber(std::size_t at, std::string& input) {
    static constexpr std::string_view kNumbers[] = {"-1",
                                                    "-0.5",
                                                    "nan",
                                                    "-nan",
                                                    "inf",
                                                    "-inf",
                                                    "1e999",
                                                    "-1e999",
                                                    "1e-400",
                                                    "",
                                                    "null",
                                                    "0x10",
                                                    "99999999999999999999",
                                                    "-9223372036854775808",
                                                    "18446744073709551615"};
    const std::size_t from = input.find_first_of("0123456789", at);
    if (from != std::string::npos) {
      const std::size_t to = std::min(input.find_first_not_of("0123456789.", from), input.size());
      input.replace(from, to - from, kNumbers[random_.Below(std::size(kNumbers))]);
    }
  }

  const std::vector<std::string> corpus_;
  Random random_{20'260'101};
};

class FuzzReplayTest : public ::testing::TestWithParam<FuzzTarget> {};

TEST_P(FuzzReplayTest, TheCorpusAndItsMutationsBreakNoRule) {
  constexpr int kMutations = 20'000;
  const std::vector<std::string> corpus = Corpus(GetParam().name);
  ASSERT_GE(corpus.size(), 2U);
  for (const std::string& input : corpus) {
    GetParam().run(input);
  }
  Mutator mutator(corpus);
  for (int i = 0; i < kMutations; ++i) {
    GetParam().run(mutator.Next());
  }
}

INSTANTIATE_TEST_SUITE_P(Fuzz, FuzzReplayTest, ::testing::ValuesIn(FuzzTargets()),
                         [](const auto& target) { return std::string(target.param.name); });

}  // namespace
}  // namespace wattfleet::testing
