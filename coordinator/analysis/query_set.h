#ifndef WF_COORDINATOR_ANALYSIS_QUERY_SET_H_
#define WF_COORDINATOR_ANALYSIS_QUERY_SET_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace wattfleet::coordinator {

// A set of positions [0, size) of a sweep's sample, one bit each: what a report keeps of a pair
// once its rows have gone by.
class QuerySet {
 public:
  QuerySet() = default;
  explicit QuerySet(std::size_t size) : size_(size), words_((size + 63) / 64) {}

  static QuerySet All(std::size_t size) {
    QuerySet all(size);
    for (std::size_t position = 0; position < size; ++position) {
      all.Insert(position);
    }
    return all;
  }

  std::size_t size() const { return size_; }
  void Insert(std::size_t position) { words_[position / 64] |= Bit(position); }
  bool Contains(std::size_t position) const { return (words_[position / 64] & Bit(position)) != 0; }
  std::int64_t Count() const {
    std::int64_t count = 0;
    for (const std::uint64_t word : words_) {
      count += std::popcount(word);
    }
    return count;
  }

  // Both of one size.
  QuerySet& operator&=(const QuerySet& other) {
    for (std::size_t i = 0; i < words_.size(); ++i) {
      words_[i] &= other.words_[i];
    }
    return *this;
  }
  QuerySet& operator|=(const QuerySet& other) {
    for (std::size_t i = 0; i < words_.size(); ++i) {
      words_[i] |= other.words_[i];
    }
    return *this;
  }
  // Those of this that are not in `other`.
  QuerySet& operator-=(const QuerySet& other) {
    for (std::size_t i = 0; i < words_.size(); ++i) {
      words_[i] &= ~other.words_[i];
    }
    return *this;
  }
  friend QuerySet operator&(QuerySet a, const QuerySet& b) { return a &= b; }
  friend QuerySet operator|(QuerySet a, const QuerySet& b) { return a |= b; }
  friend QuerySet operator-(QuerySet a, const QuerySet& b) { return a -= b; }
  bool operator==(const QuerySet&) const = default;

 private:
  static std::uint64_t Bit(std::size_t position) { return std::uint64_t{1} << (position % 64); }

  std::size_t size_ = 0;
  std::vector<std::uint64_t> words_;
};

}  // namespace wattfleet::coordinator

#endif  // WF_COORDINATOR_ANALYSIS_QUERY_SET_H_
