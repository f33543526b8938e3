#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include <zlib.h>
#include <zstd.h>

#include "agent/backend/replay/line_reader.h"

namespace wattfleet::agent {

namespace {

constexpr std::string_view kGzipMagic = "\x1f\x8b";
constexpr std::string_view kZstdMagic = "\x28\xb5\x2f\xfd";

class PlainDecoder final : public StreamDecoder {
 public:
  absl::Status Decode(std::string_view bytes, std::string& text) override {
    text.append(bytes);
    return absl::OkStatus();
  }
  absl::Status Finish() override { return absl::OkStatus(); }
};

class GzipDecoder final : public StreamDecoder {
 public:
  GzipDecoder() { ready_ = inflateInit2(&stream_, MAX_WBITS + 16) == Z_OK; }
  ~GzipDecoder() override { inflateEnd(&stream_); }
  GzipDecoder(const GzipDecoder&) = delete;
  GzipDecoder& operator=(const GzipDecoder&) = delete;

  absl::Status Decode(std::string_view bytes, std::string& text) override {
    if (!ready_) {
      return absl::ResourceExhaustedError("no memory to decompress");
    }
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    while (stream_.avail_in > 0) {
      if (at_member_end_) {
        inflateReset(&stream_);
        at_member_end_ = false;
      }
      if (!InflateOnce(text)) {
        return absl::InvalidArgumentError("damaged gzip data");
      }
    }
    return absl::OkStatus();
  }
  absl::Status Finish() override {
    return at_member_end_ ? absl::OkStatus() : absl::DataLossError("gzip data stops short");
  }

 private:
  bool InflateOnce(std::string& text) {
    int result = Z_OK;
    do {
      stream_.next_out = reinterpret_cast<Bytef*>(out_.data());
      stream_.avail_out = static_cast<uInt>(out_.size());
      result = inflate(&stream_, Z_NO_FLUSH);
      text.append(out_.data(), out_.size() - stream_.avail_out);
    } while (result == Z_OK && stream_.avail_out == 0);
    at_member_end_ = result == Z_STREAM_END;
    return at_member_end_ || result == Z_OK || result == Z_BUF_ERROR;
  }

  z_stream stream_{};
  bool ready_ = false;
  bool at_member_end_ = false;
  std::array<char, 64U << 10> out_;
};

class ZstdDecoder final : public StreamDecoder {
 public:
  absl::Status Decode(std::string_view bytes, std::string& text) override {
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    bool out_full = false;
    while (in.pos < in.size || out_full) {
      ZSTD_outBuffer out{out_.data(), out_.size(), 0};
      const std::size_t result = ZSTD_decompressStream(context_.get(), &out, &in);
      if (ZSTD_isError(result) != 0) {
        return absl::InvalidArgumentError(std::string("damaged zstd data: ") +
                                          ZSTD_getErrorName(result));
      }
      text.append(out_.data(), out.pos);
      out_full = out.pos == out.size;
      at_frame_end_ = result == 0;
    }
    return absl::OkStatus();
  }
  absl::Status Finish() override {
    return at_frame_end_ ? absl::OkStatus() : absl::DataLossError("zstd data stops short");
  }

 private:
  struct FreeContext {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  };
  std::unique_ptr<ZSTD_DCtx, FreeContext> context_{ZSTD_createDCtx()};
  bool at_frame_end_ = false;
  std::array<char, 128U << 10> out_;
};

}  // namespace

std::unique_ptr<StreamDecoder> NewStreamDecoder(std::string_view head) {
  if (head.starts_with(kGzipMagic)) {
    return std::make_unique<GzipDecoder>();
  }
  if (head.starts_with(kZstdMagic)) {
    return std::make_unique<ZstdDecoder>();
  }
  return std::make_unique<PlainDecoder>();
}

}  // namespace wattfleet::agent
