#ifndef WF_COORDINATOR_WORKLOAD_CONTENT_HASH_H_
#define WF_COORDINATOR_WORKLOAD_CONTENT_HASH_H_

#include <memory>
#include <string>
#include <string_view>

namespace wattfleet::coordinator {

// SHA-256 of bytes that come piece by piece.
class ContentHash {
 public:
  ContentHash();
  ~ContentHash();

  void Add(std::string_view bytes);
  // 64 lower-case hex digits; once only.
  std::string Finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The first `digits` hex digits of the SHA-256 of a text.
std::string ShortHash(std::string_view text, std::size_t digits);

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_WORKLOAD_CONTENT_HASH_H_
