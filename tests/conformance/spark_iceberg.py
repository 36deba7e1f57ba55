#!/usr/bin/env python3
"""Spark with Iceberg's own module beside weir: each reads what the other wrote.

First Spark makes random changes to Iceberg tables of format versions 1, 2 and 3, by new files and by deletes, with partitions and columns that
change; after each weir's iceberg_scan must give Spark's rows, with filters too, and in the end those of each snapshot, branch and tag. Then
weir makes random changes to tables that it keeps as Iceberg tables (read_as_iceberg.py), of format versions 2 and 3, and Spark reads them; in
version 3 row ids and the versions of rows must be weir's too, and mistakes that are planted in the metadata must be found.
"""
import argparse, collections, pathlib, random, subprocess, sys, tempfile

import pyarrow.parquet
import read_as_iceberg
from lake_and_rows import Lake, plain
from pyspark.sql import SparkSession

MERGE_ON_READ = "'write.delete.mode' = 'merge-on-read', 'write.update.mode' = 'merge-on-read', 'write.merge.mode' = 'merge-on-read'"
COLUMNS = {"id": "BIGINT", "p": "STRING", "w": "INT", "d": "DECIMAL(9,2)", "f": "FLOAT", "x": "DOUBLE", "b": "BOOLEAN", "day": "DATE", "tz": "TIMESTAMP",
           "n": "TIMESTAMP_NTZ", "bin": "BINARY", "l": "ARRAY<INT>", "s": "STRUCT<a: INT, c: STRING>", "m": "MAP<STRING, INT>",
           "ls": "ARRAY<STRUCT<q: INT, r: ARRAY<DATE>>>"}
ROW = ("id, element_at(array('a', 'b c/d', NULL, 'é=%?#'), cast(id % 4 + 1 AS INT)), cast(id * 1000 AS INT), cast((id - 3) / 4 AS DECIMAL(9,2)), "
       "cast(id / 2 AS FLOAT), CASE id % 7 WHEN 6 THEN double('NaN') ELSE id / 3 - 2 END, id % 2 = 0, date_add(DATE '1969-12-25', cast(id AS INT)), "
       "TIMESTAMP '2026-01-01 00:00:00.123456' + make_dt_interval(0, 0, 0, id), TIMESTAMP_NTZ '1969-12-31 23:59:58.000001' + make_dt_interval(0, 0, 0, id), "
       "encode(cast(id AS STRING), 'utf-8'), array(cast(id AS INT), NULL), named_struct('a', cast(id AS INT), 'c', concat('s', id){fields}), map('k', cast(id AS INT)), "
       "array(named_struct('q', cast(id AS INT), 'r', array(DATE '2026-01-01')))")
PARTITIONS = ["", "p", "bucket(3, id)", "days(tz)", "p, truncate(100, w)", "day", "b, d", "months(n), f"]
WIDER = {"w": ("INT", "BIGINT"), "d": ("DECIMAL(9,2)", "DECIMAL(14,2)"), "f": ("FLOAT", "DOUBLE")}
FILTERS = ["id >= {n} AND id < {n} + 3", "p = 'é=%?#'", "p IS NULL", "d >= {n} / 4", "x < {n} / 3 - 2", "day = DATE '1970-01-01'", "w = {n} * 1000",
           "b AND f > {n} / 2", "tz < TIMESTAMP '2026-01-01 00:00:05'", "n IS NOT NULL AND bin IS NOT NULL", "s.a = {n}"]


class Tables:
    """The Iceberg tables that Spark writes, and both readers of them."""

    def __init__(self, spark, folder, weir):
        self.spark, self.folder, self.weir = spark, folder, weir

    def sql(self, text):
        return self.spark.sql(text)

    def by_spark(self, table, at="", where="true"):
        return plain(self.sql(f"SELECT * FROM ice.db.{table}{at} WHERE {where}").toArrow())

    def by_weir(self, table, parameters="", where="true"):
        file = self.folder / "rows.parquet"
        file.unlink(missing_ok=True)
        path = self.folder / "warehouse/db" / table
        sql = f"COPY (SELECT * FROM iceberg_scan('{path}'{parameters}) WHERE {where}) TO '{file}'"
        done = subprocess.run([self.weir, "sql", "--write", "--lake", self.folder / "lake", sql], capture_output=True, text=True)
        if done.returncode:
            raise AssertionError(f"{sql}: {done.stderr}")
        return plain(pyarrow.parquet.read_table(file)) if file.exists() else []

    def difference(self, table, spark_at="", weir_at="", where="true"):
        theirs, ours = self.by_spark(table, spark_at, where), self.by_weir(table, weir_at, where)
        if ours == theirs:
            return ""
        return (f"{spark_at or weir_at} where {where}: Spark {len(theirs)} rows, weir {len(ours)}\n"
                f"    only Spark: {[r for r in theirs if r not in ours][:1]}\n    only weir: {[r for r in ours if r not in theirs][:1]}")


class Sequence:
    def __init__(self, tables, seed):
        self.tables, self.rng, self.seed = tables, random.Random(seed), seed
        self.table, self.version = f"t{seed}", seed % 3 + 1
        self.kind = f"format version {self.version}"
        self.next_id, self.added, self.extra, self.fields, self.widened = 0, 0, [], [], set()
        self.spec = self.rng.choice(PARTITIONS)
        properties = f"'format-version' = '{self.version}'"
        if self.version > 1 and self.rng.random() < 0.8:
            properties += ", " + MERGE_ON_READ
            self.kind += " with deletes"
        if self.rng.random() < 0.3:
            properties += ", 'write.delete.granularity' = 'partition'"
        by = f" PARTITIONED BY ({self.spec})" if self.spec else ""
        self.sql(f"CREATE TABLE {{t}}({', '.join(f'{n} {t}' for n, t in COLUMNS.items())}) USING iceberg{by} TBLPROPERTIES ({properties})")

    def sql(self, text):
        return self.tables.sql(text.replace("{t}", f"ice.db.{self.table}"))

    def rows(self, first, count):
        row = ROW.replace("{fields}", "".join(f", '{name}', DATE '2026-02-02'" for name in self.fields))
        return f"SELECT {row} FROM range({first}, {first + count})"

    def insert(self):
        self.sql(f"INSERT INTO {{t}}({', '.join(COLUMNS)}) {self.rows(self.next_id, self.rng.randint(1, 9))}")
        self.next_id += 9

    def update(self):
        self.sql(f"UPDATE {{t}} SET d = d + 1, p = 'changed' WHERE id % {self.rng.randint(2, 4)} = 0")

    def delete(self):
        self.sql(f"DELETE FROM {{t}} WHERE id % {self.rng.randint(2, 7)} = 1")

    def merge(self):
        self.sql(f"MERGE INTO {{t}} USING (SELECT id FROM range({max(0, self.next_id - 9)}, {self.next_id})) s ON {{t}}.id = s.id "
                 "WHEN MATCHED AND s.id % 3 = 0 THEN DELETE WHEN MATCHED THEN UPDATE SET x = 7.5 WHEN NOT MATCHED THEN INSERT (id) VALUES (s.id)")

    def add(self):
        self.added += 1
        self.sql(f"ALTER TABLE {{t}} ADD COLUMN x{self.added} {self.rng.choice(['INT', 'ARRAY<INT>', 'STRUCT<q: ARRAY<INT>>'])}")
        self.extra.append(f"x{self.added}")

    def rename(self):
        if self.extra:
            self.added += 1
            self.sql(f"ALTER TABLE {{t}} RENAME COLUMN {self.extra.pop()} TO x{self.added}")
            self.extra.append(f"x{self.added}")

    def drop(self):
        if self.extra:
            self.sql(f"ALTER TABLE {{t}} DROP COLUMN {self.extra.pop(0)}")

    def field(self):
        self.added += 1
        self.sql(f"ALTER TABLE {{t}} ADD COLUMN s.c{self.added} DATE")
        self.fields.append(f"c{self.added}")

    def reorder(self):
        self.sql("ALTER TABLE {t} ALTER COLUMN w FIRST")

    def widen(self):
        column = self.rng.choice(list(WIDER))
        if column not in self.widened and column not in self.spec:
            self.sql(f"ALTER TABLE {{t}} ALTER COLUMN {column} TYPE {WIDER[column][1]}")
            self.widened.add(column)

    def partition(self):
        self.added += 1
        self.sql(f"ALTER TABLE {{t}} ADD PARTITION FIELD {self.rng.choice(['bucket(2, id)', 'truncate(2, p)', 'years(day)', 'b'])} AS f{self.added}")

    def compact(self):
        self.sql(f"CALL ice.system.rewrite_data_files(table => 'db.{self.table}', options => map('rewrite-all', 'true'))")

    def replace(self):
        self.sql(f"INSERT OVERWRITE {{t}}({', '.join(COLUMNS)}) {self.rows(self.next_id, 3)}")
        self.next_id += 3

    def mark(self):
        self.added += 1
        self.sql(f"ALTER TABLE {{t}} CREATE {self.rng.choice(['TAG', 'BRANCH'])} r{self.added}")

    def step(self):
        operation = self.rng.choice(["insert"] * 3 + ["update", "delete", "delete", "merge", "add", "rename", "drop", "field", "reorder", "widen",
                                                       "partition", "compact", "replace", "mark"])
        if self.next_id == 0:
            operation = "insert"
        try:
            getattr(self, operation)()
        except Exception as error:  # what Spark does not do is no matter here, once it has rows
            if operation in ("insert", "update", "delete", "merge"):
                raise
            return f"{operation} (refused by Spark: {str(error).splitlines()[0][:80]})"
        return operation

    def run(self, count):
        done = []
        for _ in range(count):
            done.append(self.step())
            wheres = ["true"] + [w.replace("{n}", str(self.rng.randint(0, self.next_id))) for w in self.rng.sample(FILTERS, 2)]
            for where in wheres:
                if problem := self.tables.difference(self.table, where=where):
                    return [f"{self.kind}, seed {self.seed}, after {', '.join(done)}: {problem}"]
        at = [(f" VERSION AS OF {row.snapshot_id}", f", snapshot_from_id => {row.snapshot_id}")
              for row in self.sql("SELECT snapshot_id FROM {t}.snapshots").collect()]
        at += [(f" VERSION AS OF '{row.name}'", f", ref => '{row.name}'") for row in self.sql("SELECT name FROM {t}.refs").collect()]
        return [f"{self.kind}, seed {self.seed}: {problem}" for places in at if (problem := self.tables.difference(self.table, *places))][:1]


def planted(folder, weir):
    """Mistakes in metadata must be found by what Spark reads."""
    lake, path, problems = Lake(folder, weir), folder / "main" / "t", []
    lake.sql(f"CREATE TABLE t WITH ({read_as_iceberg.THIRD}) AS SELECT * FROM range(100) r(id)")
    lake.sql("DELETE FROM t WHERE id = 7")
    good = {file: file.read_bytes() for file in (path / "metadata").iterdir()}
    ours = lake.rows("t", columns="*, _row_id, _row_commit_version AS _last_updated_sequence_number")
    if read_as_iceberg.with_row_ids(path) != ours:
        problems.append("without any mistake: rows differ")
    for name, change in read_as_iceberg.MISTAKES.items():
        change(path)
        try:
            found = read_as_iceberg.with_row_ids(path) != ours
        except Exception:  # Spark refuses it
            found = True
        if not found:
            problems.append(f"{name} is not found")
        for file, content in good.items():
            file.write_bytes(content)
    return problems


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--weir", required=True)
    parser.add_argument("--jars", required=True)
    parser.add_argument("--sequences", type=int, default=6)
    parser.add_argument("--operations", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    weir, jars = str(pathlib.Path(args.weir).resolve()), ",".join(map(str, pathlib.Path(args.jars).resolve().glob("*.jar")))
    counts = collections.Counter()
    with tempfile.TemporaryDirectory(prefix="weir-spark-iceberg-") as temporary:
        folder = pathlib.Path(temporary)
        settings = {"spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false", "spark.jars": jars, "spark.sql.session.timeZone": "UTC", "spark.sql.shuffle.partitions": "2",
                    "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
                    "spark.sql.catalog.ice": "org.apache.iceberg.spark.SparkCatalog", "spark.sql.catalog.ice.type": "hadoop",
                    "spark.sql.catalog.ice.warehouse": str(folder / "warehouse"), "spark.sql.catalog.ice.cache-enabled": "false",
                    "spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1", "spark.log.level": "ERROR"}
        builder = SparkSession.builder.master("local[2]")
        for name, value in settings.items():
            builder = builder.config(name, value)
        spark = builder.getOrCreate()
        tables = Tables(spark, folder, weir)

        def as_iceberg(path, snapshot=None, by_pyiceberg=read_as_iceberg.as_iceberg, **scan):
            if scan:
                return by_pyiceberg(path, snapshot, **scan)
            reader = spark.read.format("iceberg")
            return plain((reader.option("versionAsOf", snapshot) if snapshot else reader).load(str(path)).toArrow())

        def with_row_ids(path):
            return plain(spark.read.format("iceberg").load(str(path)).selectExpr("*", "_row_id", "_last_updated_sequence_number").toArrow())

        read_as_iceberg.as_iceberg, read_as_iceberg.with_row_ids = as_iceberg, with_row_ids
        kinds, third_kinds = list(read_as_iceberg.KINDS), list(read_as_iceberg.THIRD_KINDS)
        for number in range(args.sequences):
            seed = args.seed * 1000 + number
            runs = [("Spark writes", lambda: Sequence(tables, seed).run(args.operations)),
                    ("weir writes", lambda: read_as_iceberg.sequence(folder / f"weir{number}", weir, kinds[number % len(kinds)], seed, args.operations)),
                    ("weir writes format version 3",
                     lambda: read_as_iceberg.sequence(folder / f"third{number}", weir, third_kinds[number % len(third_kinds)], seed, args.operations, True))]
            if number == 0:
                runs.append(("planted mistakes", lambda: planted(folder / "planted", weir)))
            for name, run in runs:
                try:
                    problems = run()
                except Exception as error:
                    problems = [f"seed {seed}: {type(error).__name__}: {str(error)[:1000]}"]
                counts["failed" if problems else "passed"] += 1
                for problem in problems:
                    print(f"FAIL  {name}: {problem}", flush=True)
        spark.stop()
    print(f"{counts['passed']} passed, {counts['failed']} failed, 0 skipped")
    sys.exit(1 if counts["failed"] else 0)


main()
