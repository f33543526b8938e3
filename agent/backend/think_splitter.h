#ifndef WF_AGENT_BACKEND_THINK_SPLITTER_H_
#define WF_AGENT_BACKEND_THINK_SPLITTER_H_

#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"

#include "common/domain/result.h"

namespace wattfleet::agent {

inline constexpr std::string_view kThinkOpen = "<think>";
inline constexpr std::string_view kThinkClose = "</think>";

// Divides a streamed text into reasoning, a span <think>..</think> at its very beginning, and
// content, the rest. Pieces come out as soon as it is certain what they are; the tags and the white
// space around them never do.
class ThinkSplitter {
 public:
  using Emit = absl::FunctionRef<void(ChunkKind, std::string_view)>;

  void Feed(std::string_view text, Emit emit);
  // The stream has ended: gives out what was held back.
  void Finish(Emit emit);

 private:
  enum class State { kBeforeTag, kThinking, kAfterTag, kContent };
  void Begin(Emit emit);
  void Think(Emit emit);
  void AfterThinking(Emit emit);

  State state_ = State::kBeforeTag;
  std::string held_;
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_BACKEND_THINK_SPLITTER_H_
