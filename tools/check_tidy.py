#!/usr/bin/env python3
"""clang-tidy over the sources, with a ratchet: a file may have no more findings of a check than tools/tidy_ratchet.txt lists.

--sample N takes N files only: those of the newest commit first, then others chosen by the commit's hash, so that in time all
are seen. --update rewrites the ratchet from a full run. Each file is read alone, without batches and
precompiled header, so a missing include shows here too. What was found is remembered in build/tidy/found, and a file is read
again only if it, its command, a header that it includes, .clang-tidy or clang-tidy itself is another one.
"""
import argparse
import collections
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

root = pathlib.Path(__file__).resolve().parent.parent
RATCHET = root / "tools/tidy_ratchet.txt"
NOT_CLANG = {"-fno-gnu-unique", "-Wno-maybe-uninitialized", "-Wno-stringop-overflow", "-Werror"}  # of GCC only
FINDING = re.compile(r"^(/[^:]+):(\d+):\d+: (?:warning|error): (.*) \[([\w.,-]+)\]$")


def configured():
    """A folder whose compile_commands.json names each source by itself."""
    build = root / "build/tidy"
    subprocess.run(["cmake", "--preset", "dev", "-B", str(build), "-DWEIR_UNITY=OFF", "-DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON"],
                   cwd=root, check=True, stdout=subprocess.DEVNULL)
    return build


def clang_commands(build, folder):
    """Writes compile_commands.json for clang into the folder; returns the sources of src/ in it."""
    commands, sources = [], []
    for entry in json.loads((build / "compile_commands.json").read_text()):
        path = pathlib.Path(entry["file"])
        if (root / "src") not in path.parents or path.suffix != ".cpp":
            continue
        kept = [word for word in shlex.split(entry["command"]) if word not in NOT_CLANG and not word.endswith("ccache")]
        commands.append({**entry, "command": shlex.join(kept)})
        sources.append(path.relative_to(root).as_posix())
    pathlib.Path(folder, "compile_commands.json").write_text(json.dumps(commands))
    return sorted(sources)


def git(*words):
    return subprocess.run(["git", *words], cwd=root, capture_output=True, text=True).stdout


def sample(sources, count):
    head = git("rev-parse", "HEAD").strip()
    changed = set(git("show", "--name-only", "--format=", "HEAD").split())
    return sorted(sources, key=lambda s: (s not in changed, hashlib.sha256((head + s).encode()).hexdigest()))[:count]


class Remembered:
    """What clang-tidy found in a source, as long as nothing that it read has changed."""

    def __init__(self, build, folder):
        self.folder, self.hashes = build / "found", {}
        self.folder.mkdir(exist_ok=True)
        entries = json.loads(pathlib.Path(folder, "compile_commands.json").read_text())
        self.commands = {pathlib.Path(e["file"]).relative_to(root).as_posix(): (e["command"], e["directory"]) for e in entries}
        version = subprocess.run(["clang-tidy-14", "--version"], capture_output=True, text=True, check=True).stdout
        self.tool = hashlib.sha256((version + (root / ".clang-tidy").read_text()).encode()).hexdigest()

    def hash_of(self, path):
        if path not in self.hashes:
            try:
                self.hashes[path] = hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()
            except OSError:
                self.hashes[path] = "absent"
        return self.hashes[path]

    def key(self, source, reads):
        words = [self.tool, self.commands[source][0], *(path + self.hash_of(path) for path in reads)]
        return hashlib.sha256("\n".join(words).encode()).hexdigest()

    def reads(self, source):
        """Every file that the compiler reads for the source; none where it does not say."""
        command, directory = self.commands[source]
        words = shlex.split(command)
        words = ["clang++-14", *words[1:words.index("-o")], *words[words.index("-o") + 2:], "-M", "-w"]
        done = subprocess.run(words, cwd=directory, capture_output=True, text=True)
        names = shlex.split(done.stdout.replace("\\\n", " "))[1:] if done.returncode == 0 else []
        return sorted(os.path.normpath(os.path.join(directory, name)) for name in names)

    def findings(self, folder, source):
        """As tidy() gives them."""
        path = self.folder / (source.replace("/", "+") + ".json")
        if path.exists():
            entry = json.loads(path.read_text())
            if entry["key"] == self.key(source, entry["reads"]):
                return {tuple(f) for f in entry["findings"]}, ""
        reads = self.reads(source)
        key = self.key(source, reads)
        found, problem = tidy(folder, source)
        if reads and not problem:
            written = path.with_suffix(".new")
            written.write_text(json.dumps({"key": key, "reads": reads, "findings": sorted(found)}))
            written.replace(path)
        return found, problem


def tidy(folder, source):
    done = subprocess.run(["clang-tidy-14", "-p", folder, "--quiet", str(root / source)], capture_output=True, text=True)
    findings = set()
    for line in done.stdout.splitlines():
        if found := FINDING.match(line):
            path = pathlib.Path(os.path.normpath(found[1]))
            if (root / "src") in path.parents:
                findings.add((path.relative_to(root).as_posix(), int(found[2]), found[4].split(",")[0], found[3]))
    broken = done.stderr if done.returncode != 0 or "Error while processing" in done.stderr else ""
    return findings, broken


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int)
    parser.add_argument("--update", action="store_true")
    parser.add_argument("files", nargs="*", help="only these sources")
    args = parser.parse_args()
    allowed = collections.Counter()
    for line in RATCHET.read_text().splitlines() if RATCHET.exists() else []:
        if line and not line.startswith("#"):
            path, check, count = line.split()
            allowed[path, check] = int(count)
    findings, broken = set(), []
    with tempfile.TemporaryDirectory() as folder:
        build = configured()
        sources = clang_commands(build, folder)
        remembered = Remembered(build, folder)
        if args.files:
            sources = [s for s in sources if s in args.files]
        elif args.sample:
            sources = sample(sources, args.sample)
        if not sources:
            sys.exit("tidy: no such sources")
        with concurrent.futures.ThreadPoolExecutor(max_workers=int(os.environ.get("JOBS", os.cpu_count() or 1))) as pool:
            for source, (found, problem) in zip(sources, pool.map(lambda s: remembered.findings(folder, s), sources)):
                findings |= found
                if problem:
                    broken.append(f"{source}:1: clang-tidy failed: {problem.strip()[-500:]}")
    counts = collections.Counter((path, check) for path, _, check, _ in findings)
    if args.update:
        lines = [f"{path} {check} {count}" for (path, check), count in sorted(counts.items())]
        RATCHET.write_text("# Findings of clang-tidy that are still there: <file> <check> <how many>. The list may only shrink.\n"
                           + "".join(line + "\n" for line in lines))
        allowed = counts
    over = {key for key, count in counts.items() if count > allowed[key]}
    problems = broken + [f"{path}:{line}: {text} [{check}]" for path, line, check, text in sorted(findings) if (path, check) in over]
    if not args.sample and not args.files:
        problems += [f"tools/tidy_ratchet.txt:1: {path} has {counts[path, check]} of {check} now, {count} are listed: run with --update"
                     for (path, check), count in sorted(allowed.items()) if counts[path, check] < count]
    print("\n".join(problems + [f"tidy: {'ok' if not problems else 'broken'} ({len(sources)} files, {len(findings)} findings, "
                                f"{len(problems)} not allowed)"]))
    sys.exit(1 if problems else 0)


main()
