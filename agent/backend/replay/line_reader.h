#ifndef WF_AGENT_BACKEND_REPLAY_LINE_READER_H_
#define WF_AGENT_BACKEND_REPLAY_LINE_READER_H_

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

struct XXH3_state_s;

namespace wattfleet::agent {

inline constexpr std::size_t kRecordingLineBytesMax = 16U << 20;

// Turns bytes of one compression format into text, piece by piece.
class StreamDecoder {
 public:
  virtual ~StreamDecoder() = default;
  // Appends to `text` what `bytes` decode to.
  virtual absl::Status Decode(std::string_view bytes, std::string& text) = 0;
  // After the last byte: DATA_LOSS when the stream stops short.
  virtual absl::Status Finish() = 0;
};

// For the format that `head`, the first bytes of a file, announces: gzip, zstd or plain text.
std::unique_ptr<StreamDecoder> NewStreamDecoder(std::string_view head);

// Reads a text file line by line, in constant memory: plain, gzip or zstd, told apart by their
// first bytes whatever the name. Errors name the file. Confined to one thread.
class LineReader {
 public:
  // NOT_FOUND, PERMISSION_DENIED, or INVALID_ARGUMENT when it is not a regular file.
  static absl::StatusOr<std::unique_ptr<LineReader>> Open(const std::string& path);
  ~LineReader();
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;

  // The next line without its end, valid until the next call; nullopt after the last.
  // INVALID_ARGUMENT: damaged compression, or a line over kRecordingLineBytesMax.
  absl::StatusOr<std::optional<std::string_view>> Next();
  // Of the line returned last, from 1.
  std::int64_t line_number() const { return line_number_; }
  // XXH3-64 of the file's bytes as they lie on disk, once Next has returned nullopt.
  std::uint64_t digest() const;

 private:
  struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  struct FreeState {
    void operator()(XXH3_state_s* state) const;
  };

  LineReader(std::string path, std::FILE* file);
  absl::Status Fill();
  absl::Status Error(const absl::Status& cause) const;

  const std::string path_;
  std::unique_ptr<std::FILE, CloseFile> file_;
  std::unique_ptr<XXH3_state_s, FreeState> hash_;
  std::unique_ptr<StreamDecoder> decoder_;
  std::string text_;
  std::size_t begin_ = 0;    // of the next line in text_
  std::size_t scanned_ = 0;  // no line end in [begin_, scanned_)
  std::int64_t line_number_ = 0;
  bool ended_ = false;
};

}  // namespace wattfleet::agent

#endif  // WF_AGENT_BACKEND_REPLAY_LINE_READER_H_
