#include "common/wire/body.h"

#include <memory>
#include <utility>

#include "absl/strings/str_format.h"
#include <google/protobuf/arena.h>
#include <xxhash.h>
#include <zstd.h>

#include "wattfleet/v1/types.pb.h"

#include "common/wire/utf8.h"

namespace wattfleet {

namespace {

// Level 1: an agent that replays packs tens of thousands of bodies a second.
constexpr int kLevel = 1;

struct FreeCompressor {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};
struct FreeDecompressor {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

ZSTD_CCtx* ThreadCompressor() {
  thread_local const std::unique_ptr<ZSTD_CCtx, FreeCompressor> context(ZSTD_createCCtx());
  return context.get();
}

ZSTD_DCtx* ThreadDecompressor() {
  thread_local const std::unique_ptr<ZSTD_DCtx, FreeDecompressor> context(ZSTD_createDCtx());
  return context.get();
}

std::string Compress(std::string_view bytes) {
  std::string zstd(ZSTD_compressBound(bytes.size()), '\0');
  const std::size_t size = ZSTD_compressCCtx(ThreadCompressor(), zstd.data(), zstd.size(),
                                             bytes.data(), bytes.size(), kLevel);
  zstd.resize(size);  // cannot fail: the bound is the bound
  zstd.shrink_to_fit();
  return zstd;
}

std::string TextOf(const std::string& text) {
  return IsUtf8(text) ? text : ToUtf8(text);
}

absl::StatusOr<std::size_t> DeclaredSize(std::string_view zstd, std::size_t limit) {
  const unsigned long long declared = ZSTD_getFrameContentSize(zstd.data(), zstd.size());
  if (declared == ZSTD_CONTENTSIZE_ERROR || declared == ZSTD_CONTENTSIZE_UNKNOWN) {
    return absl::InvalidArgumentError("response body is not a zstd frame of declared size");
  }
  if (declared > limit) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "response body would take %d bytes, over the limit of %d", declared, limit));
  }
  return static_cast<std::size_t>(declared);
}

absl::StatusOr<std::vector<ChunkStamp>> ChunksOf(const v1::ResponseBody& wire) {
  const auto& kinds = wire.chunk_kinds();
  if (kinds.size() != static_cast<std::size_t>(wire.chunk_delta_ns_size())) {
    return absl::InvalidArgumentError("response body has unequal numbers of chunk times and kinds");
  }
  std::vector<ChunkStamp> chunks;
  chunks.reserve(kinds.size());
  std::uint64_t at = 0;  // unsigned: sums of hostile differences wrap instead of overflowing
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    at += static_cast<std::uint64_t>(wire.chunk_delta_ns(static_cast<int>(i)));
    chunks.push_back({.since_sent_ns = static_cast<std::int64_t>(at),
                      .kind = kinds[i] == 1 ? ChunkKind::kReasoning : ChunkKind::kContent});
  }
  return chunks;
}

}  // namespace

std::string PackBody(const ResponseBody& body) {
  google::protobuf::Arena arena;
  auto* wire = google::protobuf::Arena::CreateMessage<v1::ResponseBody>(&arena);
  wire->set_content(TextOf(body.content));
  wire->set_reasoning(TextOf(body.reasoning));
  std::string kinds;
  std::int64_t last = 0;
  for (const ChunkStamp& chunk : body.chunks) {
    wire->add_chunk_delta_ns(chunk.since_sent_ns - last);
    kinds.push_back(static_cast<char>(chunk.kind));
    last = chunk.since_sent_ns;
  }
  wire->set_chunk_kinds(std::move(kinds));
  return Compress(wire->SerializeAsString());
}

absl::StatusOr<ResponseBody> UnpackBody(std::string_view zstd, std::size_t limit) {
  const absl::StatusOr<std::size_t> declared = DeclaredSize(zstd, limit);
  if (!declared.ok()) {
    return declared.status();
  }
  std::string bytes(*declared, '\0');
  const std::size_t size = ZSTD_decompressDCtx(ThreadDecompressor(), bytes.data(), bytes.size(),
                                               zstd.data(), zstd.size());
  if (ZSTD_isError(size) != 0 || size != *declared) {
    return absl::InvalidArgumentError("response body is a damaged zstd frame");
  }
  v1::ResponseBody wire;
  if (!wire.ParseFromString(bytes)) {
    return absl::InvalidArgumentError("response body is not a ResponseBody message");
  }
  if (!IsUtf8(wire.content()) || !IsUtf8(wire.reasoning())) {
    return absl::InvalidArgumentError("response body is not UTF-8");
  }
  absl::StatusOr<std::vector<ChunkStamp>> chunks = ChunksOf(wire);
  if (!chunks.ok()) {
    return chunks.status();
  }
  return ResponseBody{.content = std::move(*wire.mutable_content()),
                      .reasoning = std::move(*wire.mutable_reasoning()),
                      .chunks = *std::move(chunks)};
}

std::uint64_t ContentDigest(std::string_view content) {
  return XXH3_64bits(content.data(), content.size());
}

}  // namespace wattfleet
