#!/usr/bin/env python3
"""Tables that weir keeps as Iceberg tables too, read by an Iceberg reader that is not weir's (pyiceberg).

Random operations run on tables with 'delta.universalFormat.enabledFormats' = 'iceberg', of format version 2 and of version 3 with deletion
vectors; after each one the newest Iceberg snapshot must hold the rows that weir reads, also where pyiceberg leaves files out by partitions and
bounds, and at the end each snapshot those of its version. In format version 3 weir's own iceberg_scan must read the same, and files, row ids,
versions and deletion vectors must be those of the Delta log. Then weir dies between its commit and the metadata: the next commit makes up for it.
"""
import argparse, collections, datetime as dt, decimal, io, json, pathlib, random, subprocess, sys, tempfile, urllib.parse, zlib

import fastavro
import pyarrow as pa
import pyarrow.parquet
from deltalake import DeltaTable, QueryBuilder
from lake_and_rows import Lake, plain
from pyiceberg.expressions import And, EqualTo, GreaterThanOrEqual, IsNull, LessThan, NotNull
from pyiceberg.table import StaticTable
from pyiceberg.table.puffin import PuffinFile

PROPERTY = "'delta.universalFormat.enabledFormats' = 'iceberg'"
THIRD = PROPERTY + ", 'delta.enableIcebergCompatV3' = 'true', 'delta.enableDeletionVectors' = 'true'"
COLUMNS = {"id": "BIGINT", "p": "VARCHAR", "d": "DECIMAL(12,2)", "big": "DECIMAL(30,3)", "f": "DOUBLE", "r": "FLOAT", "b": "BOOLEAN", "i": "SMALLINT",
           "t": "TINYINT", "w": "INTEGER", "day": "DATE", "tz": "TIMESTAMPTZ", "n": "TIMESTAMP", "bin": "BLOB", "l": "INTEGER[]",
           "s": "STRUCT(a INTEGER, b VARCHAR)", "m": "MAP(VARCHAR, INTEGER)", "ll": "STRUCT(x INTEGER, y DATE[])[]", "mm": "MAP(INTEGER, INTEGER[])"}
ROW = ("i, ['a', 'b c/d', NULL, 'é=%?#'][i % 4 + 1], (i - 3) / 4, i::HUGEINT * 1000000000000000000, CASE i % 7 WHEN 6 THEN 'nan'::DOUBLE ELSE i / 3.0 - 2 END, i / 2, "
       "i % 2 = 0, i % 100, i % 50 - 20, i * 1000, DATE '2026-01-01' + i::INTEGER, TIMESTAMPTZ '2026-01-01 00:00:00.123456+00' + to_seconds(i), "
       "TIMESTAMP '1969-12-31 23:59:58.000001' + to_seconds(i), 'x'::BLOB, [i, NULL], {'a': i, 'b': 's' || i}, MAP {'k': i}, "
       "[{'x': i, 'y': [DATE '2026-01-01']}], MAP {i: [i, 1]}")
KINDS = {"plain": "", "by text": "p", "by date": "day", "by two": "p, w", "by time": "n", "by decimal": "d", "by truth": "b, i"}
THIRD_KINDS = {"plain": "", "by text": "p", "by small number": "t", "by truth and text": "b, p", "by date": "day"}
OPERATIONS = ["insert", "insert", "insert", "update", "delete", "merge", "add", "rename", "drop", "widen", "optimize", "restore", "empty", "replace", "field"]
# Rows are taken away by deletion vectors where they are few of many, in files that no operation has put away.
THIRD_OPERATIONS = OPERATIONS + ["insert", "update", "update", "merge", "merge", "restore"] + ["delete"] * 4
seen = collections.Counter()


def as_iceberg(path, snapshot=None, **scan):
    table = StaticTable.from_metadata(str(path))
    return plain(table.scan(snapshot_id=snapshot, **scan).to_arrow())


def snapshots(path):
    """version -> its snapshot"""
    return {int(s.summary.additional_properties["delta.version"]): s for s in StaticTable.from_metadata(str(path)).metadata.snapshots}


def lineage(path):
    """What Delta's log and the newest Iceberg snapshot tell differently of files, of their row ids and versions, and of their deletion vectors."""
    in_log = {}
    for commit in sorted((path / "_delta_log").glob("*.json")):
        actions = [json.loads(line) for line in commit.read_text().splitlines()]
        for action in actions:
            if "remove" in action:
                in_log.pop(action["remove"]["path"], None)
        for action in actions:
            if add := action.get("add"):
                in_log[add["path"]] = (add["baseRowId"], add["defaultRowCommitVersion"], (add.get("deletionVector") or {}).get("cardinality", 0))
    in_log = {f"{path.as_uri()}/{urllib.parse.unquote(name)}": told for name, told in in_log.items()}
    number = (path / "metadata" / "version-hint.text").read_text()
    metadata = json.loads((path / "metadata" / f"v{number}.metadata.json").read_text())
    snapshot = metadata["snapshots"][-1]
    files, vectors, puffins = {}, {}, {}
    for manifest in avro(snapshot["manifest-list"]):
        next_id = manifest["first_row_id"]
        for entry in avro(manifest["manifest_path"]):
            file = entry["data_file"]
            sequence = manifest["sequence_number"] if entry["sequence_number"] is None else entry["sequence_number"]
            if not manifest["min_sequence_number"] <= sequence <= snapshot["sequence-number"] or manifest["sequence_number"] > metadata["last-sequence-number"]:
                return f"sequence number {sequence} in {manifest}"
            if manifest["content"] == 0:
                first = file["first_row_id"]
                if first is None:
                    first, next_id = next_id, next_id + file["record_count"]
                if first + file["record_count"] > metadata["next-row-id"]:
                    return f"next-row-id {metadata['next-row-id']}, but a file from {first} with {file['record_count']} rows"
                files[file["file_path"]] = (first, sequence)
                continue
            puffin = puffins.setdefault(file["file_path"], PuffinFile(on_disk(file["file_path"]).read_bytes()))
            blob = [b for b in puffin.footer.blobs if (b.offset, b.length) == (file["content_offset"], file["content_size_in_bytes"])]
            if [b.properties for b in blob] != [{"referenced-data-file": file["referenced_data_file"], "cardinality": str(file["record_count"])}]:
                return f"{file['file_path']} has no such vector: {file}"
            payload = puffin.get_blob_payload(blob[0])
            if int.from_bytes(payload[:4], "big") != len(payload) - 8 or zlib.crc32(payload[4:-4]) != int.from_bytes(payload[-4:], "big"):
                return f"{file['file_path']}: the frame of {file['referenced_data_file']} is wrong"
            if file["referenced_data_file"] in vectors:
                return f"two deletion vectors of {file['referenced_data_file']}"
            vectors[file["referenced_data_file"]] = file["record_count"]
    in_iceberg = {name: (*told, vectors.pop(name, 0)) for name, told in files.items()}
    if in_iceberg != in_log or vectors:
        different = [(name, in_log.get(name), in_iceberg.get(name)) for name in {*in_log, *in_iceberg} if in_log.get(name) != in_iceberg.get(name)]
        return f"file, in the log, as Iceberg: {different[:2]}, {len(vectors)} vectors of no file"
    if snapshot["first-row-id"] + snapshot["added-rows"] != metadata["next-row-id"]:
        return f"next-row-id {metadata['next-row-id']} after {snapshot['first-row-id']} and {snapshot['added-rows']} rows"
    return ""


def on_disk(uri):
    return pathlib.Path(uri.removeprefix("file://"))


def avro(uri):
    with open(on_disk(uri), "rb") as file:
        return list(fastavro.reader(file))


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


def by_weir_as_iceberg(lake, path):
    return lake.rows(f"iceberg_scan('{path}')")


with_row_ids = None  # a reader that tells row ids and versions, as Iceberg names them, beside the columns


def same(lake, path, rng, next_id, wide, third):
    """What differs, or nothing."""
    ours, theirs = lake.rows("t"), as_iceberg(path)
    if third and (difference := lineage(path)):
        return difference
    if third and ours == theirs and by_weir_as_iceberg(lake, path) != ours:
        return "weir reads other rows as Iceberg"
    if ours != theirs:
        return (f"weir {len(ours)} rows, Iceberg {len(theirs)}\n"
                f"    only weir: {[r for r in ours if r not in theirs][:2]}\n    only Iceberg: {[r for r in theirs if r not in ours][:2]}")
    if not wide and (delta := as_delta(path)) != ours:  # deltalake does not read tables that may widen types
        return (f"weir {len(ours)} rows, deltalake {len(delta)}\n"
                f"    only weir: {[r for r in ours if r not in delta][:2]}\n    only deltalake: {[r for r in delta if r not in ours][:2]}")
    if third and with_row_ids:
        ours = lake.rows("t", columns="*, _row_id, _row_commit_version AS _last_updated_sequence_number")
        if (theirs := with_row_ids(path)) != ours:
            return f"row ids\n    only weir: {[r for r in ours if r not in theirs][:2]}\n    only Iceberg: {[r for r in theirs if r not in ours][:2]}"
    for theirs_of, ours_of in rng.sample(FILTERS, 4):
        at = rng.randint(0, next_id + 1)
        ours, theirs = lake.rows("t", where=ours_of(at)), as_iceberg(path, row_filter=theirs_of(at))
        if ours != theirs:
            return f"where {ours_of(at)}: weir {len(ours)} rows, Iceberg {len(theirs)}"
    return ""


def sequence(folder, weir, kind, seed, count, third=False):
    """Random operations on one table; returns the problems."""
    lake, rng = Lake(folder, weir, ["Iceberg metadata of"]), random.Random(seed)
    partition, wide = (THIRD_KINDS if third else KINDS)[kind], seed % 2 == 1
    columns, added, problems = dict(COLUMNS), 0, []
    path, next_id = folder / "main" / "t", 0
    by = f" PARTITIONED BY ({partition})" if partition else ""
    lake.sql(f"CREATE TABLE t({', '.join(f'{n} {t}' for n, t in columns.items())}){by} WITH ({THIRD if third else PROPERTY}, 'delta.checkpointInterval' = '5'"
             + (", 'delta.enableTypeWidening' = 'true')" if wide else ")"))
    fewest, most = (100, 250) if third else (1, 6)  # rows of an insert
    few = lambda: rng.randint(8, 60) if third else rng.randint(2, 7)  # one row of so many
    extra = []  # columns beside those that rows are made of
    for number in range(count):
        operation = rng.choice(THIRD_OPERATIONS if third else OPERATIONS) if number or not third else "insert"
        rows = f"SELECT {ROW} FROM range({next_id}, {next_id + rng.randint(fewest, most)}) r(i)"
        names = ", ".join(columns)
        if operation == "insert":
            lake.sql(f"INSERT INTO t({names}) {rows}")
            next_id += most
        elif operation == "update":
            lake.sql(f"UPDATE t SET d = d + 1 WHERE id % {few() if third else rng.randint(2, 4)} = 0")
        elif operation == "delete":
            lake.sql(f"DELETE FROM t WHERE id % {few()} = 1")
        elif operation == "merge":
            overlapping = rows.replace(f"range({next_id}", f"range({max(0, next_id - 8)}")
            if third:
                first = rng.randint(0, next_id)
                overlapping = f"SELECT {ROW} FROM range({first}, {first + 9}) r(i)"
            lake.sql(f"MERGE INTO t USING ({overlapping}) "
                     f"s({names}) ON t.id = s.id WHEN MATCHED THEN UPDATE SET f = 7.5 "
                     f"WHEN NOT MATCHED THEN INSERT ({names}) VALUES ({', '.join('s.' + n for n in columns)})")
            next_id += most
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
            lake.sql("TRUNCATE t" if rng.random() < 0.5 else f"DELETE FROM t WHERE id >= {next_id // 2 if third else 0}")
        elif operation == "replace":
            lake.sql(f"CREATE OR REPLACE TABLE t{by} AS SELECT * FROM t WHERE id % 5 <> 3")
        elif operation == "restore":
            newest = max(snapshots(path))
            lake.run("table", "restore", "main.t", "--version", str(rng.randint(max(0, newest - 3), newest)))
            present = [field.name for field in StaticTable.from_metadata(str(path)).schema().fields]
            extra = [name for name in present if name not in columns]
        seen["vectors"] += third and vectors_of(path)
        difference = same(lake, path, rng, next_id, wide, third)
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


def vectors_of(path):
    """How many rows the current snapshot's deletion vectors take away."""
    return int(StaticTable.from_metadata(str(path)).current_snapshot().summary.additional_properties["total-position-deletes"])


def dies_with_vectors(folder, weir, point):
    """The same where rows are taken away by deletion vectors: one before, one by the commit that dies, one by the next."""
    lake, path = Lake(folder, weir, ["Iceberg metadata of"]), folder / "main" / "t"
    lake.sql(f"CREATE TABLE t(id BIGINT) WITH ({THIRD})")
    lake.sql("INSERT INTO t SELECT * FROM range(100)")
    lake.sql("INSERT INTO t SELECT * FROM range(100, 200)")
    lake.sql("DELETE FROM t WHERE id = 7")
    lake.sql("DELETE FROM t WHERE id IN (8, 108)", env={"WEIR_FAIL": point}, code=134)
    problems = [] if as_iceberg(path) in [lake.rows("t", 3), lake.rows("t", 4)] else [f"{point}: what was there was damaged"]
    lake.sql("DELETE FROM t WHERE id = 109")
    if as_iceberg(path) != lake.rows("t") or vectors_of(path) != 4:
        problems.append(f"{point}: the next commit did not make up for it")
    for version, snapshot in snapshots(path).items():
        if as_iceberg(path, snapshot.snapshot_id) != lake.rows("t", version):
            problems.append(f"{point}: version {version} is another one")
    if sorted(snapshots(path)) != [0, 1, 2, 3, 4, 5]:
        problems.append(f"{point}: versions {sorted(snapshots(path))}")
    return problems + ([difference] if (difference := lineage(path)) else [])


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


def damaged_with_vectors(folder, weir, what):
    """So are deletion vectors, in Puffin files that are gone or cut off too."""
    lake, path = Lake(folder, weir, ["Iceberg metadata of"]), folder / "main" / "t"
    lake.sql(f"CREATE TABLE t(id BIGINT) WITH ({THIRD})")
    lake.sql("INSERT INTO t SELECT * FROM range(100)")
    lake.sql("DELETE FROM t WHERE id = 7")
    for file in (path / "metadata").glob(what):
        file.write_bytes(file.read_bytes()[:-20])
    for file in (path / "metadata").glob("v*.json"):
        file.unlink()
    (path / "metadata" / "version-hint.text").unlink()
    lake.sql("INSERT INTO t VALUES (100)")
    problems = [difference] if (difference := lineage(path)) else []
    return problems + ([] if as_iceberg(path) == lake.rows("t") and vectors_of(path) == 1 else [f"{what} damaged: rows differ"])


def go_back(folder, weir):
    """Vectors that get smaller by a restore, in a Puffin file with one that stays."""
    lake, path = Lake(folder, weir, ["Iceberg metadata of"]), folder / "main" / "t"
    lake.sql(f"CREATE TABLE t(id BIGINT) WITH ({THIRD})")
    lake.sql("INSERT INTO t SELECT * FROM range(100)")
    lake.sql("INSERT INTO t SELECT * FROM range(100, 200)")
    lake.sql("DELETE FROM t WHERE id = 1")
    lake.sql("DELETE FROM t WHERE id = 101")
    for version in (2, 4, 3, 4, 2):
        lake.run("table", "restore", "main.t", "--version", str(version))
        difference = lineage(path)
        if difference or as_iceberg(path) != lake.rows("t"):
            return [f"back at version {version}: {difference}"]
    kinds = [s.summary.operation.value for _, s in sorted(snapshots(path).items())]
    return [] if kinds[3:] == ["delete", "delete", "overwrite", "delete", "overwrite", "delete", "overwrite"] else [f"{kinds}"]


def switch(folder, weir):
    """Deletion vectors are switched on, and off again; a table that only keeps to the rules has no metadata."""
    lake, path = Lake(folder, weir, ["Iceberg metadata of"]), folder / "main" / "t"
    lake.sql("CREATE TABLE rules(id BIGINT) WITH ('delta.enableIcebergCompatV3' = 'true')")
    lake.sql(f"CREATE TABLE t WITH ({PROPERTY}, 'delta.enableIcebergCompatV3' = 'true') AS SELECT * FROM range(100) r(id)")
    problems, expected = [], iter((0, 1, 1, 0))
    for statement in ("DELETE FROM t WHERE id = 1", "DELETE FROM t WHERE id = 2", "INSERT INTO t VALUES (100)", "DELETE FROM t WHERE id = 3"):
        lake.sql(statement)
        difference = lineage(path)
        if as_iceberg(path) != lake.rows("t") or vectors_of(path) != next(expected) or difference:
            problems.append(f"{statement}: {vectors_of(path)} in vectors, {difference}")
        switched = {"DELETE FROM t WHERE id = 1": "true", "INSERT INTO t VALUES (100)": "false"}.get(statement)
        if switched:
            lake.sql(f"ALTER TABLE t SET ('delta.enableDeletionVectors' = '{switched}')")
    return problems + (["rules has metadata"] if (folder / "main" / "rules" / "metadata").exists() else [])


def planted(folder, weir):
    """Mistakes in metadata must be found by what is compared above."""
    lake, path = Lake(folder, weir, ["Iceberg metadata of"]), folder / "main" / "t"
    lake.sql(f"CREATE TABLE t WITH ({THIRD}) AS SELECT * FROM range(100) r(id)")
    lake.sql("DELETE FROM t WHERE id = 7")
    good = {file: file.read_bytes() for file in (path / "metadata").iterdir()}
    problems = []
    for name, change in MISTAKES.items():
        change(path)
        try:
            found = lineage(path) or as_iceberg(path) != lake.rows("t")
        except Exception as error:
            found = str(error)
        if not found:
            problems.append(f"{name} is not found")
        for file, content in good.items():
            file.write_bytes(content)
    return problems if lineage(path) == "" and as_iceberg(path) == lake.rows("t") else problems + ["the table was not put back"]


def change_avro(file, change):
    """Rows of a file after `change`, which returns whether the row stays."""
    with open(file, "rb") as old:
        reader = fastavro.reader(old)
        schema, more = reader.writer_schema, {k: v for k, v in reader.metadata.items() if not k.startswith("avro.")}
        rows = [row for row in reader if change(row)]
    with open(file, "wb") as new:
        fastavro.writer(new, schema, rows, metadata=more)


def newest(path, content):
    """The manifest list of the current snapshot, and its manifests of a content."""
    manifest_list = StaticTable.from_metadata(str(path)).current_snapshot().manifest_list
    return on_disk(manifest_list), [on_disk(m["manifest_path"]) for m in avro(manifest_list) if m["content"] == content]


def wrong_offset(path):
    change_avro(newest(path, 1)[1][0], lambda row: row["data_file"].update(content_offset=row["data_file"]["content_offset"] + 1) or True)


def missing_delete(path):
    change_avro(newest(path, 1)[0], lambda row: row["content"] == 0)


def wrong_row_id(path):
    change_avro(newest(path, 0)[0], lambda row: row.update(first_row_id=None if row["content"] else row["first_row_id"] + 1) or True)


MISTAKES = {"wrong offset": wrong_offset, "missing delete": missing_delete, "wrong row id": wrong_row_id}


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


def many_with_vectors(folder, weir):
    """More delete manifests than are kept, each of one file."""
    lake, path = Lake(folder, weir, ["Iceberg metadata of"]), folder / "main" / "t"
    lake.sql(f"CREATE TABLE t(id BIGINT, p INTEGER) PARTITIONED BY (p) WITH ({THIRD})")
    lake.sql("INSERT INTO t SELECT i, i % 110 FROM range(1100) r(i)")
    for number in range(102):
        lake.sql(f"DELETE FROM t WHERE id = {number}")
    count = len(avro(snapshots(path)[103].manifest_list))
    problems = [difference] if (difference := lineage(path)) else []
    return problems + ([] if as_iceberg(path) == lake.rows("t") else ["rows differ"]) + ([] if count <= 100 else [f"{count} manifests"])


def refusals(folder, weir):
    problems, lake = [], Lake(folder, weir, ["Iceberg metadata of"])
    lake.sql("CREATE TABLE made_before(id BIGINT)")
    lake.sql(f"CREATE TABLE third(id BIGINT) WITH ({THIRD})")
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
            f"CREATE TABLE a(i INTEGER) WITH ({PROPERTY}, 'delta.enableDeletionVectors' = 'true', 'delta.enableIcebergCompatV2' = 'true')": "delta.enableDeletionVectors is on",
            f"CREATE TABLE a(i INTEGER) WITH ({THIRD}, 'delta.enableRowTracking' = 'false')": "delta.enableRowTracking is not on",
            f"CREATE TABLE a(i INTEGER) WITH ({THIRD}, 'delta.enableIcebergCompatV2' = 'true')": "are both on",
            f"CREATE TABLE a(v VARIANT) WITH ({THIRD})": "has type variant",
            f"CREATE TABLE a(i INTEGER DEFAULT (1 + 1)) WITH ({THIRD})": "is the expression (1 + 1)",
            "ALTER TABLE third SET ('delta.enableRowTracking' = 'false')": "delta.enableRowTracking is not on",
            "ALTER TABLE third SET ('delta.enableIcebergCompatV3' = 'false')": "is not true",
            "ALTER TABLE third SET ('delta.enableIcebergCompatV3' = 'false', 'delta.enableIcebergCompatV2' = 'true', 'delta.enableDeletionVectors' = 'false')": "made for format version 3",
            "ALTER TABLE wide SET ('delta.enableIcebergCompatV3' = 'true', 'delta.enableIcebergCompatV2' = 'false', 'delta.enableRowTracking' = 'true')": "made for format version 2",
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
        cases += [(f"dies at {point} with vectors", dies_with_vectors, point)
                  for point in ("iceberg.puffin", "iceberg.manifest", "iceberg.metadata", "iceberg.hint")]
        cases += [(f"damaged {what} with vectors", damaged_with_vectors, what) for what in ("deletes-*", "manifest-*", "snap-*")]
        cases += [("vectors go back", go_back), ("vectors switched", switch), ("planted mistakes", planted)]
        cases += [(f"damaged {what}", damaged, what) for what in ("version-hint.text", "v3.metadata.json", "manifest-*", "snap-*")]
        cases += [("many commits", many), ("many commits with vectors", many_with_vectors)]
        cases += [(f"sequence {n}", sequence, list(KINDS)[n % len(KINDS)], args.seed * 1000 + n, args.operations)
                  for n in range(args.sequences)]
        cases += [(f"sequence {n} of format version 3", sequence, list(THIRD_KINDS)[n % len(THIRD_KINDS)], args.seed * 1000 + n, args.operations,
                   True) for n in range(args.sequences)]
        for number, (name, what, *more) in enumerate(cases):
            try:
                problems = what(folder / str(number), weir, *more)
            except Exception as error:
                problems = [f"{type(error).__name__}: {error}"]
            counts["failed" if problems else "passed"] += 1
            for problem in problems:
                print(f"FAIL  {name}: {problem}", flush=True)
    if args.sequences and not seen["vectors"]:
        counts["failed"] += 1
        print("FAIL  the sequences had no deletion vectors")
    print(f"{counts['passed']} passed, {counts['failed']} failed, 0 skipped")
    sys.exit(1 if counts["failed"] else 0)


if __name__ == "__main__":
    main()
