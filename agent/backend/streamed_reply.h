#ifndef WF_AGENT_BACKEND_STREAMED_REPLY_H_
#define WF_AGENT_BACKEND_STREAMED_REPLY_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/backend/inference_backend.h"
#include "agent/backend/think_splitter.h"
#include "common/time/clock.h"

namespace wattfleet::agent {

// What an engine says of tokens; absent = it does not say.
struct TokenCounts {
  std::optional<std::int64_t> input;
  std::optional<std::int64_t> cached;
  std::optional<std::int64_t> output;
  std::optional<std::int64_t> reasoning;
};

// Puts a streamed answer together: text, a stamp for every piece, times to the first of each kind.
// Reasoning that comes inside the content, as <think>..</think>, is told apart.
class StreamedReply {
 public:
  // About to send; forgets an earlier attempt over a connection that was dead.
  void Sending(MonotonicTime at);

  // The answer's text, or its thoughts where the engine keeps them apart. Empty text is ignored.
  void AddContent(std::string_view text, MonotonicTime at);
  void AddReasoning(std::string_view text, MonotonicTime at);
  // Later values replace earlier ones.
  void SetTokens(const TokenCounts& tokens);
  void SetDurations(const EngineDurations& durations) { durations_ = durations; }
  // How it ended, in the engine's words: stop, length, content_filter and their like.
  void SetFinish(std::string_view reason, MonotonicTime at);

  bool has_finish() const { return finish_at_.has_value(); }
  MonotonicTime sent() const { return sent_; }

  // The finished reply. `end`: when the exchange was over; used where no token came.
  InferenceReply Take(MonotonicTime end);

 private:
  struct Piece {
    MonotonicTime at{};
    ChunkKind kind = ChunkKind::kContent;
    std::size_t content_end = 0;
  };
  void AddPiece(ChunkKind kind, std::string_view text, MonotonicTime at);
  void SplitAtLateTag();
  void FillTimes(InferenceReply& reply, MonotonicTime end) const;
  void FillTokens(InferenceReply& reply) const;

  MonotonicTime sent_{};
  ThinkSplitter splitter_;
  std::vector<MonotonicTime> held_;  // arrivals whose text the splitter holds back
  std::vector<Piece> pieces_;
  std::string content_;
  std::string reasoning_;
  TokenCounts tokens_;
  EngineDurations durations_;
  Finish finish_ = Finish::kUnknown;
  std::optional<MonotonicTime> finish_at_;
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_BACKEND_STREAMED_REPLY_H_
