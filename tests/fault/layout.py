#!/usr/bin/env python3
"""weir table optimize, convert and clone, and the compaction after a run, killed at each of their failpoints and at random moments:
afterwards deltalake reads the rows that it read before, at every version, and the same command run again finishes the work.
"""
import argparse, collections, os, pathlib, random, shutil, subprocess, sys, tempfile, time

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable, write_deltalake

from delta_rows import delta_rows

PROJECT = {
    "dbt_project.yml": "name: shop\nversion: '1.0'\nprofile: shop\nmodel-paths: [models]\n",
    "weir.yml": "id: 0c9f5b44-33f2-4f0c-9d57-6d9e1d9f0a11\ntarget: lake\n",
    "models/events.sql": "{{ config(materialized='incremental', tblproperties={'delta.autoOptimize.autoCompact': true}) }}\n"
                         "select i as id, i % 7 as g from range({{ var('day') }} * 10, {{ var('day') }} * 10 + 10) r(i)\n",
}


def rows(start, count):
    ids = range(start, start + count)
    return pa.table({"id": pa.array(ids, pa.int64()), "g": [i * 7919 % 101 for i in ids], "s": [f"s{i % 13}" for i in ids]})


def content(path):
    """The rows, by an engine that is not weir."""
    return collections.Counter(tuple(sorted(row.items())) for row in delta_rows(path).to_pylist())


def version(path):
    return DeltaTable(str(path)).version() if (path / "_delta_log").exists() and any((path / "_delta_log").glob("*.json")) else -1


class Checker:
    def __init__(self, weir, seed):
        self.weir, self.random, self.passed, self.failed = weir, random.Random(seed), 0, 0

    def expect(self, what, ok, more=""):
        self.passed += bool(ok)
        self.failed += not ok
        if not ok:
            print(f"FAILED {what} {more}")

    def run(self, folder, *words, fail=None, kill_after=None):
        env = {**os.environ, **({"WEIR_FAIL": fail} if fail else {})}
        process = subprocess.Popen([self.weir, *words], cwd=folder, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env=env)
        if kill_after is not None:
            try:
                process.wait(kill_after)
            except subprocess.TimeoutExpired:
                process.kill()
        _, errors = process.communicate()
        return process.returncode, errors

    def deaths(self, points):
        """Each failpoint, and some moments."""
        return [{"fail": f"{point}:crash"} for point in points] + [{"kill_after": self.random.uniform(0.02, 0.5)} for _ in range(4)]

    def command(self, name, folder, table, words, points, done):
        """`done`: whether the work is finished, from the table's path."""
        before = content(table) if version(table) >= 0 else None
        for death in self.deaths(points):
            what = f"{name} {death}"
            copy = folder.parent / "copy"
            shutil.copytree(folder, copy, symlinks=True)
            place = copy / table.relative_to(folder)
            code, errors = self.run(copy, *words, **death)
            self.expect(f"{what}: died or was done", code in (134, -9, 0) and (code == 134 or "fail" not in death), f"{code} {errors}")
            if before is not None:
                self.expect(f"{what}: the same rows", content(place) == before)
            again, errors = self.run(copy, *words)
            self.expect(f"{what}: run again", again in (0, 2), errors)
            self.expect(f"{what}: finished", done(place), errors)
            if before is not None:
                self.expect(f"{what}: the same rows at the end", content(place) == before)
            checked, errors = self.run(copy, "table", "check", ".".join(place.parts[-2:]), "--deep", *(["--lake", "lake"] if "--lake" in words else []))
            self.expect(f"{what}: log and files agree", checked == 0, errors)
            shutil.rmtree(copy)

    # ------------------------------------------------------------ commands
    def optimize(self, root, partitioned):
        folder = root / f"optimize-{partitioned}"
        table = folder / "lake" / "main" / "t"
        for k in range(6):
            write_deltalake(str(table), rows(k * 50, 50), mode="append", partition_by=["s"] if partitioned else None)
        was = len(DeltaTable(str(table)).file_uris())
        points = ["optimize.before", "optimize.done"]
        lake = ["--lake", "lake"]
        self.command(f"optimize partitioned={partitioned}", folder, table, ["table", "optimize", "main.t", *lake], points,
                     lambda place: len(DeltaTable(str(place)).file_uris()) < was)
        self.command(f"zorder partitioned={partitioned}", folder, table, ["table", "optimize", "main.t", "--zorder", "id,g", *lake], points,
                     lambda place: len(DeltaTable(str(place)).file_uris()) < was)

    def convert(self, root):
        folder = root / "convert"
        table = folder / "lake" / "main" / "t"
        for part in ("a", "b"):
            (table / f"p={part}").mkdir(parents=True)
            pq.write_table(rows(ord(part), 20), table / f"p={part}" / "f.parquet")
        files = {f.relative_to(folder): f.read_bytes() for f in table.rglob("*.parquet")}
        expected = collections.Counter(tuple(sorted({**row, "p": part}.items())) for part in ("a", "b") for row in rows(ord(part), 20).to_pylist())
        self.command("convert", folder, table, ["table", "convert", "lake/main/t", "--lake", "lake"], ["convert.before", "convert.done"],
                     lambda place: version(place) == 0 and content(place) == expected
                     and all((place.parents[2] / f).read_bytes() == b for f, b in files.items()))

    def clone(self, root):
        folder = root / "clone"
        source = folder / "lake" / "main" / "source"
        write_deltalake(str(source), rows(0, 50), mode="append")
        table = folder / "lake" / "main" / "t"
        for death in self.deaths(["clone.before", "clone.done"]):
            self.run(folder, "table", "clone", "main.source", "main.t", "--lake", "lake", **death)
            self.run(folder, "table", "clone", "main.source", "main.t", "--lake", "lake")
            self.expect(f"clone {death}", version(table) == 0 and content(table) == content(source))
            shutil.rmtree(table)

    def compaction(self, root):
        folder = root / "compaction"
        for name, text in PROJECT.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        self.run(folder, "build", "--vars", "{day: 0}")
        table = folder / "lake" / "main" / "events"
        for k in range(60):
            write_deltalake(str(table), rows(1000 + k, 1).select(["id", "g"]).cast(delta_rows(table).schema), mode="append")
        for day, point in enumerate(("optimize.before", "optimize.done", "state.before"), 1):
            expected = content(table)
            code, errors = self.run(folder, "build", "--vars", f"{{day: {day}}}", fail=f"{point}:crash")
            self.expect(f"compaction {point}: died", code == 134, f"{code} {errors}")
            after = content(table)
            fresh = after - expected
            self.expect(f"compaction {point}: the run is published once", len(fresh) == 10 and not expected - after, f"{len(fresh)}")
            code, errors = self.run(folder, "build", "--vars", f"{{day: {day}}}")
            self.expect(f"compaction {point}: next run", code == 0, errors)
            for k in range(60):  # small files for the next one
                write_deltalake(str(table), rows(10_000 * day + k, 1).select(["id", "g"]).cast(delta_rows(table).schema), mode="append")
        code, errors = self.run(folder, "build", "--vars", "{day: 9}")
        self.expect("compaction: done at last", code == 0 and len(DeltaTable(str(table)).file_uris()) < 10, errors)
        checked, errors = self.run(folder, "table", "check", "events", "--deep")
        self.expect("compaction: log and files agree", checked == 0, errors)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--weir", required=True)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    checker = Checker(str(pathlib.Path(args.weir).resolve()), args.seed)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="weir-layout-") as temporary:
        root = pathlib.Path(temporary)
        for partitioned in (False, True):
            checker.optimize(root, partitioned)
        checker.convert(root)
        checker.clone(root)
        checker.compaction(root)
    print(f"{checker.passed} passed, {checker.failed} failed, {time.monotonic() - started:.0f} s")
    sys.exit(1 if checker.failed else 0)


main()
