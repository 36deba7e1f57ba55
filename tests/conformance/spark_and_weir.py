#!/usr/bin/env python3
"""Spark and weir take turns on one Delta table; a native DuckDB table is the oracle.

Each sequence makes a table of one kind (plain, partitioned, with deletion vectors, mapped columns, ...) and runs random operations on
it: appends, deletes, updates, merges, schema changes, features switched on, OPTIMIZE (also with ZORDER BY, and of clustered tables),
CLUSTER BY, VACUUM, RESTORE. Which of the two engines runs an operation is drawn too. After each one weir, Spark and (where it knows the
table's features) deltalake must read the rows of the oracle, and the two engines must agree about row ids and changes. Checkpoints come
every few versions, from whoever is writing. At the end each engine makes a shallow clone, and weir a table of Parquet files that Spark wrote.
"""
import argparse, collections, json, os, pathlib, random, shutil, subprocess, sys, tempfile, time

import duckdb
import pyarrow as pa
from deltalake import DeltaTable, QueryBuilder
from pyspark.sql import SparkSession

KINDS = {  # name -> (PARTITIONED BY, properties), and SORTED BY of clustered tables
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
    "clustered": ("", {}, "id, s"),
    "clustered vectors": ("", {"delta.enableDeletionVectors": "true", "delta.enableRowTracking": "true"}, "s"),
    "clustered mapped": ("", {"delta.columnMapping.mode": "name", "delta.enableDeletionVectors": "true"}, "g, id, p"),
}


LATER = {  # what may be switched on in a table that has rows
    "delta.enableDeletionVectors": "true", "delta.enableChangeDataFeed": "true", "delta.enableInCommitTimestamps": "true",
    "delta.columnMapping.mode": "name", "delta.checkpointPolicy": "v2", "delta.enableTypeWidening": "true",
    "delta.checkpoint.writeStatsAsStruct": "true", "delta.isolationLevel": "Serializable"}


class Table:
    """One table, four readers, one oracle."""

    def __init__(self, folder, weir, spark, kind, seed):
        self.folder, self.weir, self.spark, self.random = folder, weir, spark, random.Random(seed)
        self.kind, (self.partition, properties, *clustering) = kind, KINDS[kind]
        self.properties = {"delta.checkpointInterval": str(self.random.choice([3, 5, 10])), **properties}
        self.feed_from = 0  # the first version whose changes can still be asked for together with the newest
        self.clustering = clustering[0].split(", ") if clustering else None
        folder.mkdir(parents=True)
        (folder / "dbt_project.yml").write_text("name: turns\nversion: '1.0'\nprofile: turns\n")
        (folder / "weir.yml").write_text("id: 0c9f5b44-33f2-4f0c-9d57-6d9e1d9f0a11\ntarget: lake\n")
        self.path = folder / "lake" / "main" / "t"
        self.oracle = duckdb.connect()
        self.columns = ["id", "g", "s", "p"]
        self.next_column = 0
        self.states = []  # of each version that can be restored: the oracle's columns with their types, and rows
        columns = "(id BIGINT, g INTEGER, s VARCHAR, p VARCHAR)"
        properties = ", ".join(f"'{k}' = '{v}'" for k, v in self.properties.items())
        self.run_weir(f"CREATE TABLE t{columns}" + (f" PARTITIONED BY ({self.partition})" if self.partition else "")
                      + (f" SORTED BY ({', '.join(self.clustering)})" if self.clustering else "")
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
        if roll < (0.22 if self.clustering else 0.15):
            return self.optimize(by_spark)
        if roll < (0.27 if self.clustering else 0.20) and len(self.states) > 2:
            return self.restore()
        if roll < 0.21:
            return self.vacuum(by_spark)
        if roll < 0.25:
            return self.switch_on(by_spark)
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

    def vacuum(self, by_spark):
        """All that the newest version does not need; no older one can be restored afterwards."""
        if by_spark:
            self.run_spark("VACUUM {t} RETAIN 0 HOURS")
        else:
            self.command("table", "vacuum", "main.t", "--retain", "0h", "--force")
        self.states, self.feed_from = [], self.version() + 1
        return "Spark: VACUUM" if by_spark else "weir: vacuum"

    def switch_on(self, by_spark):
        name, value = self.random.choice(list(LATER.items()))
        if name in self.properties:
            return None
        self.properties[name] = value
        self.feed_from = self.version() + 2
        if by_spark:
            self.run_spark(f"ALTER TABLE {{t}} SET TBLPROPERTIES ('{name}' = '{value}')")
        else:
            self.run_weir(f"ALTER TABLE t SET ('{name}' = '{value}')")
        return ("Spark: " if by_spark else "weir: ") + f"{name} = {value}"

    def optimize(self, by_spark):
        how = self.random.choice(["", "", " FULL"] if self.clustering else ["", " ZORDER BY (id, s)"])
        if by_spark:
            self.run_spark("OPTIMIZE {t}" + how)
            return "Spark: OPTIMIZE" + how
        words = {"": self.random.choice([[], ["--purge"]]), " FULL": ["--full"], " ZORDER BY (id, s)": ["--zorder", "id,s"]}[how]
        self.command("table", "optimize", "main.t", *words)
        return "weir: optimize " + " ".join(words)

    def schema_change(self, by_spark):
        self.feed_from = self.version() + 2  # changes are asked for in one schema
        if self.clustering and self.random.random() < 0.6:
            self.clustering = self.random.choice([["id"], ["g", "s"], ["p", "id", "g"], ["s", "p"]])
            columns = ", ".join(self.clustering)
            if by_spark:
                self.run_spark(f"ALTER TABLE {{t}} CLUSTER BY ({columns})")
            else:
                self.run_weir(f"ALTER TABLE t SET SORTED BY ({columns})")
            return ("Spark: " if by_spark else "weir: ") + f"cluster by {columns}"
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
        version, columns, rows, properties, clustering = self.random.choice(self.states[-6:])
        if properties != self.properties:
            return None  # restored with the rest; what cannot be switched off again stays in the protocol
        if self.random.random() < 0.5:
            self.run_spark(f"RESTORE TABLE {{t}} TO VERSION AS OF {version}")
            by = "Spark"
        else:
            self.command("table", "restore", "main.t", "--version", str(version))
            by = "weir"
        self.clustering = clustering
        self.oracle.execute(f"CREATE OR REPLACE TABLE t ({', '.join(f'{name} {kind}' for name, kind in columns)})")
        self.columns = [name for name, _ in columns]
        self.feed_from = self.version() + 1
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
            for first in {version, min(version, max(self.feed_from, version - 4))}:
                what_changed = f"{self.list()}, _change_type, _commit_version"
                self.compare(what, f"changes since {first}", f"SELECT {what_changed} FROM table_changes('main.t', {first}, {version})",
                             f"SELECT {what_changed} FROM table_changes_by_path('{self.path}', {first}, {version})")
        if self.clustering:
            by_spark = self.spark.sql(f"DESCRIBE DETAIL delta.`{self.path}`").select("clusteringColumns").collect()[0][0]
            by_weir = json.loads(self.command("table", "show", "main.t", "--output", "json"))["clustering_columns"]
            if not list(by_spark) == by_weir == self.clustering:
                raise AssertionError(f"clustering after {what}: {self.clustering}, Spark says {by_spark}, weir {by_weir}")
        types = [(name, kind) for name, kind, *_ in self.oracle.execute("DESCRIBE t").fetchall()]
        self.states.append((version, types, rows, dict(self.properties), self.clustering))

    def same(self, what, name):
        """A copy of the table, read by both."""
        expected = collections.Counter(self.oracle.execute(f"SELECT {self.list()} FROM t").fetchall())
        for reader, rows in (("weir", self.ask_weir(f"SELECT {self.list()} FROM {name}")),
                             ("Spark", [tuple(r) for r in self.spark.sql(f"SELECT {self.list()} FROM delta.`{self.path.parent / name}`").collect()])):
            if collections.Counter(rows) != expected:
                raise AssertionError(f"{what}, read by {reader}: {len(rows)} rows, {sum(expected.values())} expected")

    def copies(self):
        """Shallow clones by each engine; what weir writes to one stays out of the other."""
        self.command("table", "clone", "main.t", "main.by_weir")
        self.same("weir's clone", "by_weir")
        operation = self.spark.sql(f"DESCRIBE HISTORY delta.`{self.path.parent / 'by_weir'}`").select("operation").collect()[-1][0]
        if operation != "CLONE":
            raise AssertionError(f"Spark calls the clone {operation}")
        self.run_spark(f"CREATE TABLE delta.`{self.path.parent / 'by_spark'}` SHALLOW CLONE {{t}}")
        self.same("Spark's clone", "by_spark")
        self.run_weir("DELETE FROM by_weir WHERE id % 2 = 0")
        self.run_weir("DELETE FROM by_spark WHERE id % 2 = 0")
        self.same("the table after changes of its clones", "t")
        self.compare("changes of clones", "rows of the clones", f"SELECT {self.list()} FROM by_spark",
                     f"SELECT {self.list()} FROM delta.`{self.path.parent / 'by_weir'}`")

    def converted(self):
        """Files of Spark's, of every type that both have, as a table."""
        place = self.path.parent / "converted"
        rows = self.spark.range(200).selectExpr(
            "id", "cast(id % 7 as tinyint) as tiny", "timestamp_micros(id * 1000001) as ts", "cast(id / 8 as decimal(20, 3)) as d",
            "date_add(date'2026-01-01', cast(id as int)) as day", "cast(id as float) as f", "id % 2 = 0 as flag", "struct(id as a, string(id) as b) as st",
            "array(id) as l", "map(string(id), id) as m", "if(id % 5 = 0, null, concat('p', id % 3)) as p")
        rows.repartition(3).write.partitionBy("p").parquet(str(place))
        self.command("table", "convert", str(place))
        by_spark = self.spark.sql(f"SELECT id, tiny, ts, d, day, f, flag, st, l, p FROM delta.`{place}`")
        if sorted(map(tuple, by_spark.collect())) != sorted(map(tuple, rows.select(by_spark.columns).collect())):
            raise AssertionError("Spark reads other rows from the converted table")
        sums = "count(*), sum(id), sum(tiny), count(p), max(d)"
        self.compare("convert", "sums of the converted table", f"SELECT {sums}::VARCHAR, epoch_us(max(ts)), max(st.b), sum(m[id::VARCHAR]) FROM converted",
                     f"SELECT {sums.replace('max(d)', 'string(max(d))')}, unix_micros(max(ts)), max(st.b), sum(m[string(id)]) FROM delta.`{place}`")
        self.run_spark(f"DELETE FROM delta.`{place}` WHERE ts > timestamp_micros(100000000) AND p = 'p1'")
        self.compare("a delete by Spark", "ids of the converted table", "SELECT id FROM converted", f"SELECT id FROM delta.`{place}`")


def start_spark(jars):
    builder = (SparkSession.builder.master("local[1]")
               .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
               .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
               .config("spark.sql.shuffle.partitions", "2").config("spark.databricks.delta.snapshotPartitions", "2")
               .config("spark.sql.session.timeZone", "UTC").config("spark.ui.enabled", "false")
               .config("spark.databricks.delta.retentionDurationCheck.enabled", "false")
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
    parser.add_argument("--kinds", default="", help="only kinds whose name holds this text")
    args = parser.parse_args()
    weir = str(pathlib.Path(args.weir).resolve())
    spark = start_spark(sorted(pathlib.Path(args.jars).resolve().glob("*.jar")))
    failed, operations, counts = 0, 0, collections.Counter()
    kinds = [kind for kind in KINDS if args.kinds in kind]
    with tempfile.TemporaryDirectory(prefix="weir-turns-") as temporary:
        for number in range(args.sequences):
            kind, seed = kinds[number % len(kinds)], args.seed * 1000 + number
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
                what = "copies"
                table.copies()
                table.converted()
                print(f"ok     {kind:20s} seed {seed}: {len(done)} operations, {time.monotonic() - started:.0f} s", flush=True)
            except Exception as error:
                failed += 1
                print(f"FAILED {kind:20s} seed {seed} at operation {len(done)}: {str(error).strip()[:600]}\n  " + "\n  ".join(d[:200] for d in done[-4:]), flush=True)
            operations += len(done)
    print(f"{args.sequences} sequences, {operations} operations ({dict(counts)}), {failed} failed")
    spark.stop()
    sys.exit(1 if failed else 0)


main()
