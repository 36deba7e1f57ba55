#!/usr/bin/env python3
"""Tables that weir keeps as Iceberg tables too, read by an Iceberg reader that is not weir's (pyiceberg).

Random operations run on tables with 'delta.universalFormat.enabledFormats' = 'iceberg'; after each one the newest Iceberg snapshot must hold
the rows that weir reads, also where pyiceberg leaves files out by partitions and bounds, and at the end each snapshot those of its version.
Then weir dies between its commit and the metadata: the next commit makes up for it.
"""
import argparse, collections, datetime as dt, decimal, io, json, pathlib, random, subprocess, sys, tempfile

import fastavro
import pyarrow as pa
import pyarrow.parquet
from deltalake import DeltaTable, QueryBuilder
from lake_and_rows import Lake, plain
from pyiceberg.expressions import And, EqualTo, GreaterThanOrEqual, IsNull, LessThan, NotNull
from pyiceberg.table import StaticTable

PROPERTY = "'delta.universalFormat.enabledFormats' = 'iceberg'"
COLUMNS = {"id": "BIGINT", "p": "VARCHAR", "d": "DECIMAL(12,2)", "big": "DECIMAL(30,3)", "f": "DOUBLE", "r": "FLOAT", "b": "BOOLEAN", "i": "SMALLINT",
           "t": "TINYINT", "w": "INTEGER", "day": "DATE", "tz": "TIMESTAMPTZ", "n": "TIMESTAMP", "bin": "BLOB", "l": "INTEGER[]",
           "s": "STRUCT(a INTEGER, b VARCHAR)", "m": "MAP(VARCHAR, INTEGER)", "ll": "STRUCT(x INTEGER, y DATE[])[]", "mm": "MAP(INTEGER, INTEGER[])"}
ROW = ("i, ['a', 'b c/d', NULL, 'é=%?#'][i % 4 + 1], (i - 3) / 4, i::HUGEINT * 1000000000000000000, CASE i % 7 WHEN 6 THEN 'nan'::DOUBLE ELSE i / 3.0 - 2 END, i / 2, "
       "i % 2 = 0, i % 100, i % 50 - 20, i * 1000, DATE '2026-01-01' + i::INTEGER, TIMESTAMPTZ '2026-01-01 00:00:00.123456+00' + to_seconds(i), "
       "TIMESTAMP '1969-12-31 23:59:58.000001' + to_seconds(i), 'x'::BLOB, [i, NULL], {'a': i, 'b': 's' || i}, MAP {'k': i}, "
       "[{'x': i, 'y': [DATE '2026-01-01']}], MAP {i: [i, 1]}")
KINDS = {"plain": "", "by text": "p", "by date": "day", "by two": "p, w", "by time": "n", "by decimal": "d", "by truth": "b, i"}


def as_iceberg(path, snapshot=None, **scan):
    table = StaticTable.from_metadata(str(path))
    return plain(table.scan(snapshot_id=snapshot, **scan).to_arrow())


def snapshots(path):
    """version -> its snapshot"""
    return {int(s.summary.additional_properties["delta.version"]): s for s in StaticTable.from_metadata(str(path)).metadata.snapshots}


def as_delta(path):
    return plain(pa.table(QueryBuilder().register("t", DeltaTable(path)).execute("SELECT * FROM t").read_all()))


FILTERS = [(lambda n: And(GreaterThanOrEqual("id", n), LessThan("id", n + 3)), lambda n: f"id >= {n} AND id < {n} + 3"),
           (lambda n: EqualTo("p", "é=%?#"), lambda n: "p = 'é=%?#'"), (lambda n: IsNull("p"), lambda n: "p IS NULL"),
           (lambda n: GreaterThanOrEqual("d", (decimal.Decimal(n) / 4).quantize(decimal.Decimal("0.01"))), lambda n: f"d >= {n}::DECIMAL(12,2) / 4"),
           (lambda n: LessThan("f", n / 3 - 2), lambda n: f"f < {n}::DOUBLE / 3 - 2"),
           (lambda n: EqualTo("big", (decimal.Decimal(n) * 10**18).quantize(decimal.Decimal("0.001"))), lambda n: f"big = {n}::HUGEINT * 1000000000000000000"),
           (lambda n: GreaterThanOrEqual("day", dt.date(2026, 1, 1) + dt.timedelta(n)), lambda n: f"day >= DATE '2026-01-01' + {n}"),
           (lambda n: GreaterThanOrEqual("n", dt.datetime(1970, 1, 1) + dt.timedelta(seconds=n)), lambda n: f"n >= TIMESTAMP '1970-01-01' + to_seconds({n})"),
           (lambda n: LessThan("tz", dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc) + dt.timedelta(seconds=n)),
            lambda n: f"tz < TIMESTAMPTZ '2026-01-01 00:00:00+00' + to_seconds({n})"),
           (lambda n: NotNull("b"), lambda n: "b IS NOT NULL")]


def same(lake, path, rng, next_id, wide):
    """What differs, or nothing."""
    ours, theirs = lake.rows("t"), as_iceberg(path)
    if ours != theirs:
        return (f"weir {len(ours)} rows, Iceberg {len(theirs)}\n"
                f"    only weir: {[r for r in ours if r not in theirs][:2]}\n    only Iceberg: {[r for r in theirs if r not in ours][:2]}")
    if not wide and (delta := as_delta(path)) != ours:  # deltalake does not read tables that may widen types
        return (f"weir {len(ours)} rows, deltalake {len(delta)}\n"
                f"    only weir: {[r for r in ours if r not in delta][:2]}\n    only deltalake: {[r for r in delta if r not in ours][:2]}")
    for theirs_of, ours_of in rng.sample(FILTERS, 4):
        at = rng.randint(0, next_id + 1)
        ours, theirs = lake.rows("t", where=ours_of(at)), as_iceberg(path, row_filter=theirs_of(at))
        if ours != theirs:
            return f"where {ours_of(at)}: weir {len(ours)} rows, Iceberg {len(theirs)}"
    return ""


def sequence(folder, weir, kind, seed, count):
    """Random operations on one table; returns the problems."""
    lake, rng = Lake(folder, weir, ["Iceberg metadata of"]), random.Random(seed)
    partition, wide = KINDS[kind], seed % 2 == 1
    columns, added, problems = dict(COLUMNS), 0, []
    path, next_id = folder / "main" / "t", 0
    by = f" PARTITIONED BY ({partition})" if partition else ""
    lake.sql(f"CREATE TABLE t({', '.join(f'{n} {t}' for n, t in columns.items())}){by} WITH ({PROPERTY}, 'delta.checkpointInterval' = '5'"
             + (", 'delta.enableTypeWidening' = 'true')" if wide else ")"))
    extra = []  # columns beside those that rows are made of
    for number in range(count):
        operation = rng.choice(["insert", "insert", "insert", "update", "delete", "merge", "add", "rename", "drop", "widen", "optimize", "restore",
                                "empty", "replace", "field"])
        rows = f"SELECT {ROW} FROM range({next_id}, {next_id + rng.randint(1, 6)}) r(i)"
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
        elif operation == "add":
            added += 1
            lake.sql(f"ALTER TABLE t ADD COLUMN x{added} {rng.choice(['INTEGER', 'INTEGER[]', 'STRUCT(q INTEGER[])'])}")
            extra.append(f"x{added}")
        elif operation == "rename" and extra:
            place = rng.randrange(len(extra))
            added += 1
            lake.sql(f"ALTER TABLE t RENAME COLUMN {extra[place]} TO x{added}")
            extra[place] = f"x{added}"
        elif operation == "drop" and extra:
            lake.sql(f"ALTER TABLE t DROP COLUMN {extra.pop(rng.randrange(len(extra)))}")
        elif operation == "widen" and wide:
            column, to = rng.choice([("i", "INTEGER"), ("t", "SMALLINT"), ("w", "BIGINT"), ("d", "DECIMAL(14,2)"), ("r", "DOUBLE")])
            if columns[column] != to:
                lake.sql(f"ALTER TABLE t ALTER COLUMN {column} TYPE {to}")
        elif operation == "field":
            lake.sql(f"ALTER TABLE t ADD COLUMN IF NOT EXISTS s.c{number} DATE")
        elif operation == "optimize":
            lake.run("table", "optimize", "main.t")
        elif operation == "empty":
            lake.sql("TRUNCATE t" if rng.random() < 0.5 else "DELETE FROM t WHERE id >= 0")
        elif operation == "replace":
            lake.sql(f"CREATE OR REPLACE TABLE t{by} AS SELECT * FROM t WHERE id % 5 <> 3")
        elif operation == "restore":
            newest = max(snapshots(path))
            lake.run("table", "restore", "main.t", "--version", str(rng.randint(max(0, newest - 3), newest)))
            present = [field.name for field in StaticTable.from_metadata(str(path)).schema().fields]
            extra = [name for name in present if name not in columns]
        difference = same(lake, path, rng, next_id, wide)
        if difference:
            problems.append(f"{kind}, seed {seed}, operation {number} ({operation}): {difference}")
            break
    if not problems:
        for version, snapshot in snapshots(path).items():
            if lake.rows("t", version) != as_iceberg(path, snapshot.snapshot_id):
                problems.append(f"{kind}, seed {seed}: version {version} is another one at snapshot {snapshot.snapshot_id}")
                break
    return problems or manifests(path)


def manifests(path):
    """Every file of Avro is one to another reader of Avro, with the ids that Iceberg wants."""
    problems = []
    for file in (path / "metadata").glob("*.avro"):
        reader = fastavro.reader(io.BytesIO(file.read_bytes()))
        rows = list(reader)
        ids = [field.get("field-id") for field in reader.writer_schema["fields"]]
        if None in ids or (file.name.startswith("manifest") and not rows):
            problems.append(f"{file.name}: {len(rows)} rows, ids {ids}")
    return problems


def dies(folder, weir, point):
    """weir ends between its commit and the end of the metadata; the next commit makes up for it."""
    lake, path = Lake(folder, weir, ["Iceberg metadata of"]), folder / "main" / "t"
    lake.sql(f"CREATE TABLE t(id BIGINT, ts TIMESTAMP) WITH ({PROPERTY})")
    lake.sql("INSERT INTO t VALUES (1, NULL)")
    lake.sql("INSERT INTO t VALUES (2, TIMESTAMP '2026-01-01')", env={"WEIR_FAIL": point}, code=134)
    before = as_iceberg(path)
    problems = [] if before in [lake.rows("t", 1), lake.rows("t", 2)] else [f"{point}: what was there was damaged"]
    lake.sql("DELETE FROM t WHERE id = 1")
    if as_iceberg(path) != lake.rows("t"):
        problems.append(f"{point}: the next commit did not make up for it")
    if sorted(snapshots(path)) != [0, 1, 2, 3]:
        problems.append(f"{point}: versions {sorted(snapshots(path))}")
    return problems


def damaged(folder, weir, what):
    """Metadata that is gone or damaged is told anew from the log."""
    lake, path = Lake(folder, weir, ["Iceberg metadata of"]), folder / "main" / "t"
    lake.sql(f"CREATE TABLE t(id BIGINT) WITH ({PROPERTY})")
    lake.sql("INSERT INTO t VALUES (1), (2)")
    lake.sql("INSERT INTO t VALUES (3)")
    for file in sorted((path / "metadata").glob(what)):
        file.write_bytes(file.read_bytes()[:-20] if file.suffix == ".avro" else b"")
    lake.sql("DELETE FROM t WHERE id = 1")
    return [] if as_iceberg(path) == lake.rows("t") else [f"{what} damaged: {as_iceberg(path)}"]


def many(folder, weir):
    """More commits than manifests are kept, by two writers at a time."""
    lake, path = Lake(folder, weir, ["Iceberg metadata of"]), folder / "main" / "t"
    lake.sql(f"CREATE TABLE t(id BIGINT) WITH ({PROPERTY})")
    for first in range(0, 108, 2):
        writers = [subprocess.Popen([weir, "sql", "--write", f"INSERT INTO t VALUES ({first + n})", "--lake", folder], stdout=subprocess.DEVNULL,
                                    stderr=subprocess.PIPE, text=True) for n in range(2)]
        for writer in writers:
            said = writer.communicate()[1]
            if writer.returncode or "Iceberg" in said:
                return [f"commit {first}: exit {writer.returncode} {said}"]
    newest = snapshots(path)[108]
    with open(newest.manifest_list.removeprefix("file://"), "rb") as file:
        count = len(list(fastavro.reader(file)))
    return ([] if as_iceberg(path) == lake.rows("t") else ["rows differ"]) + ([] if count <= 100 else [f"{count} manifests"])


def refusals(folder, weir):
    problems, lake = [], Lake(folder, weir, ["Iceberg metadata of"])
    lake.sql("CREATE TABLE made_before(id BIGINT)")
    lake.sql(f"CREATE TABLE wide(i INTEGER, d DATE, p INTEGER) PARTITIONED BY (p) WITH ({PROPERTY}, 'delta.enableTypeWidening' = 'true')")
    for statement, word in {
            f"ALTER TABLE made_before SET ({PROPERTY})": "was made without Iceberg metadata",
            "ALTER TABLE made_before SET ('delta.enableIcebergCompatV2' = 'true')": "was made without Iceberg metadata",
            "ALTER TABLE wide SET ('delta.enableIcebergCompatV2' = 'false')": "delta.enableIcebergCompatV2 is not true",
            "ALTER TABLE wide SET ('delta.enableDeletionVectors' = 'true')": "delta.enableDeletionVectors is on",
            "ALTER TABLE wide ALTER COLUMN i TYPE DOUBLE": "from integer to double",
            "ALTER TABLE wide ALTER COLUMN d TYPE TIMESTAMP": "from date to timestamp_ntz",
            "CREATE OR REPLACE TABLE wide PARTITIONED BY (i) AS SELECT 1 i, 2 j": "is partitioned by p",
            f"CREATE TABLE a(v VARIANT) WITH ({PROPERTY})": "has type variant",
            f"CREATE TABLE a(i INTEGER) WITH ({PROPERTY}, 'delta.enableDeletionVectors' = 'true')": "delta.enableDeletionVectors is on",
            f"CREATE TABLE a(i INTEGER) WITH ({PROPERTY}, 'delta.columnMapping.mode' = 'none')": "columns are not mapped",
            f"CREATE TABLE a(i INTEGER) WITH ({PROPERTY}, 'delta.enableIcebergCompatV2' = 'false')": "delta.enableIcebergCompatV2 is not true",
            "CREATE TABLE a(i INTEGER) WITH ('delta.universalFormat.enabledFormats' = 'icecube')": "takes"}.items():
        done = subprocess.run([weir, "sql", "--write", "--lake", folder, statement], capture_output=True, text=True)
        if done.returncode == 0 or word not in done.stderr:
            problems.append(f"{statement}: exit {done.returncode}, {done.stderr.strip()}")
    return problems


def another_writer(folder, weir):
    """Metadata that weir did not write is not written over; weir says so, and commits."""
    lake, path = Lake(folder, weir, ["Iceberg metadata of"]), folder / "main" / "t"
    lake.sql(f"CREATE TABLE t(id BIGINT) WITH ({PROPERTY})")
    metadata = json.loads((path / "metadata" / "v1.metadata.json").read_text())
    del metadata["properties"]["delta.version"]
    (path / "metadata" / "v2.metadata.json").write_text(json.dumps(metadata))
    done = subprocess.run([weir, "sql", "--write", "--lake", folder, "INSERT INTO t VALUES (1)"], capture_output=True, text=True)
    good = done.returncode == 0 and "v2.metadata.json is another writer's" in done.stderr and len(lake.rows("t")) == 1
    return [] if good else [f"exit {done.returncode}: {done.stderr}"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--weir", required=True)
    parser.add_argument("--sequences", type=int, default=4)
    parser.add_argument("--operations", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    weir = str(pathlib.Path(args.weir).resolve())
    counts = collections.Counter()
    with tempfile.TemporaryDirectory(prefix="weir-iceberg-") as temporary:
        folder = pathlib.Path(temporary)
        cases = [("refusals", refusals), ("another writer", another_writer)]
        cases += [(f"dies at {point}", dies, point) for point in ("iceberg.manifest", "iceberg.metadata", "iceberg.hint")]
        cases += [(f"damaged {what}", damaged, what) for what in ("version-hint.text", "v3.metadata.json", "manifest-*", "snap-*")]
        cases += [("many commits", many)]
        cases += [(f"sequence {n}", sequence, list(KINDS)[n % len(KINDS)], args.seed * 1000 + n, args.operations)
                  for n in range(args.sequences)]
        for number, (name, what, *more) in enumerate(cases):
            try:
                problems = what(folder / str(number), weir, *more)
            except Exception as error:
                problems = [f"{type(error).__name__}: {error}"]
            counts["failed" if problems else "passed"] += 1
            for problem in problems:
                print(f"FAIL  {name}: {problem}", flush=True)
    print(f"{counts['passed']} passed, {counts['failed']} failed, 0 skipped")
    sys.exit(1 if counts["failed"] else 0)


if __name__ == "__main__":
    main()
