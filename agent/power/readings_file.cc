#include "agent/power/readings_file.h"

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include <zstd.h>

#include "agent/power/readings_text.h"
#include "common/status/status_macros.h"

namespace wattfleet::agent {

namespace {

constexpr std::size_t kTextBytesMax = std::size_t{1} << 30;

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
struct FreeCompressor {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};
struct FreeDecompressor {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

class ZstdReadingsWriter final : public ReadingsWriter {
 public:
  ZstdReadingsWriter(std::string path, std::FILE* file)
      : path_(std::move(path)), file_(file), out_(ZSTD_CStreamOutSize()) {}

  absl::Status Add(const RecordedReading& reading) override {
    text_.clear();
    AppendReading(reading, text_);
    return Write(text_, ZSTD_e_continue);
  }
  absl::Status Finish() override {
    WF_RETURN_IF_ERROR(Write(ReadingsEndText(), ZSTD_e_end));
    return std::fflush(file_.get()) == 0 ? absl::OkStatus() : Failed();
  }

  absl::Status Write(const std::string& text, ZSTD_EndDirective directive) {
    ZSTD_inBuffer in{text.data(), text.size(), 0};
    std::size_t left = 1;
    while (directive == ZSTD_e_end ? left != 0 : in.pos < in.size) {
      ZSTD_outBuffer out{out_.data(), out_.size(), 0};
      left = ZSTD_compressStream2(context_.get(), &out, &in, directive);
      if (ZSTD_isError(left) != 0) {
        return absl::InternalError(
            absl::StrCat("compressing ", path_, ": ", ZSTD_getErrorName(left)));
      }
      if (std::fwrite(out_.data(), 1, out.pos, file_.get()) != out.pos) {
        return Failed();
      }
    }
    return absl::OkStatus();
  }

 private:
  absl::Status Failed() const {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot write ", path_));
  }

  const std::string path_;
  const std::unique_ptr<std::FILE, CloseFile> file_;
  const std::unique_ptr<ZSTD_CCtx, FreeCompressor> context_{ZSTD_createCCtx()};
  std::vector<char> out_;
  std::string text_;
};

absl::StatusOr<std::string> Decompress(const std::string& bytes, const std::string& origin) {
  const std::unique_ptr<ZSTD_DCtx, FreeDecompressor> context{ZSTD_createDCtx()};
  std::vector<char> buffer(ZSTD_DStreamOutSize());
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  std::string text;
  std::size_t left = 1;
  bool was_full = true;
  while (in.pos < in.size || (was_full && left != 0)) {
    ZSTD_outBuffer out{buffer.data(), buffer.size(), 0};
    left = ZSTD_decompressStream(context.get(), &out, &in);
    if (ZSTD_isError(left) != 0) {
      return absl::InvalidArgumentError(
          absl::StrCat(origin, " is not a zstd file: ", ZSTD_getErrorName(left)));
    }
    text.append(buffer.data(), out.pos);
    was_full = out.pos == out.size;
    if (text.size() > kTextBytesMax) {
      return absl::InvalidArgumentError(absl::StrCat(origin, " holds more than 1 GiB of readings"));
    }
  }
  if (left != 0) {
    return absl::DataLossError(absl::StrCat(origin, " is cut off: it was not recorded to its end"));
  }
  return text;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ReadingsWriter>> ReadingsWriter::Create(
    const std::string& path, const ReadingsHeader& header) {
  std::FILE* const file = std::fopen(path.c_str(), "wbx");
  if (file == nullptr) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot create ", path));
  }
  auto writer = std::make_unique<ZstdReadingsWriter>(path, file);
  WF_RETURN_IF_ERROR(writer->Write(ReadingsHeaderText(header), ZSTD_e_continue));
  return writer;
}

absl::StatusOr<RecordedReadings> ReadReadingsFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return absl::NotFoundError(absl::StrCat("cannot read ", path));
  }
  std::ostringstream bytes;
  bytes << file.rdbuf();
  WF_ASSIGN_OR_RETURN(const std::string text, Decompress(bytes.str(), path));
  return ParseReadings(text, path);
}

}  // namespace wattfleet::agent
