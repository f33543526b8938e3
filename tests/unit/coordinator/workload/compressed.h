#ifndef WF_TESTS_UNIT_COORDINATOR_WORKLOAD_COMPRESSED_H_
#define WF_TESTS_UNIT_COORDINATOR_WORKLOAD_COMPRESSED_H_

#include <string>

#include <zlib.h>
#include <zstd.h>

namespace wattfleet::testing {

// One gzip member.
inline std::string Gzip(const std::string& text) {
  constexpr int kGzip = 15 + 16;
  constexpr int kMemory = 8;
  z_stream stream{};
  deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kGzip, kMemory, Z_DEFAULT_STRATEGY);
  std::string bytes(deflateBound(&stream, text.size()), '\0');
  std::string input = text;
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(bytes.data());
  stream.avail_out = static_cast<uInt>(bytes.size());
  deflate(&stream, Z_FINISH);
  bytes.resize(stream.total_out);
  deflateEnd(&stream);
  return bytes;
}

// One zstd frame.
inline std::string Zstd(const std::string& text) {
  std::string bytes(ZSTD_compressBound(text.size()), '\0');
  bytes.resize(ZSTD_compress(bytes.data(), bytes.size(), text.data(), text.size(), 1));
  return bytes;
}

}  // namespace wattfleet::testing

#endif  // WF_TESTS_UNIT_COORDINATOR_WORKLOAD_COMPRESSED_H_
