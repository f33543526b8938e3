#ifndef WF_COMMON_TRACE_BYTE_STREAM_H_
#define WF_COMMON_TRACE_BYTE_STREAM_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace wattfleet {

// Small numbers in few bytes: seven bits a byte, the lowest first, the top bit says that more come.
class ByteWriter {
 public:
  void Unsigned(std::uint64_t value) {
    while (value >= 0x80) {
      bytes_.push_back(static_cast<char>(value | 0x80));
      value >>= 7;
    }
    bytes_.push_back(static_cast<char>(value));
  }
  // Small either side of zero.
  void Signed(std::int64_t value) {
    Unsigned((static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63));
  }
  void Real(double value) { Unsigned(std::bit_cast<std::uint64_t>(value)); }
  void Text(std::string_view text) {
    Unsigned(text.size());
    bytes_.append(text);
  }

  const std::string& bytes() const { return bytes_; }
  std::size_t size() const { return bytes_.size(); }

 private:
  std::string bytes_;
};

// Reads what ByteWriter wrote; after the first byte that cannot be, everything is 0 and ok() false.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}

  std::uint64_t Unsigned() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
      if (at_ >= bytes_.size()) {
        return Fail();
      }
      const auto byte = static_cast<unsigned char>(bytes_[at_++]);
      if (shift == 63 && byte > 1) {
        return Fail();
      }
      value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if ((byte & 0x80) == 0) {
        return value;
      }
    }
    return Fail();
  }
  std::int64_t Signed() {
    const std::uint64_t value = Unsigned();
    return static_cast<std::int64_t>((value >> 1) ^ (~(value & 1) + 1));
  }
  double Real() { return std::bit_cast<double>(Unsigned()); }
  std::string_view Text() {
    const std::uint64_t size = Unsigned();
    if (size > bytes_.size() - at_) {
      Fail();
      return {};
    }
    const std::string_view text = bytes_.substr(at_, size);
    at_ += size;
    return text;
  }
  bool Bool() { return Unsigned() != 0; }
  // A number of things that each take a byte or more.
  std::size_t Count() {
    const std::uint64_t count = Unsigned();
    return count <= bytes_.size() - at_ ? static_cast<std::size_t>(count) : Fail();
  }

  void Refuse() { Fail(); }
  bool ok() const { return ok_; }
  bool is_at_end() const { return at_ == bytes_.size(); }

 private:
  std::uint64_t Fail() {
    ok_ = false;
    at_ = bytes_.size();
    return 0;
  }

  std::string_view bytes_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

}  // namespace wattfleet

#endif  // WF_COMMON_TRACE_BYTE_STREAM_H_
