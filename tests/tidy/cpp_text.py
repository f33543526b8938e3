"""Just enough of C++ to count lines of functions and to skip comments and strings."""
import re
from typing import NamedTuple

RAW_STRING = re.compile(r'R"([^()\\ ]{0,16})\(')


def blank_comments_and_strings(text):
    """`text` with comments and literals replaced by spaces; line breaks stay where they were."""
    out = []
    i = 0
    while i < len(text):
        end = _literal_end(text, i)
        if end is None:
            out.append(text[i])
            i += 1
            continue
        out.append("".join("\n" if c == "\n" else " " for c in text[i:end]))
        i = end
    return "".join(out)


def _literal_end(text, i):
    """Where the comment or literal that starts at `i` ends, or None."""
    two = text[i:i + 2]
    if two == "//":
        end = text.find("\n", i)
        return len(text) if end < 0 else end
    if two == "/*":
        end = text.find("*/", i + 2)
        return len(text) if end < 0 else end + 2
    if raw := RAW_STRING.match(text, i):
        end = text.find(")" + raw[1] + '"', raw.end())
        return len(text) if end < 0 else end + len(raw[1]) + 2
    is_separator = text[i] == "'" and i > 0 and text[i - 1].isalnum()
    if text[i] not in "\"'" or is_separator:
        return None
    j = i + 1
    while j < len(text) and text[j] not in (text[i], "\n"):
        j += 2 if text[j] == "\\" else 1
    return min(j + 1, len(text))


class Function(NamedTuple):
    line: int
    name: str
    lines: int
    parameters: int


SCOPE = re.compile(r"\b(namespace|class|struct|union|enum|extern)\b[^;(){}]*$|^\s*$")
ACCESS = re.compile(r"^\s*(public|protected|private)\s*:(?!:)")
# What may stand between a parameter list and a body.
AFTER_PARAMETERS = re.compile(
    r"^(\s*(const|noexcept(\(.*\))?|override|final|mutable|&&?|->\s*[\w:<>,*&\s\[\]]+"
    r"|requires\b.*|ABSL_\w+(\([^()]*\))?|:\s*.*))*\s*$", re.S)


def functions(text):
    """Every function defined at namespace or class scope of `text`, lambdas counted as part."""
    code = blank_comments_and_strings(text)
    code = re.sub(r"^[ \t]*#(?:.*\\\n)*.*$", lambda m: re.sub(r"[^\n]", " ", m[0]), code,
                  flags=re.M)
    found = []
    statement = 0  # where the text before the next brace begins
    depth_of_function = None
    depth = 0
    header = (0, "", 0)
    parens = 0
    for i, c in enumerate(code):
        if c in "()":
            parens += 1 if c == "(" else -1
        elif c == "{":
            before = ACCESS.sub(lambda m: re.sub(r"\S", " ", m[0]), code[statement:i])
            if depth_of_function is None and parens == 0:
                signature = _signature(before)
                if signature:
                    depth_of_function = depth
                    first = statement + len(before) - len(before.lstrip())
                    header = (code.count("\n", 0, first) + 1, *signature)
            depth += 1
            if depth_of_function is None and parens == 0:
                statement = i + 1
        elif c == "}":
            depth -= 1
            if depth == depth_of_function:
                last = code.count("\n", 0, i) + 1
                rest = code[i + 1:].lstrip()
                if rest[:1] in (",", "{"):  # a member initialiser with braces, not the body
                    continue
                found.append(Function(header[0], header[1], last - header[0] + 1, header[2]))
                depth_of_function = None
            if depth_of_function is None and parens == 0:
                statement = i + 1
        elif c == ";" and depth_of_function is None and parens == 0:
            statement = i + 1
    return found


def _signature(before):
    """(name, number of parameters) when `before` is what stands before a function's body."""
    if SCOPE.search(before) and "operator" not in before and "(" not in before:
        return None
    before = re.sub(r"^\s*template\s*<[^{}]*?>\s*(?=[\w\[:])", "", before)
    opening = re.search(r"(operator\s*\(\s*\)|operator\s*[^\s\w(]+|~?\w+)\s*\(", before)
    if not opening or re.match(r"(if|for|while|switch|return|catch|sizeof|decltype)$",
                               opening[1]):
        return None
    if "=" in before[:opening.start()] and not opening[1].startswith("operator"):
        return None
    close = _matching(before, opening.end() - 1)
    if close is None or not AFTER_PARAMETERS.match(before[close + 1:]):
        return None
    return opening[1], _count(before[opening.end():close])


def _matching(text, opening):
    depth = 0
    for i in range(opening, len(text)):
        depth += {"(": 1, ")": -1}.get(text[i], 0)
        if depth == 0:
            return i
    return None


def _count(parameters):
    if not parameters.strip():
        return 0
    depth = 0
    count = 1
    for i, c in enumerate(parameters):
        if c in "([{<":
            depth += 1
        elif c in ")]}" or (c == ">" and parameters[i - 1] != "-"):
            depth -= 1
        elif c == "," and depth == 0:
            count += 1
    return count
