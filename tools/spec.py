#!/usr/bin/env python3
"""Runs the stories under tests/spec: the real binary, told as a person would use it.

A story is tests/spec/NNN-name/story.txt (files beside it are copied into the story's folder first):

    Any text outside of blocks explains.

    --- file: models/a.sql
    select 1 as id
    ---
    $ weir build
     ... expected output: standard output and error as they come ...
    [exit 2]

    $ cat > x <<'EOF'
    > a line of the same command
    > EOF

The expected output ends at the first blank line, unless the block was begun with "$$ " instead of "$ ": then it ends at a
line "$$". `[exit N]` follows the output when the exit code is not 0.

Each story runs in a fresh folder, which is also HOME; every command is a bash of its own, so `cd` and variables do not last,
but `--- env: NAME=value` does. In expected output
    ...          alone on a line: any number of lines; within a line: any text
    <ms>         a duration ("41 ms", "1.4 s", "2 min 3 s")         <n>      a number ("1,204")
    <bytes>      a size ("12.9 MB")                                 <time>   a time (2026-01-05T09:12:44Z, 2026-01-05 09:12)
    <uuid>  <run> (a ULID)  <hash> (hex)  <dir> (the story's folder)  <any> (a word)
`--update` rewrites what does not fit any more, putting these marks in.
"""
import argparse
import concurrent.futures
import difflib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

MARKS = {
    "ms": r"\d+(?:\.\d+)? (?:ms|s|min|h)(?: \d+ (?:s|min))?",
    "n": r"-?\d[\d,]*(?:\.\d+)?",
    "bytes": r"\d+(?:\.\d+)? (?:B|bytes|kB|KB|MB|GB|KiB|MiB|GiB)",
    "time": r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:\.\d+)?(?:Z|[+-]\d\d(?::\d\d)?)?",
    "uuid": r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    "run": r"[0-9A-HJKMNP-TV-Z]{26}",
    "hash": r"[0-9a-f]{7,64}",
    "any": r"\S+",
}


class Block:
    """One command with what it should print."""

    def __init__(self, line, command, expected, code, fenced):
        self.line, self.command, self.expected, self.code, self.fenced = line, command, expected, code, fenced


def parse(text):
    """The story as a list of ("text", lines) | ("file", path, lines) | ("env", name, value) | ("block", Block)."""
    lines, parts, i = text.split("\n"), [], 0
    while i < len(lines):
        line = lines[i]
        if line.startswith("--- file: "):
            end = lines.index("---", i + 1)
            parts.append(("file", line[10:].strip(), lines[i + 1:end]))
            i = end + 1
        elif line.startswith("--- env: "):
            name, value = line[9:].split("=", 1)
            parts.append(("env", name.strip(), value))
            i += 1
        elif line.startswith("$ ") or line.startswith("$$ "):
            fenced, start = line.startswith("$$ "), i
            command = [line[3 if fenced else 2:]]
            i += 1
            while i < len(lines) and (lines[i].startswith("> ") or lines[i] == ">"):
                command.append(lines[i][2:])
                i += 1
            expected, code = [], 0
            while i < len(lines) and (lines[i] != "$$" if fenced else lines[i] != ""):
                exit_line = re.fullmatch(r"\[exit (\d+)\]", lines[i])
                if exit_line:
                    code = int(exit_line[1])
                else:
                    expected.append(lines[i])
                i += 1
            i += 1 if fenced else 0
            parts.append(("block", Block(start + 1, "\n".join(command), expected, code, fenced)))
        else:
            parts.append(("text", [line]))
            i += 1
    return parts


def pattern_of(line, folder):
    out = ""
    for piece in re.split(r"(<(?:%s)>|<dir>|\.\.\.)" % "|".join(MARKS), line):
        if piece == "...":
            out += ".*"
        elif piece == "<dir>":
            out += re.escape(folder)
        elif piece[1:-1] in MARKS and piece[:1] == "<":
            out += MARKS[piece[1:-1]]
        else:
            out += re.escape(piece)
    return re.compile(out)


def fits(expected, actual, folder):
    """Whole outputs: '...' alone on a line matches any number of lines."""
    patterns = [None if line.strip() == "..." else pattern_of(line, folder) for line in expected]
    reachable = {0}  # how many patterns are used up
    for line in actual:
        after = set()
        for at in closure(reachable, patterns):
            if at < len(patterns):
                if patterns[at] is None:
                    after.add(at)
                elif patterns[at].fullmatch(line):
                    after.add(at + 1)
        reachable = after
    return len(patterns) in closure(reachable, patterns)


def closure(reachable, patterns):
    seen = set(reachable)
    for at in sorted(reachable):
        while at < len(patterns) and patterns[at] is None:
            at += 1
            seen.add(at)
    return seen


def marked(line, folder):
    """A line with marks where runs differ: ids, times of today, durations, sizes in bytes."""
    line = line.replace(folder, "<dir>")
    for name in ("uuid", "run"):
        line = re.sub(r"(?<![\w-])" + MARKS[name] + r"(?!\w)", f"<{name}>", line)
    now = time.time()
    days = {time.strftime("%Y-%m-%d", time.gmtime(now + shift)) for shift in (-60, 0, 60)}
    line = re.sub(MARKS["time"], lambda found: "<time>" if found[0][:10] in days else found[0], line)
    line = re.sub(r"\b[0-9a-f]{64}\b", "<hash>", line)
    line = re.sub(r"(?<![\w.=])" + MARKS["ms"] + r"(?!\w)", "<ms>", line)
    line = re.sub(r"\b((?:source_)?bytes|ms|rows_per_s)=\d+", r"\1=<n>", line)
    return re.sub(r'"((?:source_)?bytes|ms|rows_per_s)":\d+', r'"\1":<n>', line)


class Story:
    def __init__(self, path, weir):
        self.path, self.weir, self.name = path, weir, path.parent.name
        self.parts = parse(path.read_text())
        self.commands = 0

    def environment(self, folder):
        keep = {k: os.environ[k] for k in ("LD_LIBRARY_PATH", "ASAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS") if k in os.environ}
        tools = str(pathlib.Path(__file__).resolve().parent.parent / "tests/spec/bin")
        source = str(pathlib.Path(__file__).resolve().parent.parent)
        # One step at a time, so that lines come in one order.
        return {**keep, "PATH": f"{self.weir.parent}:{tools}:{os.environ['PATH']}", "HOME": folder, "TZ": "UTC", "LANG": "C.UTF-8",
                "SPEC_PYTHON": sys.executable, "WEIR_THREADS": "1", "COLUMNS": "120", "WEIR_SOURCE": source}

    def run(self, update):
        """Differences as text; '' when all fits."""
        with tempfile.TemporaryDirectory(prefix="spec-") as temporary:
            folder = os.path.realpath(temporary)
            for item in self.path.parent.iterdir():
                if item.name != "story.txt":
                    (shutil.copytree if item.is_dir() else shutil.copy)(item, pathlib.Path(folder) / item.name)
            return self.tell(pathlib.Path(folder), update)

    def tell(self, folder, update):
        env, wrong = self.environment(str(folder)), []
        for part in self.parts:
            if part[0] == "file":
                target = folder / part[1]
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text("".join(line + "\n" for line in part[2]))
            elif part[0] == "env":
                env[part[1]] = part[2].replace("<dir>", str(folder)).replace("<python>", sys.executable)
            elif part[0] == "block":
                self.commands += 1
                wrong += self.check(part[1], folder, env, update)
                if wrong and not update:
                    break  # what follows builds on it
        if update and wrong:
            self.path.write_text(self.rewritten())
        return "\n".join(wrong)

    def check(self, block, folder, env, update):
        done = subprocess.run(["bash", "-c", block.command], cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=120)
        actual = done.stdout.decode("utf-8", "replace").split("\n")
        while actual and actual[-1].strip() == "":
            actual.pop()
        actual = [line.rstrip() for line in actual]
        expected = [line.rstrip() for line in block.expected]
        if not block.fenced:  # a blank line would end the block
            actual = [line for line in actual if line]
        if fits(expected, actual, str(folder)) and done.returncode == block.code:
            return []
        shown = [marked(line, str(folder)) for line in actual]
        report = [f"{self.name}:{block.line}: $ {block.command.splitlines()[0]}"]
        report += list(difflib.unified_diff(expected, shown, "expected", "printed", lineterm="", n=1))[2:]
        if done.returncode != block.code:
            report.append(f"exit code {done.returncode}, expected {block.code}")
        if update:
            block.expected, block.code = shown, done.returncode
        return report

    def rewritten(self):
        out = []
        for part in self.parts:
            if part[0] == "text":
                out += part[1]
            elif part[0] == "file":
                out += [f"--- file: {part[1]}", *part[2], "---"]
            elif part[0] == "env":
                out.append(f"--- env: {part[1]}={part[2]}")
            else:
                block = part[1]
                first, *rest = block.command.split("\n")
                out += [("$$ " if block.fenced else "$ ") + first, *[("> " + line).rstrip() for line in rest], *block.expected]
                out += [f"[exit {block.code}]"] if block.code else []
                out += ["$$"] if block.fenced else []
        return "\n".join(out)


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--weir", required=True, type=pathlib.Path, help="the binary")
    options.add_argument("--update", action="store_true", help="rewrite expectations that do not fit")
    options.add_argument("-j", type=int, default=os.cpu_count())
    options.add_argument("names", nargs="*", help="only stories whose folder's name contains one of these")
    options = options.parse_args()
    root = pathlib.Path(__file__).resolve().parent.parent / "tests/spec"
    stories = [Story(path, options.weir.resolve()) for path in sorted(root.glob("*/story.txt"))
               if not options.names or any(name in path.parent.name for name in options.names)]
    started, failed = time.monotonic(), 0

    def attempt(story):
        try:
            return story, story.run(options.update)
        except Exception as problem:  # a story that cannot be told is a failed one
            return story, f"{story.name}: {type(problem).__name__}: {problem}"

    with concurrent.futures.ThreadPoolExecutor(options.j) as pool:
        for story, wrong in pool.map(attempt, stories):
            if wrong:
                failed += 1
                print(("updated " if options.update else "FAILED ") + story.name + "\n" + wrong + "\n", flush=True)
    commands = sum(story.commands for story in stories)
    print(f"{len(stories)} stories, {commands} commands, {time.monotonic() - started:.1f} s")
    print(f"{len(stories) - failed} passed, {failed} failed")
    return 1 if failed or not stories else 0


if __name__ == "__main__":
    sys.exit(main())
