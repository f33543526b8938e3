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
    for (std::uint64_t n = random_.Below(8) + 1; n > 0; --n) {
      Change(input);
    }
    return input;
  }

 private:
  const std::string& Any() { return corpus_[random_.Below(corpus_.size())]; }
  void Change(std::string& input) {
    static constexpr std::string_view kPieces[] = {"-",
                                                   "0",
                                                   "nan",
                                                   "inf",
                                                   "1e999",
                                                   "\n",
                                                   "<",
                                                   ">",
                                                   "\"",
                                                   "{",
                                                   "[",
                                                   "\0",
                                                   "\f",
                                                   "\t",
                                                   "e-",
                                                   "99999999999999999999",
                                                   "null",
                                                   "true",
                                                   "</plist>",
                                                   "</dict>",
                                                   "<key>elapsed_ns</key>"};
    const std::size_t at = random_.Below(input.size() + 1);
    const std::size_t length = std::min<std::size_t>(random_.Below(9), input.size() - at);
    switch (random_.Below(5)) {
      case 0:
        input.erase(at, length);
        break;
      case 1:
        input.insert(at, kPieces[random_.Below(std::size(kPieces))]);
        break;
      case 2:
        input.insert(at, input.substr(at, length));
        break;
      case 3:
        input = input.substr(0, at) + Any().substr(0, random_.Below(64));
        break;
      default:
        if (at < input.size()) {
          input[at] = static_cast<char>(random_.Below(256));
        }
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
