#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include <zlib.h>
#include <zstd.h>

#include "common/status/status_macros.h"
#include "coordinator/workload/line_reader.h"

namespace wattfleet::coordinator {
namespace {

constexpr std::size_t kInputBlock = std::size_t{256} << 10;

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

absl::Status BrokenError(const std::string& path, const std::string& what) {
  return absl::DataLossError(absl::StrFormat("%s: %s", path, what));
}

class PlainStream final : public ByteStream {
 public:
  PlainStream(std::string path, File file) : path_(std::move(path)), file_(std::move(file)) {}

  absl::StatusOr<std::size_t> Read(char* to, std::size_t capacity) override {
    const std::size_t got = std::fread(to, 1, capacity, file_.get());
    if (got < capacity && std::ferror(file_.get()) != 0) {
      return BrokenError(path_, std::strerror(errno));
    }
    return got;
  }

 private:
  std::string path_;
  File file_;
};

// gzip, any number of members one behind the other.
class GzipStream final : public ByteStream {
 public:
  GzipStream(std::string path, File file)
      : plain_(path, std::move(file)), path_(std::move(path)), input_(kInputBlock) {
    constexpr int kGzipOnly = 15 + 16;
    inflateInit2(&state_, kGzipOnly);
  }
  ~GzipStream() override { inflateEnd(&state_); }
  GzipStream(const GzipStream&) = delete;
  GzipStream& operator=(const GzipStream&) = delete;

  absl::StatusOr<std::size_t> Read(char* to, std::size_t capacity) override {
    state_.next_out = reinterpret_cast<Bytef*>(to);
    state_.avail_out = static_cast<uInt>(capacity);
    while (state_.avail_out == capacity) {
      if (state_.avail_in == 0) {
        WF_ASSIGN_OR_RETURN(const std::size_t got, plain_.Read(input_.data(), input_.size()));
        if (got == 0) {
          if (!between_members_) {
            return BrokenError(path_, "the gzip file is cut short");
          }
          return 0;
        }
        state_.next_in = reinterpret_cast<Bytef*>(input_.data());
        state_.avail_in = static_cast<uInt>(got);
      }
      WF_RETURN_IF_ERROR(Inflate());
    }
    return capacity - state_.avail_out;
  }

 private:
  absl::Status Inflate() {
    if (between_members_) {
      inflateReset(&state_);
      between_members_ = false;
    }
    const int code = inflate(&state_, Z_NO_FLUSH);
    if (code == Z_STREAM_END) {
      between_members_ = true;
    } else if (code != Z_OK && code != Z_BUF_ERROR) {
      return BrokenError(path_, absl::StrFormat("broken gzip data: %s",
                                                state_.msg != nullptr ? state_.msg : "bad header"));
    }
    return absl::OkStatus();
  }

  PlainStream plain_;
  std::string path_;
  std::vector<char> input_;
  z_stream state_{};
  bool between_members_ = false;
};

// zstd, any number of frames.
class ZstdStream final : public ByteStream {
 public:
  ZstdStream(std::string path, File file)
      : plain_(path, std::move(file)),
        path_(std::move(path)),
        input_(kInputBlock),
        state_(ZSTD_createDStream()) {}
  ~ZstdStream() override { ZSTD_freeDStream(state_); }
  ZstdStream(const ZstdStream&) = delete;
  ZstdStream& operator=(const ZstdStream&) = delete;

  absl::StatusOr<std::size_t> Read(char* to, std::size_t capacity) override {
    ZSTD_outBuffer output{to, capacity, 0};
    while (output.pos == 0) {
      if (pending_.pos == pending_.size) {
        WF_ASSIGN_OR_RETURN(const std::size_t got, plain_.Read(input_.data(), input_.size()));
        if (got == 0 && !flushing_) {
          if (!between_frames_) {
            return BrokenError(path_, "the zstd file is cut short");
          }
          return 0;
        }
        pending_ = {input_.data(), got, 0};
      }
      const std::size_t code = ZSTD_decompressStream(state_, &output, &pending_);
      if (ZSTD_isError(code) != 0) {
        return BrokenError(path_, absl::StrFormat("broken zstd data: %s", ZSTD_getErrorName(code)));
      }
      between_frames_ = code == 0;
      flushing_ = output.pos == output.size;
    }
    return output.pos;
  }

 private:
  PlainStream plain_;
  std::string path_;
  std::vector<char> input_;
  ZSTD_DStream* state_;
  ZSTD_inBuffer pending_{nullptr, 0, 0};
  bool between_frames_ = false;
  bool flushing_ = false;  // the decoder may hold output although its input is used up
};

absl::StatusOr<File> OpenForReading(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    return absl::InvalidArgumentError(absl::StrFormat("%s is a directory, not a file", path));
  }
  File file(std::fopen(path.c_str(), "rb"));
  if (file == nullptr) {
    if (errno == ENOENT || errno == ENOTDIR) {
      return absl::NotFoundError(absl::StrFormat("no file %s", path));
    }
    return absl::PermissionDeniedError(
        absl::StrFormat("cannot open %s: %s", path, std::strerror(errno)));
  }
  return file;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ByteStream>> OpenByteStream(const std::string& path) {
  WF_ASSIGN_OR_RETURN(File file, OpenForReading(path));
  constexpr unsigned char kGzip[] = {0x1f, 0x8b};
  constexpr unsigned char kZstd[] = {0x28, 0xb5, 0x2f, 0xfd};
  unsigned char magic[sizeof(kZstd)] = {};
  const std::size_t got = std::fread(magic, 1, sizeof(magic), file.get());
  std::rewind(file.get());
  std::unique_ptr<ByteStream> stream;
  if (got >= sizeof(kGzip) && std::memcmp(magic, kGzip, sizeof(kGzip)) == 0) {
    stream = std::make_unique<GzipStream>(path, std::move(file));
  } else if (got == sizeof(kZstd) && std::memcmp(magic, kZstd, sizeof(kZstd)) == 0) {
    stream = std::make_unique<ZstdStream>(path, std::move(file));
  } else {
    stream = std::make_unique<PlainStream>(path, std::move(file));
  }
  return stream;
}

}  // namespace wattfleet::coordinator
