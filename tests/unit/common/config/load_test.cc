#include "common/config/load.h"

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace wattfleet::config {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using ::wattfleet::testing::StatusIs;

std::optional<std::string> TestVariables(const std::string& name) {
  if (name == "HOME_OF_MODELS") {
    return "/models";
  }
  if (name == "EMPTY") {
    return "";
  }
  if (name == "TRICKY") {
    return "a: [b, c]";
  }
  return std::nullopt;
}

absl::StatusOr<Document> Load(const std::string& text) {
  return LoadText(text, "f.yaml", TestVariables);
}

std::string FirstValue(const std::string& text) {
  const auto document = Load(text);
  return document.ok() ? document->root.entries.at(0).value.text : document.status().ToString();
}

TEST(LoadTextTest, KeepsWhereEachValueWasWritten) {
  WF_ASSERT_OK_AND_ASSIGN(const Document document, Load("a: 1\nb:\n  - x\n  - {c: d}\n"));

  const Value& root = document.root;
  ASSERT_EQ(root.entries.size(), 2U);
  EXPECT_EQ(root.entries[0].value.line, 1);
  EXPECT_EQ(root.entries[0].value.column, 4);
  const Value& inner = root.entries[1].value.items.at(1).entries.at(0).value;
  EXPECT_EQ(inner.text, "d");
  EXPECT_EQ(inner.line, 4);
  EXPECT_EQ(inner.column, 9);
}

TEST(LoadTextTest, ReadsJson) {
  WF_ASSERT_OK_AND_ASSIGN(const Document document, Load(R"({"a": ["x", 1, null], "b": "\u00e9"})"));

  EXPECT_EQ(document.root.entries.at(0).value.items.at(0).text, "x");
  EXPECT_EQ(document.root.entries.at(0).value.items.at(2).kind, Value::Kind::kNull);
  EXPECT_EQ(document.root.entries.at(1).value.text, "\xC3\xA9");
}

TEST(LoadTextTest, TellsQuotedTextFromPlain) {
  WF_ASSERT_OK_AND_ASSIGN(const Document document, Load("a: '1'\nb: 1\nc: \"~\"\n"));

  EXPECT_TRUE(document.root.entries.at(0).value.is_quoted);
  EXPECT_FALSE(document.root.entries.at(1).value.is_quoted);
  EXPECT_EQ(document.root.entries.at(2).value.kind, Value::Kind::kScalar);
}

TEST(LoadTextTest, ExpandsVariables) {
  EXPECT_EQ(FirstValue("a: ${HOME_OF_MODELS}/x.gguf"), "/models/x.gguf");
  EXPECT_EQ(FirstValue("a: ${NOT_SET:-fallback}"), "fallback");
  EXPECT_EQ(FirstValue("a: ${EMPTY:-fallback}"), "fallback");
  EXPECT_EQ(FirstValue("a: '${NOT_SET:-}${HOME_OF_MODELS}${HOME_OF_MODELS}'"), "/models/models");
  EXPECT_EQ(FirstValue("a: $${HOME_OF_MODELS}"), "${HOME_OF_MODELS}");
  EXPECT_EQ(FirstValue("a: $5"), "$5");
}

TEST(LoadTextTest, AVariableNeverChangesTheStructure) {
  EXPECT_EQ(FirstValue("a: ${TRICKY}"), "a: [b, c]");
}

TEST(LoadTextTest, NamesWhatIsWrongAndWhere) {
  const struct {
    const char* text;
    const char* message;
  } cases[] = {
      {"a: ${NOT_SET}", "f.yaml:1:4: variable NOT_SET is not set"},
      {"a: ${oops", "f.yaml:1:4: \"${\" without \"}\""},
      {"a: ${no name}", "f.yaml:1:4: \"${no name}\" is not the name of a variable"},
      {"a: 1\na: 2\n", "f.yaml:2:1: key \"a\" is given twice"},
      {"a: [1, 2\nb: 3\n", "f.yaml:2:"},
      {"a: b: c", "f.yaml:1:5: "},
      {"", "f.yaml:1:1: the file is empty"},
      {"a: 1\n---\nb: 2\n", "f.yaml:3:1: a second document"},
      {"[x]: 1", "f.yaml:1:1: a key must be a word"},
      {"a: ok\nb: x\xFFy\n", "f.yaml:2:5: byte 0xff is not UTF-8"},
      {"a: \xC0\xAF", "f.yaml:1:4: byte 0xc0 is not UTF-8"},
      {"a: \xED\xA0\x80", "f.yaml:1:4: byte 0xed is not UTF-8"},
  };
  for (const auto& c : cases) {
    EXPECT_THAT(Load(c.text), StatusIs(absl::StatusCode::kInvalidArgument, StartsWith(c.message)))
        << c.text;
  }
}

TEST(LoadTextTest, RefusesBombs) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string last = std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int k = 0; k < 10; ++k) {
      bomb += (k == 0 ? "*a" : ", *a") + last;
    }
    bomb += "]\n";
  }

  EXPECT_THAT(Load(bomb), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("more than")));
  EXPECT_THAT(Load("a: &a [*a]"),
              StatusIs(absl::StatusCode::kInvalidArgument, StartsWith("f.yaml:1:")));
  EXPECT_THAT(Load("a: " + std::string(100, '[') + std::string(100, ']')),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("nested deeper")));
}

TEST(LoadFileTest, NamesTheNearestFileWhenThereIsNone) {
  const std::filesystem::path directory =
      std::filesystem::path(::testing::TempDir()) / "wf_load_file_test";
  std::filesystem::create_directories(directory);
  std::ofstream(directory / "sweep.yaml") << "a: 1\n";

  WF_EXPECT_OK(LoadFile((directory / "sweep.yaml").string()));
  EXPECT_THAT(
      LoadFile((directory / "sweeep.yaml").string()),
      StatusIs(absl::StatusCode::kNotFound, HasSubstr("sweeep.yaml: no such file; nearest is \"" +
                                                      (directory / "sweep.yaml").string() + "\"")));
  EXPECT_THAT(LoadFile((directory / "elsewhere" / "x.yaml").string()),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("x.yaml: no such file")));
  EXPECT_THAT(LoadFile(directory.string()),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("is a directory")));
}

}  // namespace
}  // namespace wattfleet::config
