#!/usr/bin/env python3
"""Tables that weir keeps as Hudi tables too, read by Hudi's own reader (hudi-rs).

Random operations run on tables with 'delta.universalFormat.enabledFormats' = 'hudi'; after each one Hudi's newest snapshot must hold the
rows that weir reads, and at the end each instant those of its version. Then weir dies between its commit and the timeline: the next
commit brings the timeline up.
"""
import argparse, collections, json, pathlib, random, subprocess, sys, tempfile

import hudi
import pyarrow as pa
import pyarrow.parquet
from deltalake import DeltaTable, write_deltalake
from lake_and_rows import Lake, plain

PROPERTY = "'delta.universalFormat.enabledFormats' = 'hudi'"
COLUMNS = {"id": "BIGINT", "p": "VARCHAR", "d": "DECIMAL(12,2)", "big": "DECIMAL(30,3)", "f": "DOUBLE", "b": "BOOLEAN", "i": "SMALLINT",
           "day": "DATE", "tz": "TIMESTAMPTZ", "bin": "BLOB", "l": "INTEGER[]", "s": "STRUCT(a INTEGER, b VARCHAR)",
           "m": "MAP(VARCHAR, INTEGER)"}
ROW = ("i, ['a', 'b c/d', NULL, 'é=%'][i % 4 + 1], i / 4, i::HUGEINT * 1000000000000000000, i / 3.0, i % 2 = 0, i % 100, DATE '2026-01-01' + i::INTEGER, "
       "TIMESTAMPTZ '2026-01-01 00:00:00+00' + to_seconds(i), 'x'::BLOB, [i, NULL], {'a': i, 'b': 's' || i}, MAP {'k': i}")
KINDS = {  # name -> (columns beside those above, PARTITIONED BY)
    "plain": ({}, ""),
    "partitioned": ({}, "p"),
    "without zone": ({"n": "TIMESTAMP"}, ""),
    "without zone, partitioned": ({"n": "TIMESTAMP"}, "p"),
}


def as_hudi(path, instant=None):
    table = hudi.HudiTableBuilder.from_base_uri(str(path)).build()
    batches = table.read(hudi.HudiReadOptions().with_as_of_timestamp(instant)) if instant else table.read()
    return sorted(row for batch in batches for row in plain(pa.Table.from_batches([batch])))


def instants(path):
    """version -> its last instant"""
    found = {}
    for file in sorted((path / ".hoodie").glob("*.replacecommit")):
        found[int(json.loads(file.read_text())["extraMetadata"]["delta.version"])] = file.name.split(".")[0]
    return found


def sequence(folder, weir, kind, seed, count):
    """Random operations on one table; returns the problems."""
    lake, rng = Lake(folder, weir), random.Random(seed)
    more, partition = KINDS[kind]
    columns, added, problems = {**COLUMNS, **more}, 0, []
    path, next_id = folder / "main" / "t", 0
    lake.sql(f"CREATE TABLE t({', '.join(f'{n} {t}' for n, t in columns.items())})"
             + (f" PARTITIONED BY ({partition})" if partition else "") + f" WITH ({PROPERTY})")
    restored = False
    for number in range(count):
        operation = rng.choice(["insert", "insert", "insert", "update", "delete", "merge", "column", "optimize", "restore", "empty", "replace"])
        zone = ", TIMESTAMP '2026-01-01' + to_seconds(i)" if more else ""
        rows = f"SELECT {ROW}{zone} FROM range({next_id}, {next_id + rng.randint(1, 6)}) r(i)"
        names = ", ".join(columns)
        if operation == "insert":
            lake.sql(f"INSERT INTO t({names}) {rows}")
            next_id += 6
        elif operation == "update":
            lake.sql(f"UPDATE t SET d = d + 1 WHERE id % {rng.randint(2, 4)} = 0")
        elif operation == "delete":
            lake.sql(f"DELETE FROM t WHERE id % {rng.randint(2, 7)} = 1")
        elif operation == "merge":
            lake.sql(f"MERGE INTO t USING ({rows.replace('range(' + str(next_id), 'range(' + str(max(0, next_id - 8)))}) "
                     f"s({names}) ON t.id = s.id WHEN MATCHED THEN UPDATE SET f = 7.5 "
                     f"WHEN NOT MATCHED THEN INSERT ({names}) VALUES ({', '.join('s.' + n for n in columns)})")
            next_id += 6
        elif operation == "column":
            added += 1
            lake.sql(f"ALTER TABLE t ADD COLUMN x{added} INTEGER")
            lake.sql(f"UPDATE t SET x{added} = 1 WHERE id % 2 = 0")
        elif operation == "optimize":
            lake.run("table", "optimize", "main.t")
        elif operation == "empty":
            lake.sql("TRUNCATE t" if rng.random() < 0.5 else "DELETE FROM t WHERE id >= 0")
        elif operation == "replace":
            lake.sql(f"CREATE OR REPLACE TABLE t{' PARTITIONED BY (' + partition + ')' if partition else ''} AS SELECT * FROM t WHERE id % 5 <> 3")
        elif operation == "restore":
            newest = DeltaTable(path).version() if not more else int(max(p.stem for p in (path / "_delta_log").glob("*.json")))
            lake.run("table", "restore", "main.t", "--version", str(rng.randint(max(0, newest - 3), newest)))
            restored = True
        ours, theirs = lake.rows("t"), as_hudi(path)
        if ours != theirs:
            problems.append(f"{kind}, seed {seed}, operation {number} ({operation}): weir {len(ours)} rows, Hudi {len(theirs)}\n"
                            f"    only weir: {[r for r in ours if r not in theirs][:2]}\n    only Hudi: {[r for r in theirs if r not in ours][:2]}")
            break
    if not problems and not restored:
        for version, instant in instants(path).items():
            if lake.rows("t", version) != as_hudi(path, instant):
                problems.append(f"{kind}, seed {seed}: version {version} is another one at {instant}")
                break
    return problems


def dies(folder, weir, point):
    """weir ends between its commit and the timeline; the next commit makes up for it."""
    lake, path = Lake(folder, weir), folder / "main" / "t"
    lake.sql(f"CREATE TABLE t(id BIGINT, ts TIMESTAMP) WITH ({PROPERTY})")
    lake.sql("INSERT INTO t VALUES (1, NULL)")
    lake.sql("INSERT INTO t VALUES (2, now())", env={"WEIR_FAIL": point}, code=134)
    before = as_hudi(path)
    lake.sql("DELETE FROM t WHERE id = 1")
    known = [lake.rows("t", 1), lake.rows("t", 2)]
    return ([] if before in known else [f"{point}: what was there was damaged"]) + \
           ([] if as_hudi(path) == lake.rows("t") else [f"{point}: the next commit did not bring the timeline up"])


def restored_twice(folder, weir):
    """A file that a RESTORE took away comes back with the next one, whose timeline was made anew in between."""
    lake, path = Lake(folder, weir), folder / "main" / "t"
    lake.sql(f"CREATE TABLE t(id BIGINT, ts TIMESTAMP) WITH ({PROPERTY})")
    for number in (1, 2, 3):
        lake.sql(f"INSERT INTO t VALUES ({number}, NULL)")
    problems = []
    for version in (1, 2, 3, 0, 3):
        lake.run("table", "restore", "main.t", "--version", str(version))
        if as_hudi(path) != lake.rows("t"):
            problems.append(f"restored to version {version}: weir {lake.rows('t')}, Hudi {as_hudi(path)}")
    return problems


def foreign(folder, weir):
    """A file of another writer: weir says so, and commits."""
    lake, path = Lake(folder, weir), folder / "main" / "t"
    lake.sql(f"CREATE TABLE t(id BIGINT) WITH ({PROPERTY})")
    lake.sql("INSERT INTO t VALUES (1)")
    write_deltalake(path, pa.table({"id": pa.array([2], pa.int64())}), mode="append")
    said = lake.sql("INSERT INTO t VALUES (3)")
    return [] if "cannot be read as Hudi" in said and len(lake.rows("t")) == 3 else [f"a foreign file is not told of: {said}"]


def refusals(folder, weir):
    problems, lake = [], Lake(folder, weir)
    lake.sql("CREATE TABLE made_before(id BIGINT)")
    for statement, word in {
            f"ALTER TABLE made_before SET ({PROPERTY})": "was made without a Hudi timeline",
            f"CREATE TABLE a(\"a b\" INTEGER) WITH ({PROPERTY})": "no name of a column in Hudi",
            f"CREATE TABLE a(v VARIANT) WITH ({PROPERTY})": "has type variant",
            f"CREATE TABLE a(m MAP(INTEGER, INTEGER)) WITH ({PROPERTY})": "texts as keys",
            f"CREATE TABLE a(i INTEGER) WITH ({PROPERTY}, 'delta.enableDeletionVectors' = 'true')": "delta.enableDeletionVectors is on",
            f"CREATE TABLE a(i INTEGER) WITH ({PROPERTY}, 'delta.enableChangeDataFeed' = 'true')": "delta.enableChangeDataFeed is on",
            f"CREATE TABLE a(i INTEGER) WITH ({PROPERTY}, 'delta.columnMapping.mode' = 'name')": "is called",
            "CREATE TABLE a(i INTEGER) WITH ('delta.universalFormat.enabledFormats' = 'hudy')": "takes"}.items():
        done = subprocess.run([weir, "sql", "--write", "--lake", folder, statement], capture_output=True, text=True)
        if done.returncode == 0 or word not in done.stderr:
            problems.append(f"{statement}: exit {done.returncode}, {done.stderr.strip()}")
    return problems


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--weir", required=True)
    parser.add_argument("--sequences", type=int, default=4)
    parser.add_argument("--operations", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    weir = str(pathlib.Path(args.weir).resolve())
    counts = collections.Counter()
    with tempfile.TemporaryDirectory(prefix="weir-hudi-") as temporary:
        folder = pathlib.Path(temporary)
        cases = [(f"sequence {n}", sequence, list(KINDS)[n % len(KINDS)], args.seed * 1000 + n, args.operations)
                 for n in range(args.sequences)]
        cases += [(f"dies at {point}", dies, point) for point in ("hudi.commit", "hudi.note")]
        cases += [("restored twice", restored_twice), ("a foreign file", foreign), ("refusals", refusals)]
        for number, (name, what, *more) in enumerate(cases):
            problems = what(folder / str(number), weir, *more)
            counts["failed" if problems else "passed"] += 1
            for problem in problems:
                print(f"FAIL  {name}: {problem}")
    print(f"{counts['passed']} passed, {counts['failed']} failed, 0 skipped")
    sys.exit(1 if counts["failed"] else 0)


main()
