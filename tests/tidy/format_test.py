#!/usr/bin/env python3
"""Every source is formatted as .clang-format says. Exit 77 = skipped: no clang-format 14 here.

Usage: format_test.py [ROOT]      To mend: deploy/scripts/format.sh
"""
import pathlib
import shutil
import subprocess
import sys

SKIPPED = 77


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    program = shutil.which("clang-format-14")
    if program is None:
        print("skipped: clang-format-14 is not installed")
        return SKIPPED
    sources = [str(file.relative_to(root))
               for top in ("agent", "common", "coordinator", "tests")
               for file in sorted((root / top).rglob("*"))
               if file.suffix in (".h", ".cc") and "node_modules" not in file.parts]
    done = subprocess.run([program, "--dry-run", "-Werror", *sources], cwd=root, check=False)
    return 1 if done.returncode else 0


if __name__ == "__main__":
    sys.exit(main())
