#include "agent/backend/streamed_reply.h"

#include <chrono>
#include <utility>

namespace wattfleet::agent {

namespace {

std::int64_t Since(MonotonicTime from, MonotonicTime to) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(to - from).count();
}

Finish FinishOf(std::string_view reason) {
  if (reason == "length" || reason == "max_tokens") {
    return Finish::kLength;
  }
  if (reason == "content_filter") {
    return Finish::kFiltered;
  }
  return Finish::kStop;  // stop, eos, tool_calls, ...: the model ended its turn
}

}  // namespace

void StreamedReply::Sending(MonotonicTime at) {
  *this = StreamedReply();
  sent_ = at;
}

void StreamedReply::AddContent(std::string_view text, MonotonicTime at) {
  if (text.empty()) {
    return;
  }
  bool emitted = false;
  splitter_.Feed(text, [&](ChunkKind kind, std::string_view piece) {
    for (const MonotonicTime earlier : std::exchange(held_, {})) {
      AddPiece(kind, {}, earlier);
    }
    AddPiece(kind, piece, at);
    emitted = true;
  });
  if (!emitted) {
    held_.push_back(at);
  }
}

void StreamedReply::AddReasoning(std::string_view text, MonotonicTime at) {
  if (!text.empty()) {
    AddPiece(ChunkKind::kReasoning, text, at);
  }
}

void StreamedReply::AddPiece(ChunkKind kind, std::string_view text, MonotonicTime at) {
  (kind == ChunkKind::kContent ? content_ : reasoning_).append(text);
  pieces_.push_back({.at = at, .kind = kind, .content_end = content_.size()});
}

void StreamedReply::SetTokens(const TokenCounts& tokens) {
  const auto replace = [](std::optional<std::int64_t>& old, std::optional<std::int64_t> value) {
    old = value.has_value() ? value : old;
  };
  replace(tokens_.input, tokens.input);
  replace(tokens_.cached, tokens.cached);
  replace(tokens_.output, tokens.output);
  replace(tokens_.reasoning, tokens.reasoning);
}

void StreamedReply::SetFinish(std::string_view reason, MonotonicTime at) {
  finish_ = FinishOf(reason);
  finish_at_ = at;
}

InferenceReply StreamedReply::Take(MonotonicTime end) {
  splitter_.Finish([&](ChunkKind kind, std::string_view text) {
    if (held_.empty()) {
      held_.push_back(pieces_.empty() ? end : pieces_.back().at);
    }
    AddPiece(kind, text, held_.front());
    held_.erase(held_.begin());
  });
  for (const MonotonicTime at : held_) {
    AddPiece(pieces_.empty() ? ChunkKind::kContent : pieces_.back().kind, {}, at);
  }
  SplitAtLateTag();

  InferenceReply reply;
  reply.finish = finish_;
  if (finish_ == Finish::kLength) {
    reply.flags |= kFlagTruncated;
  }
  reply.engine_durations = durations_;
  FillTimes(reply, end);
  FillTokens(reply);
  reply.body.content = std::move(content_);
  reply.body.reasoning = std::move(reasoning_);
  return reply;
}

// A chat template that opens the span itself leaves only its end in the answer.
void StreamedReply::SplitAtLateTag() {
  const std::size_t close = reasoning_.empty() ? content_.find(kThinkClose) : std::string::npos;
  if (close == std::string::npos) {
    return;
  }
  const std::size_t tag_end = close + kThinkClose.size();
  for (Piece& piece : pieces_) {
    piece.kind = piece.content_end <= tag_end ? ChunkKind::kReasoning : ChunkKind::kContent;
  }
  reasoning_ = content_.substr(0, close);
  content_.erase(0, content_.find_first_not_of(" \t\r\n", tag_end));
}

void StreamedReply::FillTimes(InferenceReply& reply, MonotonicTime end) const {
  reply.sent = sent_;
  reply.done = pieces_.empty() ? finish_at_.value_or(end) : pieces_.back().at;
  reply.body.chunks.reserve(pieces_.size());
  for (const Piece& piece : pieces_) {
    const std::int64_t since = Since(sent_, piece.at);
    reply.body.chunks.push_back({since, piece.kind});
    if (!reply.ttft_ns) {
      reply.ttft_ns = since;
    }
    if (!reply.ttfo_ns && piece.kind == ChunkKind::kContent) {
      reply.ttfo_ns = since;
    }
  }
}

// Engines send a chunk per token, more or less: the best that is known where they do not count.
void StreamedReply::FillTokens(InferenceReply& reply) const {
  reply.input_tokens = tokens_.input;
  reply.cached_tokens = tokens_.cached;
  reply.output_tokens = tokens_.output;
  reply.reasoning_tokens = tokens_.reasoning;
  const bool told = tokens_.output.value_or(0) > 0 || (tokens_.output && pieces_.empty());
  if (told) {
    reply.token_source = TokenSource::kEngine;
  } else if (!pieces_.empty()) {
    reply.output_tokens = static_cast<std::int64_t>(pieces_.size());
    reply.token_source = TokenSource::kEstimated;
    reply.flags |= kFlagTokensEstimated;
  }
}

}  // namespace wattfleet::agent
