#!/usr/bin/env python3
"""Holds the sources to src/LAYERS: who may include whom, and which third-party header may appear where.

Prints each violation as file:line. --self-test plants violations in a copy of a small tree and proves that each is found; the
plain run does that first too.
"""
import argparse
import pathlib
import re
import sys
import tempfile

INCLUDE = re.compile(r'^\s*#\s*(?:include|import)\s*([<"])([^>"]+)[>"]')


class Layers:
    def __init__(self, text):
        self.rank, self.only = {}, []
        for number, line in enumerate(text.splitlines()):
            words = line.split("#")[0].split()
            if words[:1] == ["only"]:
                self.only += [(words[1], prefix) for prefix in words[2:]]
            else:
                self.rank.update({folder: number for folder in words})

    def folder_of(self, path):
        """The longest folder of the rule that holds the path; None for none."""
        holders = [f for f in self.rank if path.startswith(f + "/")]
        return max(holders, key=len, default=None)

    def broken_by(self, path, quote, header):
        """Why the file may not include the header, or None."""
        own = self.folder_of(path)
        for folder, prefix in self.only:
            if header.startswith(prefix) and own != folder and not path.startswith(folder + "/"):
                return f"<{header}> may be included in {folder}/ only"
        if quote == "<":
            return None
        target = self.folder_of(header)
        if target is None:
            return f'"{header}" is in no folder of src/LAYERS; name own headers from src/ on'
        if own is None:  # src/main.cpp stands above all
            return None
        if target != own and self.rank[target] >= self.rank[own]:
            return f"{own}/ may not include {target}/ (src/LAYERS)"
        return None


def check(src):
    layers = Layers((src / "LAYERS").read_text())
    problems, files, includes = [], 0, 0
    for path in sorted(p for p in src.rglob("*") if p.suffix in (".h", ".cpp", ".def", ".inc")):
        name = path.relative_to(src).as_posix()
        files += 1
        if "/" in name and layers.folder_of(name) is None:
            problems.append(f"src/{name}:1: the folder is not named in src/LAYERS")
            continue
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            if found := INCLUDE.match(line):
                includes += 1
                if why := layers.broken_by(name, *found.groups()):
                    problems.append(f"src/{name}:{number}: {why}")
    return problems, files, includes


PLANTED = {
    "base/a.cpp": ['#include "base/a.h"', "#include <yaml-cpp/yaml.h>", "#include <string>"],
    "base/up.cpp": ['#include "lake/a.h"  // BAD'],
    "lake/a.cpp": ['#include "base/a.h"', '#include "lake/b.h"', '#include "state/a.h"  // BAD'],
    "lake/yaml.cpp": ["#  include <yaml-cpp/yaml.h>  // BAD"],
    "lake/lost.cpp": ['#include "a.h"  // BAD'],
    "lake/publish/a.cpp": ['#include "lake/a.h"', '#include "state/a.h"'],
    "lake/down.cpp": ['#include "lake/publish/a.h"  // BAD'],
    "engine/a.cpp": ['#include "lake/publish/a.h"', '#include "duckdb.h"  // BAD'],
    "engine/duckdb/a.cpp": ['#include <duckdb/main/a.hpp>', '#include "engine/a.h"'],
    "connectors/files/a.cpp": ['#include "engine/duckdb/a.h"  // BAD'],
    "nowhere/a.cpp": ["// BAD"],
    "main.cpp": ['#include "connectors/files/a.h"'],
}


def self_test():
    with tempfile.TemporaryDirectory() as temporary:
        src = pathlib.Path(temporary)
        src.joinpath("LAYERS").write_text(
            "# rule\nbase\nlake state\nlake/publish\nengine\nengine/duckdb connectors\nonly base yaml-cpp/\nonly engine/duckdb duckdb\n")
        wanted = set()
        for name, lines in PLANTED.items():
            path = src / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("\n".join(lines) + "\n")
            wanted |= {f"src/{name}:{number}" for number, line in enumerate(lines, 1) if "BAD" in line}
        found = {problem.split(": ")[0] for problem in check(src)[0]}
    if found != wanted:
        sys.exit(f"check_layers does not work: missed {sorted(wanted - found)}, invented {sorted(found - wanted)}")
    return len(wanted)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--self-test", action="store_true", help="only prove that planted violations are found")
    args = parser.parse_args()
    planted = self_test()
    if args.self_test:
        print(f"layers self-test: ok ({planted} planted violations found)")
        return
    problems, files, includes = check(pathlib.Path(__file__).resolve().parent.parent / "src")
    print("\n".join(problems + [f"layers: {'ok' if not problems else 'broken'} ({files} files, {includes} includes, "
                                f"{len(problems)} violations)"]))
    sys.exit(1 if problems else 0)


main()
