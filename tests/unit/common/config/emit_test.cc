#include "common/config/emit.h"

#include <string>

#include <gtest/gtest.h>

#include "common/config/load.h"
#include "tests/support/status_matchers.h"

namespace wattfleet::config {
namespace {

// The text of `a:` after writing and reading it.
std::string ThereAndBack(const std::string& text) {
  Value map = Map();
  Put(map, "a", Text(text));
  const auto document = LoadText(EmitYaml(map), "f.yaml");
  return document.ok() ? document->root.entries.at(0).value.text : document.status().ToString();
}

TEST(EmitYamlTest, TextComesBackWhateverItLooksLike) {
  for (const char* text :
       {"", "plain", "null", "12", "a: b", "- x", "# no", "quo\"te", "back\\slash", "line\nbreak",
        "tab\t", "\x01\x7f", "${HOME}", "$${HOME}", "caf\xC3\xA9", " spaces ", "[x]", "100%"}) {
    EXPECT_EQ(ThereAndBack(text), text);
  }
}

TEST(EmitYamlTest, WritesNestedMappingsAndLists) {
  Value entry = Map();
  Put(entry, "engine", Plain("vllm"));
  Value model = Map();
  Put(model, "name", Text("small"));
  Put(model, "serve", List({entry}));
  Value root = Map();
  Put(root, "limit", Null());
  Put(root, "models", List({model}));
  Put(root, "none", List({}));

  EXPECT_EQ(EmitYaml(root),
            "limit: null\n"
            "models:\n"
            "  - name: \"small\"\n"
            "    serve:\n"
            "      - {engine: vllm}\n"
            "none: []\n");
}

TEST(EmitYamlTest, AListInAListComesBack) {
  Value root = Map();
  Put(root, "a", List({List({List({Text("x")}), Text("y")}), Text("z")}));

  WF_ASSERT_OK_AND_ASSIGN(const Document document, LoadText(EmitYaml(root), "f.yaml"));

  const Value& outer = document.root.entries.at(0).value;
  EXPECT_EQ(outer.items.at(0).items.at(0).items.at(0).text, "x");
  EXPECT_EQ(outer.items.at(0).items.at(1).text, "y");
  EXPECT_EQ(outer.items.at(1).text, "z");
}

}  // namespace
}  // namespace wattfleet::config
