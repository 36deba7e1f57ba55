#!/usr/bin/env python3
"""Spark and weir take turns on one Delta table; a native DuckDB table is the oracle.

Each sequence makes a table of one kind (plain, partitioned, with deletion vectors, mapped columns, ...) and runs random operations on
it: appends, deletes, updates, merges, schema changes, OPTIMIZE, RESTORE. Which of the two engines runs an operation is drawn too. After
each one weir, Spark and (where it knows the table's features) deltalake must read the rows of the oracle.
"""
import argparse, collections, json, os, pathlib, random, shutil, subprocess, sys, tempfile, time

import duckdb
import pyarrow as pa
from deltalake import DeltaTable, QueryBuilder
from pyspark.sql import SparkSession

KINDS = {  # name -> (PARTITIONED BY, properties)
    "plain": ("", {}),
    "partitioned": ("p", {}),
    "vectors": ("", {"delta.enableDeletionVectors": "true"}),
    "vectors partitioned": ("p", {"delta.enableDeletionVectors": "true"}),
    "mapped": ("", {"delta.columnMapping.mode": "name"}),
    "mapped vectors": ("p", {"delta.columnMapping.mode": "name", "delta.enableDeletionVectors": "true"}),
    "v2 checkpoints": ("", {"delta.checkpointPolicy": "v2", "delta.checkpointInterval": "4", "delta.enableDeletionVectors": "true"}),
    "row tracking": ("", {"delta.enableRowTracking": "true", "delta.enableDeletionVectors": "true"}),
    "row tracking partitioned": ("p", {"delta.enableRowTracking": "true"}),
    "change feed": ("", {"delta.enableChangeDataFeed": "true"}),
    "change feed vectors": ("p", {"delta.enableChangeDataFeed": "true", "delta.enableDeletionVectors": "true"}),
    "widening": ("", {"delta.enableTypeWidening": "true", "delta.enableInCommitTimestamps": "true"}),
}


class Table:
    """One table, four readers, one oracle."""

    def __init__(self, folder, weir, spark, kind, seed):
        self.folder, self.weir, self.spark, self.random = folder, weir, spark, random.Random(seed)
        self.kind, (self.partition, self.properties) = kind, KINDS[kind]
        folder.mkdir(parents=True)
        (folder / "dbt_project.yml").write_text("name: turns\nversion: '1.0'\nprofile: turns\n")
        (folder / "weir.yml").write_text("id: 0c9f5b44-33f2-4f0c-9d57-6d9e1d9f0a11\ntarget: lake\n")
        self.path = folder / "lake" / "main" / "t"
        self.oracle = duckdb.connect()
        self.columns = ["id", "g", "s", "p"]
        self.next_column = 0
        self.states = []  # of each version: the oracle's rows and columns
        columns = "(id BIGINT, g INTEGER, s VARCHAR, p VARCHAR)"
        properties = ", ".join(f"'{k}' = '{v}'" for k, v in self.properties.items())
        self.run_weir(f"CREATE TABLE t{columns}" + (f" PARTITIONED BY ({self.partition})" if self.partition else "")
                      + (f" WITH ({properties})" if properties else ""))
        self.oracle.execute(f"CREATE TABLE t{columns}")

    # ------------------------------------------------------------ engines
    def command(self, *words):
        done = subprocess.run([self.weir, *words], cwd=self.folder, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            raise AssertionError(f"weir {' '.join(words)}\n{done.stderr}")
        return done.stdout

    def run_weir(self, sql):
        self.command("sql", "--write", sql)

    def run_spark(self, sql):
        self.spark.sql(sql.replace("{t}", f"delta.`{self.path}`"))

    def ask_weir(self, sql):
        return [tuple(row.values()) for row in json.loads(self.command("sql", "--output", "json", sql))]

    def compare(self, what, kind, weir_sql, spark_sql):
        """Both engines' answers to what the oracle does not know."""
        by_weir = collections.Counter(self.ask_weir(weir_sql))
        by_spark = collections.Counter(tuple(row) for row in self.spark.sql(spark_sql).collect())
        if by_weir != by_spark:
            raise AssertionError(f"{kind} after {what}: weir alone {list((by_weir - by_spark).elements())[:4]}, "
                                 f"Spark alone {list((by_spark - by_weir).elements())[:4]}")

    def rows_of_weir(self):
        return self.ask_weir(f"SELECT {self.list()} FROM t")

    def rows_of_spark(self):
        return [tuple(row) for row in self.spark.sql(f"SELECT {self.list()} FROM delta.`{self.path}`").collect()]

    def rows_of_deltalake(self):
        if any(k.startswith(("delta.columnMapping", "delta.enableTypeWidening", "delta.checkpointPolicy")) for k in self.properties):
            return None  # it does not read these
        table = QueryBuilder().register("t", DeltaTable(str(self.path))).execute(f"SELECT {self.list()} FROM t").read_all()
        return [tuple(row[c] for c in self.columns) for row in pa.table(table).to_pylist()]

    def list(self):
        return ", ".join(self.columns)

    # ------------------------------------------------------------ operations
    def values(self):
        first = self.random.randrange(400)
        rows = []
        for i in range(first, first + self.random.randrange(1, 40)):
            text = "NULL" if i % 11 == 0 else f"'s{i * 7 % 90}'"
            part = "NULL" if i % 6 == 0 else f"'p{i % 4}'"
            rows.append(f"({i}, {i % 5}, {text}, {part})")
        return "(SELECT * FROM (VALUES " + ", ".join(rows) + ") AS v(id, g, s, p)) AS k"

    def condition(self):
        r = self.random
        return r.choice([f"id % {r.randrange(2, 9)} = 0", f"id BETWEEN {r.randrange(300)} AND {r.randrange(100, 500)}", "s IS NULL",
                         f"p = 'p{r.randrange(5)}'", f"g = {r.randrange(6)}", f"id = {r.randrange(450)}",
                         f"s LIKE 's{r.randrange(9)}%'"])

    def change(self):
        """SQL that means the same to Spark and to DuckDB, with {t} for the table."""
        r = self.random
        kind = r.randrange(8)
        if kind <= 1:
            return f"INSERT INTO {{t}} (id, g, s, p) SELECT * FROM {self.values()}"
        if kind <= 3:
            return f"DELETE FROM {{t}} WHERE {self.condition()}"
        if kind == 4:
            assignment = r.choice(["g = g + 1", "s = s || 'x'", "s = NULL", "p = 'p9'", "g = NULL, s = 'set'"])
            return f"UPDATE {{t}} SET {assignment} WHERE {self.condition()}"
        matched = r.choice(["WHEN MATCHED THEN UPDATE SET s = k.s, g = k.g", "WHEN MATCHED AND x.g = 2 THEN DELETE",
                            "WHEN MATCHED AND x.g = 1 THEN DELETE WHEN MATCHED THEN UPDATE SET p = k.p", ""])
        fresh = r.choice(["WHEN NOT MATCHED THEN INSERT (id, g, s, p) VALUES (k.id, k.g, k.s, k.p)",
                          "WHEN NOT MATCHED AND k.id % 2 = 0 THEN INSERT (id, s) VALUES (k.id, k.s)", ""])
        absent = r.choice(["", "", "", "WHEN NOT MATCHED BY SOURCE AND x.id > 350 THEN DELETE"])
        if not matched + fresh + absent:
            fresh = "WHEN NOT MATCHED THEN INSERT (id) VALUES (k.id)"
        return f"MERGE INTO {{t}} AS x USING {self.values()} ON x.id = k.id {matched} {fresh} {absent}"

    def step(self):
        """One operation; what was done, as text."""
        roll = self.random.random()
        by_spark = self.random.random() < 0.4
        if roll < 0.08:
            return self.schema_change(by_spark)
        if roll < 0.13:
            if by_spark:
                self.run_spark("OPTIMIZE {t}")
            else:
                self.command("table", "optimize", "main.t", *self.random.choice([[], ["--purge"]]))
            return "Spark: OPTIMIZE" if by_spark else "weir: optimize"
        if roll < 0.18 and len(self.states) > 2:
            return self.restore()
        sql = self.change()
        # The keys of the table are unique nowhere: a merge that finds a row twice is no operation.
        self.oracle.execute("BEGIN")
        try:
            self.oracle.execute(sql.replace("{t}", "t"))
            self.oracle.execute("COMMIT")
        except duckdb.Error:
            self.oracle.execute("ROLLBACK")
            raise
        if by_spark:
            self.run_spark(sql)
        else:
            self.run_weir(sql.replace("{t}", "t"))
        return ("Spark: " if by_spark else "weir: ") + sql

    def schema_change(self, by_spark):
        mapped = "delta.columnMapping.mode" in self.properties
        extra = [c for c in self.columns if c.startswith("c")]
        if "delta.enableTypeWidening" in self.properties and self.random.random() < 0.7:
            self.oracle.execute("ALTER TABLE t ALTER g TYPE BIGINT")
            if by_spark:
                self.run_spark("ALTER TABLE {t} ALTER COLUMN g TYPE BIGINT")
            else:
                self.run_weir("ALTER TABLE t ALTER g TYPE BIGINT")
            return "g becomes BIGINT"
        if mapped and extra and self.random.random() < 0.6:
            old, new = extra[0], f"c{self.next_column}"
            self.next_column += 1
            drop = self.random.random() < 0.5
            self.oracle.execute(f"ALTER TABLE t DROP COLUMN {old}" if drop else f"ALTER TABLE t RENAME COLUMN {old} TO {new}")
            sql = f"ALTER TABLE {{t}} DROP COLUMN {old}" if drop else f"ALTER TABLE {{t}} RENAME COLUMN {old} TO {new}"
            self.columns = [c for c in self.columns if c != old] if drop else [new if c == old else c for c in self.columns]
        else:
            name = f"c{self.next_column}"
            self.next_column += 1
            self.oracle.execute(f"ALTER TABLE t ADD COLUMN {name} INTEGER")
            self.columns.append(name)
            sql = f"ALTER TABLE {{t}} ADD COLUMNS ({name} INT)" if by_spark else f"ALTER TABLE {{t}} ADD COLUMN {name} INTEGER"
        if by_spark:
            self.run_spark(sql)
        else:
            self.run_weir(sql.replace("{t}", "t"))
        return ("Spark: " if by_spark else "weir: ") + sql

    def restore(self):
        version, columns, rows = self.random.choice(self.states[-6:])
        if columns != self.columns:
            return None
        if self.random.random() < 0.5:
            self.run_spark(f"RESTORE TABLE {{t}} TO VERSION AS OF {version}")
            by = "Spark"
        else:
            self.command("table", "restore", "main.t", "--version", str(version))
            by = "weir"
        self.oracle.execute("DELETE FROM t")
        if rows:
            self.oracle.executemany(f"INSERT INTO t ({self.list()}) VALUES ({', '.join('?' * len(columns))})", rows)
        return f"{by}: RESTORE to {version}"

    def version(self):
        return max(int(p.name[:20]) for p in (self.path / "_delta_log").glob("*.json") if len(p.name) == 25)

    def check(self, what):
        rows = [tuple(row) for row in self.oracle.execute(f"SELECT {self.list()} FROM t").fetchall()]
        expected = collections.Counter(rows)
        for reader in (self.rows_of_weir, self.rows_of_spark, self.rows_of_deltalake):
            found = reader()
            if found is None or collections.Counter(found) == expected:
                continue
            found = collections.Counter(found)
            raise AssertionError(f"{reader.__name__} after {what}: missing {list((expected - found).elements())[:3]}, "
                                 f"too many {list((found - expected).elements())[:3]}")
        version = self.version()
        if "delta.enableRowTracking" in self.properties:
            self.compare(what, "row ids", f"SELECT id, _row_id, _row_commit_version FROM t",
                         f"SELECT id, _metadata.row_id, _metadata.row_commit_version FROM delta.`{self.path}`")
        if "delta.enableChangeDataFeed" in self.properties and version > 0:
            self.compare(what, "changes", f"SELECT {self.list()}, _change_type FROM table_changes('main.t', {version}, {version})",
                         f"SELECT {self.list()}, _change_type FROM table_changes_by_path('{self.path}', {version}, {version})")
        self.states.append((version, list(self.columns), rows))


def start_spark(jars):
    builder = (SparkSession.builder.master("local[1]")
               .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
               .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
               .config("spark.sql.shuffle.partitions", "2").config("spark.databricks.delta.snapshotPartitions", "2")
               .config("spark.sql.session.timeZone", "UTC").config("spark.ui.enabled", "false")
               .config("spark.ui.showConsoleProgress", "false").config("spark.driver.memory", "1g").config("spark.jars", ",".join(map(str, jars))))
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    return session


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--weir", required=True)
    parser.add_argument("--jars", required=True, help="folder with the jars of delta-spark")
    parser.add_argument("--sequences", type=int, default=8)
    parser.add_argument("--operations", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    weir = str(pathlib.Path(args.weir).resolve())
    spark = start_spark(sorted(pathlib.Path(args.jars).resolve().glob("*.jar")))
    failed, operations, counts = 0, 0, collections.Counter()
    with tempfile.TemporaryDirectory(prefix="weir-turns-") as temporary:
        for number in range(args.sequences):
            kind, seed = list(KINDS)[number % len(KINDS)], args.seed * 1000 + number
            table, what, done = Table(pathlib.Path(temporary) / str(number), weir, spark, kind, seed), "", []
            started = time.monotonic()
            try:
                while len(done) < args.operations:
                    try:
                        what = table.step()
                    except duckdb.Error:
                        continue
                    if what is None:
                        continue
                    done.append(what)
                    counts[what.split(":")[0]] += 1
                    table.check(what)
                print(f"ok     {kind:20s} seed {seed}: {len(done)} operations, {time.monotonic() - started:.0f} s", flush=True)
            except Exception as error:
                failed += 1
                print(f"FAILED {kind:20s} seed {seed} at operation {len(done)}: {str(error).strip()[:600]}\n  " + "\n  ".join(d[:200] for d in done[-4:]), flush=True)
            operations += len(done)
    print(f"{args.sequences} sequences, {operations} operations ({dict(counts)}), {failed} failed")
    spark.stop()
    sys.exit(1 if failed else 0)


main()
