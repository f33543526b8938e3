#!/usr/bin/env python3
"""Each house rule fires on a seeded violation, and only there."""
import pathlib
import tempfile
import textwrap
import unittest

import cpp_text
import tidy_test

HEADER = """\
#ifndef {guard}
#define {guard}

{body}

#endif  // {guard}
"""


def header(path, body):
    guard = "WF_" + path.upper().replace("/", "_").replace(".", "_") + "_"
    return HEADER.format(guard=guard, body=body)


class TreeTest(unittest.TestCase):
    """A tree with nothing wrong in it, to which each test adds one violation."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.listed = []
        self.write("common/time/clock.h", header("common/time/clock.h", "class Clock {};"))
        self.write("coordinator/core/core.cc",
                   '#include <vector>\n#include "common/time/clock.h"\nint Decide() { return 1; }\n')

    def write(self, path, text, listed=True):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        if listed and not path.endswith((".txt", ".cmake")):
            listing = file.parent / "CMakeLists.txt"
            before = listing.read_text() if listing.exists() else ""
            listing.write_text(f"{before}# {file.name}\n")

    def violations(self):
        return list(tidy_test.violations(self.root))

    def expect(self, path, text, reason, line=None, listed=True):
        self.write(path, text, listed)
        found = self.violations()
        self.assertEqual(len(found), 1, found)
        self.assertIn(reason, found[0])
        self.assertTrue(found[0].startswith(f"{path}:" + (f"{line}:" if line else "")), found)


class RulesTest(TreeTest):
    def test_a_clean_tree_passes(self):
        self.assertEqual(self.violations(), [])

    def test_a_layer_may_not_include_what_its_row_lacks(self):
        self.expect("coordinator/core/x.cc", '#include "coordinator/service/service.h"\n',
                    "coordinator/core may not include coordinator/service/service.h", 1)

    def test_agent_and_coordinator_never_include_each_other(self):
        self.expect("agent/core/x.cc", '#include "coordinator/core/core.h"\n',
                    "agent/core may not include")
        self.assertEqual(tidy_test.row_of("coordinator/nowhere"), None)

    def test_a_row_may_name_one_header_only(self):
        self.write("coordinator/core/x.cc", '#include "coordinator/store/store.h"\n')
        self.assertEqual(self.violations(), [])
        self.expect("coordinator/core/y.cc", '#include "coordinator/store/sqlite_store.h"\n',
                    "may not include coordinator/store/sqlite_store.h")

    def test_one_backend_may_not_include_another(self):
        self.write("agent/backend/ollama/a.cc", '#include "agent/backend/inference_backend.h"\n')
        self.assertEqual(self.violations(), [])
        self.expect("agent/backend/ollama/b.cc", '#include "agent/backend/openai/sse.h"\n',
                    "may not include agent/backend/openai/sse.h")

    def test_a_folder_without_a_row_is_reported(self):
        self.expect("coordinator/novel/x.cc", "", "has no row")

    def test_third_party_headers_stay_in_their_folders(self):
        cases = {
            "coordinator/core/a.cc": "<sqlite3.h>",
            "coordinator/core/b.cc": "<grpcpp/server.h>",
            "coordinator/core/c.cc": '"yaml-cpp/yaml.h"',
            "coordinator/core/d.cc": "<curl/curl.h>",
            "coordinator/cli/e.cc": "<grpcpp/channel.h>",
            "agent/drive/f.cc": "<dlfcn.h>",
        }
        for path, include in cases.items():
            self.write(path, f"#include {include}\n")
        self.assertEqual(sorted(v.split(":")[0] for v in self.violations()), sorted(cases))

    def test_generated_code_is_for_the_wire(self):
        self.write("coordinator/core/x.cc", '#include "wattfleet/v1/fleet.pb.h"\n')
        self.assertIn("wattfleet/v1/fleet.pb.h", self.violations()[0])

    def test_includes_are_spelled_from_the_root(self):
        self.expect("common/time/x.cc", '#include "clock.h"\n', "from the repository root", 1)

    def test_banned_calls(self):
        for call in ("worker.detach();", "auto t = std::chrono::steady_clock::now();",
                     "std::this_thread::sleep_for(d);", "int r = rand();",
                     "std::random_device d;", "std::uniform_int_distribution<int> d;",
                     "std::thread worker(Run);", "std::regex pattern;",
                     'std::system(command);', "std::cout << 1;",
                     "using namespace std;"):
            with self.subTest(call):
                self.write("coordinator/core/x.cc", f"void F() {{\n  {call}\n}}\n", False)
                found = [v for v in self.violations() if "x.cc:2:" in v]
                self.assertEqual(len(found), 1, self.violations())

    def test_comments_and_strings_are_not_calls(self):
        self.write("coordinator/core/x.cc",
                   '// never rand() here\nconst char* kText = "x.detach()";\n'
                   '/* steady_clock::now() */\nconst char* kRaw = R"(sleep_for(1))";\n')
        self.assertEqual(self.violations(), [])

    def test_calls_are_allowed_where_the_seam_is(self):
        self.write("common/time/x.cc", "auto Now() { return std::chrono::steady_clock::now(); }\n")
        self.assertEqual(self.violations(), [])

    def test_long_files(self):
        self.expect("common/time/x.cc", "int a;\n" * 501, "longer than 500 lines")

    def test_long_functions(self):
        body = "  Step();\n" * 69
        self.expect("common/time/x.cc", f"int a;\nvoid Long(int a) {{\n{body}}}\n",
                    "Long has 71 lines", 2)

    def test_many_parameters(self):
        self.expect("common/time/x.cc",
                    "void F(int a, std::map<int, int> b, int c, int d, int e, int f, int g) {}\n",
                    "F has 7 parameters")

    def test_vague_files(self):
        self.expect("common/time/clock_utils.cc", "", "name the file after what it holds")

    def test_vague_types(self):
        self.expect("common/time/x.cc", "class LeaseManager {\n};\n", "LeaseManager")

    def test_guards(self):
        self.expect("common/time/x.h", "#pragma once\n", "WF_COMMON_TIME_X_H_")

    def test_json_types_stay_out_of_headers(self):
        self.expect("coordinator/report/x.h",
                    header("coordinator/report/x.h", "#include <nlohmann/json.hpp>"),
                    "JSON types stay out of headers")

    def test_unfinished_work(self):
        self.expect("common/time/x.cc", "// TO" + "DO: later\n", "finish it", 1)

    def test_sources_that_nothing_lists(self):
        self.expect("common/time/x.cc", "", "no CMakeLists.txt lists x.cc", listed=False)

    def test_a_main_that_does_more_than_wiring(self):
        self.expect("agent/main.cc", "int a;\n" * 100, "main.cc only wires")

    def test_directory_wide_cmake(self):
        self.expect("common/CMakeLists.txt", "file(GLOB sources *.cc)\n", "targets list", 1)


class FunctionsTest(unittest.TestCase):
    def functions(self, text):
        return [(f.name, f.lines, f.parameters)
                for f in cpp_text.functions(textwrap.dedent(text))]

    def test_namespaces_classes_and_tables_are_not_functions(self):
        self.assertEqual(self.functions("""\
            namespace a::b {
            struct S final : public T {
              int x = 0;
            };
            enum class E { kA, kB };
            constexpr std::array<Row, 2> kRows{{
                {1, "a"},
                {2, "b"},
            }};
            const auto kTable = Make({
                1,
            });
            }  // namespace a::b
            """), [])

    def test_definitions_of_every_shape(self):
        self.assertEqual(self.functions("""\
            class C {
             public:
              C(int a, int b)
                  : a_(a),
                    b_{b} {
                Run();
              }
              int a() const noexcept { return a_; }
              auto f(std::function<void(int, int)> g) -> std::vector<int> override {
                return h([&](int x) {
                  if (x) {
                    return 1;
                  }
                  return 2;
                });
              }
              bool operator()(int x, int y) const {
                return x < y;
              }
            };
            template <typename T, typename U>
            T Free(T t, U u = U{}) {
              for (;;) {
              }
            }
            TEST(Suite, Name) {
              EXPECT_TRUE(true);
            }
            """), [("C", 5, 2), ("a", 1, 0), ("f", 8, 1), ("operator()", 3, 2), ("Free", 5, 2),
                   ("TEST", 3, 2)])

    def test_braces_in_text_do_not_count(self):
        self.assertEqual(self.functions("""\
            void F() {
              Print("}}}{");
              char c = '}';
              int n = 1'000;
              // }
            }
            """), [("F", 6, 0)])


if __name__ == "__main__":
    unittest.main()
