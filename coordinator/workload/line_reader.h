#ifndef WF_COORDINATOR_WORKLOAD_LINE_READER_H_
#define WF_COORDINATOR_WORKLOAD_LINE_READER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace wattfleet::coordinator {

// A line longer than this is not read, only counted. Bounds the memory of an import whatever a
// small compressed file unfolds to.
inline constexpr std::size_t kMaxLineBytes = std::size_t{32} << 20;

// Turns the bytes of one file, decompressed where need be, into blocks. Not thread-safe.
class ByteStream {
 public:
  virtual ~ByteStream() = default;
  // Fills up to `capacity` bytes; 0 = the end. DATA_LOSS when the compressed form is broken or cut.
  virtual absl::StatusOr<std::size_t> Read(char* to, std::size_t capacity) = 0;
};

// Opens a plain, gzip or zstd file, told apart by its first bytes, not by its name. NOT_FOUND,
// PERMISSION_DENIED; INVALID_ARGUMENT for a directory.
absl::StatusOr<std::unique_ptr<ByteStream>> OpenByteStream(const std::string& path);

struct Line {
  std::string_view text;    // without its end ("\n" or "\r\n"); valid until the next call
  std::int64_t number = 0;  // from 1
  bool too_long = false;    // over kMaxLineBytes: `text` is empty
};

// Reads a file line by line in bounded memory. Behind `text` lie at least `padding` readable bytes,
// as simdjson asks. Not thread-safe.
class LineReader {
 public:
  LineReader(std::unique_ptr<ByteStream> stream, std::size_t padding);

  // False at the end of the file. A last line without "\n" counts.
  absl::StatusOr<bool> Next(Line& line);

 private:
  absl::Status Fill();
  absl::Status SkipToNewline();

  std::unique_ptr<ByteStream> stream_;
  std::size_t padding_;
  std::string buffer_;
  std::size_t begin_ = 0;  // of what is not yet handed out
  std::size_t end_ = 0;
  std::int64_t number_ = 0;
  bool at_end_ = false;
};

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_WORKLOAD_LINE_READER_H_
