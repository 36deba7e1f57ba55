#!/usr/bin/env python3
"""VACUUM by weir on tables that deltalake wrote: what it would remove against deltalake's own list for a copy of the same table,
and every version inside the retention read by deltalake afterwards, also when the vacuum died in the middle.

The tables' days are simulated: the times in the log and those of the files are set back, version by version.
"""
import argparse, json, os, pathlib, random, shutil, subprocess, sys, tempfile, time
from urllib.parse import unquote

import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

from delta_rows import delta_rows

HOUR = 3600
DAY = 24 * HOUR


def rows(start, count):
    ids = list(range(start, start + count))
    return pa.table({"id": pa.array(ids, pa.int64()), "part": [f"p {i % 3}/x" for i in ids], "v": [i * 1.5 for i in ids]})


def make(path, partitioned, chance):
    """Some twenty versions: appends, deletes, overwrites, compactions, a restore."""
    by = ["part"] if partitioned else None
    for k in range(20):
        step = chance.choice(["append", "append", "delete", "overwrite", "optimize", "restore"]) if k > 2 else "append"
        if step == "append":
            write_deltalake(str(path), rows(k * 10, 10), mode="append", partition_by=by)
        elif step == "overwrite":
            write_deltalake(str(path), rows(k * 10, 10), mode="overwrite", partition_by=by)
        elif step == "delete":
            DeltaTable(str(path)).delete(f"id % 7 = {k % 7}")
        elif step == "optimize":
            DeltaTable(str(path)).optimize.compact()
        else:
            DeltaTable(str(path)).restore(max(DeltaTable(str(path)).version() - 2, 0))


def age(path, now):
    """Version v was made (last - v) days ago, and so were its files."""
    commits = sorted((path / "_delta_log").glob("*.json"))
    times = {}
    for v, commit in enumerate(commits):
        at = now - (len(commits) - 1 - v) * DAY - HOUR
        lines = []
        for line in commit.read_text().splitlines():
            action = json.loads(line)
            if "add" in action:
                action["add"]["modificationTime"] = int(at * 1000)
                times.setdefault(action["add"]["path"], at)
            if "remove" in action:
                action["remove"]["deletionTimestamp"] = int(at * 1000)
            if "commitInfo" in action:
                action["commitInfo"]["timestamp"] = int(at * 1000)
            lines.append(json.dumps(action))
        commit.write_text("\n".join(lines) + "\n")
        os.utime(commit, (at, at))
    for file, at in times.items():
        os.utime(path / unquote(file), (at, at))
    return {v: now - (len(commits) - 1 - v) * DAY - HOUR for v in range(len(commits))}


def data_files(path):
    return {str(f.relative_to(path)) for f in path.rglob("*") if f.is_file() and "_delta_log" not in f.parts}


def content(path, version):
    return sorted(delta_rows(DeltaTable(str(path), version=version)).select(["id", "part", "v"]).to_pylist(),
                  key=lambda row: row["id"])


def files_of(path, version):
    return {uri.split("/main/t/")[1] for uri in DeltaTable(str(path), version=version).file_uris()}


class Checker:
    def __init__(self, weir):
        self.weir, self.passed, self.failed, self.differences = weir, 0, 0, 0

    @staticmethod
    def theirs(table, days):
        return set(DeltaTable(str(table)).vacuum(retention_hours=days * 24, dry_run=True, enforce_retention_duration=False,
                                                 full=True))

    def expect(self, what, ok, more=""):
        self.passed += bool(ok)
        self.failed += not ok
        if not ok:
            print(f"FAILED {what} {more}")

    def run(self, lake, *words, env=None):
        return subprocess.run([self.weir, "table", "vacuum", "main.t", "--lake", str(lake), *words], text=True,
                              capture_output=True, env={**os.environ, **(env or {})}, cwd=lake)

    def listed(self, lake, *words):
        done = self.run(lake, "--dry-run", *words)
        self.expect(f"dry run {words}", done.returncode == 0, done.stderr)
        return {line.removeprefix("main/t/") for line in done.stdout.splitlines() if line.startswith("main/t/")}

    def one_table(self, root, name, partitioned, seed):
        original = root / name / "lake"
        table = original / "main" / "t"
        table.parent.mkdir(parents=True)
        make(table, partitioned, random.Random(seed))
        now = time.time()
        times = age(table, now)
        newest = DeltaTable(str(table)).version()
        for days in (0, 3, 7, 12):
            words = ["--retain", f"{days * 24}h"] + (["--force"] if days < 7 else [])
            weirs = self.listed(original, *words)
            theirs = self.theirs(table, days)
            inside = [v for v in times if v == newest or times[v + 1] >= now - days * DAY]
            needed = set.union(*(files_of(table, v) for v in inside))
            # deltalake gives away a file that was removed, restored and removed again, by its first tombstone.
            self.expect(f"{name} {days} d: the same list as deltalake", weirs == theirs - needed,
                        f"only weir {sorted(weirs - theirs)}, only deltalake {sorted(theirs - needed - weirs)}")
            self.differences += len(theirs & needed)
            lites = self.listed(original, "--lite", *words)
            self.expect(f"{name} {days} d: lite finds the same tombstones", lites == weirs, f"{sorted(weirs ^ lites)}")
            before = {v: content(table, v) for v in inside}
            for how in ([], ["--lite"], ["killed"]):
                copy = root / name / f"copy-{days}-{'-'.join(how)}"
                shutil.copytree(original, copy)  # keeps the times
                if how == ["killed"]:
                    died = self.run(copy, *words, env={"WEIR_FAIL": "vacuum.files"})
                    self.expect(f"{name} {days} d: died", died.returncode == (134 if weirs else 0), died.stderr)
                done = self.run(copy, *words, *[w for w in how if w != "killed"])
                self.expect(f"{name} {days} d {how}: done", done.returncode == 0, done.stderr)
                left = data_files(table) - data_files(copy / "main" / "t")
                self.expect(f"{name} {days} d {how}: removed what was listed", left == weirs, f"{sorted(left ^ weirs)}")
                for v in inside:
                    self.expect(f"{name} {days} d {how}: version {v}", content(copy / "main" / "t", v) == before[v])
                more = {f for f in self.theirs(copy / "main" / "t", days) - needed if (copy / "main" / "t" / f).exists()}
                self.expect(f"{name} {days} d {how}: deltalake finds nothing more", not more, more)
                shutil.rmtree(copy)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--weir", required=True)
    parser.add_argument("--tables", type=int, default=4)
    args = parser.parse_args()
    checker = Checker(str(pathlib.Path(args.weir).resolve()))
    with tempfile.TemporaryDirectory(prefix="weir-vacuum-") as temporary:
        for k in range(args.tables):
            checker.one_table(pathlib.Path(temporary), f"table-{k}", k % 2 == 1, k)
    print(f"{checker.differences} files that deltalake would take from versions inside the retention")
    print(f"{checker.passed} passed, {checker.failed} failed")
    sys.exit(1 if checker.failed else 0)


main()
