#ifndef WF_COMMON_CONFIG_VALUE_H_
#define WF_COMMON_CONFIG_VALUE_H_

#include <string>
#include <vector>

namespace wattfleet::config {

struct Entry;

// One node of a configuration file, after ${VAR} expansion, with the place it was written at. Text
// is kept as written, so that `off` is the word off and 8.03e9 loses nothing.
struct Value {
  enum class Kind { kNull, kScalar, kList, kMap };
  Kind kind = Kind::kNull;
  int line = 0;  // 1-based, as is `column`; 0 = made by the program
  int column = 0;
  bool is_quoted = false;  // a quoted scalar is text, never a number
  std::string text;
  std::vector<Value> items;
  std::vector<Entry> entries;  // in the file's order, keys unique
};

struct Entry {
  Value key;
  Value value;
};

// A whole file. `origin` is its path as the user gave it, or another word for where it came from;
// every message about it begins with that.
struct Document {
  std::string origin;
  Value root;
};

}  // namespace wattfleet::config

#endif  // WF_COMMON_CONFIG_VALUE_H_
