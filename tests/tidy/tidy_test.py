#!/usr/bin/env python3
"""House rules that a compiler does not check: prints path:line: reason, exits 1 when there are any.

Usage: tidy_test.py [ROOT]
"""
import pathlib
import re
import sys

import cpp_text
import layers

TOP_FOLDERS = ("agent", "common", "coordinator", "proto", "tests")
LONGEST_FILE = 500
LONGEST_FUNCTION = 70
MOST_PARAMETERS = 6
LONGEST_MAIN = 100
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b(?!\(issue-\d+\))")


def is_under(path, places):
    """Whether `path` is one of `places`, or below one; "folder/*.h" holds no folder below it."""
    for place in places:
        if place.endswith("/*.h"):
            if path.rpartition("/")[0] == place[:-len("/*.h")]:
                return True
        elif path == place or path.startswith(place + "/"):
            return True
    return False


def row_of(folder):
    """The row of `folder`, or None."""
    while folder:
        if folder in layers.ROWS:
            return layers.ROWS[folder]
        parent = folder.rpartition("/")[0]
        if parent + "/*" in layers.ROWS:
            return layers.ROWS[parent + "/*"]
        # Only what has sub-folders of its own kind lends its row downward.
        folder = parent if folder.split("/")[0] in ("tests", "proto") else ""
    return None


def check_includes(path, lines):
    folder = path.rpartition("/")[0]
    row = row_of(folder)
    if row is None:
        yield 1, f"{folder} has no row in tests/tidy/layers.py"
        return
    for number, line in enumerate(lines, 1):
        include = re.match(r'#\s*include\s+([<"])([^>"]+)[>"]', line)
        if not include:
            continue
        target = include[2]
        for pattern, allowed in layers.THIRD_PARTY.items():
            if re.match(pattern, target) and not is_under(path, allowed):
                yield number, f"{target} may be included only by {', '.join(allowed)}"
        if include[1] == "<":
            continue
        if "/" not in target:
            yield number, f'spell "{target}" from the repository root'
        elif target.split("/")[0] in TOP_FOLDERS:
            if target.rpartition("/")[0] != folder and not is_under(target, row + (folder,)):
                yield number, f"{folder} may not include {target}"
        elif target.startswith("wattfleet/") and "proto" not in row:
            yield number, f"{folder} may not include {target}"


def check_calls(path, code_lines):
    for number, line in enumerate(code_lines, 1):
        for pattern, (reason, allowed) in layers.BANNED_CALLS.items():
            if re.search(pattern, line) and not is_under(path, allowed):
                yield number, reason


def check_sizes(path, text, lines):
    if len(lines) > LONGEST_FILE:
        yield len(lines), f"longer than {LONGEST_FILE} lines"
    if path in ("agent/main.cc", "coordinator/main.cc") and len(lines) >= LONGEST_MAIN:
        yield len(lines), f"main.cc only wires: less than {LONGEST_MAIN} lines"
    for function in cpp_text.functions(text):
        if function.lines > LONGEST_FUNCTION:
            yield function.line, (f"{function.name} has {function.lines} lines; "
                                  f"at most {LONGEST_FUNCTION}")
        if function.parameters > MOST_PARAMETERS:
            yield function.line, (f"{function.name} has {function.parameters} parameters; "
                                  f"at most {MOST_PARAMETERS}")


def check_names(path, code):
    name = path.rpartition("/")[2]
    if re.search(layers.VAGUE_FILE, name):
        yield 1, "name the file after what it holds"
    for match in re.finditer(layers.VAGUE_TYPE, code):
        yield code.count("\n", 0, match.start()) + 1, f"{match[1]} says what it does to, not what it is"


def check_guard(path, lines):
    if not path.endswith(".h"):
        return
    guard = "WF_" + re.sub(r"\W", "_", path).upper() + "_"
    if f"#ifndef {guard}" not in lines or f"#define {guard}" not in lines:
        yield 1, f"the include guard is {guard}"
    for number, line in enumerate(lines, 1):
        if "#include <nlohmann/json.hpp>" in line:
            yield number, "JSON types stay out of headers"


def check_unfinished(lines):
    for number, line in enumerate(lines, 1):
        if UNFINISHED.search(line):
            yield number, "finish it, or name its issue: TODO(issue-12)"


def check_listed(root, path):
    """A source that no CMakeLists.txt names is never compiled."""
    folder = root / pathlib.PurePosixPath(path).parent
    name = path
    while folder != root.parent:
        listing = folder / "CMakeLists.txt"
        relative = (root / path).relative_to(folder).as_posix()
        if listing.exists():
            name = relative
            if re.search(rf"(?<![\w/]){re.escape(relative)}\b", listing.read_text()):
                return
        folder = folder.parent
    yield 1, f"no CMakeLists.txt lists {name.rpartition('/')[2]}"


def check_source(root, path):
    text = (root / path).read_text()
    lines = text.splitlines()
    code = cpp_text.blank_comments_and_strings(text)
    yield from check_includes(path, lines)
    yield from check_calls(path, code.splitlines())
    yield from check_sizes(path, text, lines)
    yield from check_names(path, code)
    yield from check_guard(path, lines)
    yield from check_unfinished(lines)
    yield from check_listed(root, path)


def check_cmake(root, path):
    banned = (r"file\(GLOB|\binclude_directories\(|(?<!_)\blink_libraries\(|\badd_definitions\(|"
              r"\bset\(CMAKE_CXX_FLAGS\b|\bFetchContent_|\bExternalProject_")
    for number, line in enumerate((root / path).read_text().splitlines(), 1):
        if re.search(banned, line) and not line.lstrip().startswith("#"):
            yield number, "targets list their sources and requirements; nothing is downloaded"


def violations(root):
    for top in TOP_FOLDERS:
        for file in sorted((root / top).rglob("*")):
            path = file.relative_to(root).as_posix()
            if "node_modules/" in path or not file.is_file():
                continue
            if file.suffix in (".h", ".cc"):
                found = check_source(root, path)
            elif file.name == "CMakeLists.txt" or file.suffix == ".cmake":
                found = check_cmake(root, path)
            else:
                continue
            for number, reason in found:
                yield f"{path}:{number}: {reason}"


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    found = list(violations(root))
    for violation in found:
        print(violation)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
