#include "agent/backend/think_splitter.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace wattfleet::agent {

namespace {

constexpr std::string_view kSpace = " \t\r\n";

// Length of the longest end of `text` that `tag` begins with.
std::size_t HeldEnd(std::string_view text, std::string_view tag) {
  for (std::size_t n = std::min(text.size(), tag.size() - 1); n > 0; --n) {
    if (text.substr(text.size() - n) == tag.substr(0, n)) {
      return n;
    }
  }
  return 0;
}

void EmitUnlessEmpty(ThinkSplitter::Emit emit, ChunkKind kind, std::string_view text) {
  if (!text.empty()) {
    emit(kind, text);
  }
}

}  // namespace

void ThinkSplitter::Feed(std::string_view text, Emit emit) {
  if (state_ == State::kContent) {
    EmitUnlessEmpty(emit, ChunkKind::kContent, text);
    return;
  }
  held_.append(text);
  if (state_ == State::kBeforeTag) {
    Begin(emit);
  }
  if (state_ == State::kThinking) {
    Think(emit);
  }
  if (state_ == State::kAfterTag) {
    AfterThinking(emit);
  }
}

void ThinkSplitter::Begin(Emit emit) {
  const std::size_t first = held_.find_first_not_of(kSpace);
  const std::string_view begun =
      first == std::string::npos ? std::string_view() : std::string_view(held_).substr(first);
  if (begun.starts_with(kThinkOpen)) {
    held_.erase(0, first + kThinkOpen.size());
    state_ = State::kThinking;
  } else if (!kThinkOpen.starts_with(begun)) {
    state_ = State::kContent;
    emit(ChunkKind::kContent, std::exchange(held_, {}));
  }
}

void ThinkSplitter::Think(Emit emit) {
  const std::size_t close = held_.find(kThinkClose);
  if (close != std::string::npos) {
    EmitUnlessEmpty(emit, ChunkKind::kReasoning, std::string_view(held_).substr(0, close));
    held_.erase(0, close + kThinkClose.size());
    state_ = State::kAfterTag;
    return;
  }
  const std::size_t sure = held_.size() - HeldEnd(held_, kThinkClose);
  EmitUnlessEmpty(emit, ChunkKind::kReasoning, std::string_view(held_).substr(0, sure));
  held_.erase(0, sure);
}

void ThinkSplitter::AfterThinking(Emit emit) {
  const std::size_t first = held_.find_first_not_of(kSpace);
  if (first != std::string::npos) {
    state_ = State::kContent;
    emit(ChunkKind::kContent, std::string_view(held_).substr(first));
    held_.clear();
  }
}

void ThinkSplitter::Finish(Emit emit) {
  if (state_ != State::kAfterTag) {
    EmitUnlessEmpty(emit, state_ == State::kThinking ? ChunkKind::kReasoning : ChunkKind::kContent,
                    held_);
  }
  held_.clear();
}

}  // namespace wattfleet::agent
