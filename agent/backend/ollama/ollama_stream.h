#ifndef WF_AGENT_BACKEND_OLLAMA_OLLAMA_STREAM_H_
#define WF_AGENT_BACKEND_OLLAMA_OLLAMA_STREAM_H_

#include <memory>
#include <string>
#include <string_view>

#include "agent/backend/answer_stream.h"
#include "common/time/clock.h"

namespace wattfleet::agent {

// Receives one answer of /api/chat: a JSON object a line, the last one with `done`, token counts
// and durations in nanoseconds.
class OllamaStream final : public AnswerStream {
 public:
  // `clock` outlives this.
  OllamaStream(const Clock& clock, Ended ended);
  ~OllamaStream() override;

 private:
  struct Parser;

  bool Begins(char first) const override;
  void Take(std::string_view bytes, MonotonicTime at) override;
  void TakeRest(MonotonicTime at) override;
  void TakeLine(std::string_view line, MonotonicTime at);

  std::unique_ptr<Parser> parser_;
  std::string partial_line_;
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_BACKEND_OLLAMA_OLLAMA_STREAM_H_
