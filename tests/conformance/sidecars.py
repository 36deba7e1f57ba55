#!/usr/bin/env python3
"""Checkpoints of form V2 with sidecars as weir writes them, read by deltalake and, with --jars, by Spark.

The table has more files than a checkpoint keeps in itself; they are not there, since only the log is read. weir adds and removes
files over some checkpoints. At each of them the others must see exactly the live files that this program has counted, from the
checkpoint alone (the commits before it are taken away), and weir must have written anew only the sidecars that changed.
"""
import argparse, json, pathlib, shutil, subprocess, sys, tempfile

import pyarrow.parquet as pq
from deltalake import DeltaTable

FILES, INTERVAL = 110_000, 3
SCHEMA = {"type": "struct", "fields": [{"name": "id", "type": "long", "nullable": True, "metadata": {}}]}


def add(number):
    stats = json.dumps({"numRecords": 10, "minValues": {"id": number}, "maxValues": {"id": number + 9}, "nullCount": {"id": 0}})
    return {"add": {"path": f"f{number}.parquet", "partitionValues": {}, "size": 100, "modificationTime": 1704067200000,
                    "dataChange": True, "stats": stats}}


def create(table, properties):
    protocol = {"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": ["v2Checkpoint"], "writerFeatures": ["v2Checkpoint"]}
    metadata = {"id": "7d9cbb6c-0c3a-4b0e-8a2c-6a2f0e9d8f11", "format": {"provider": "parquet", "options": {}},
                "schemaString": json.dumps(SCHEMA), "partitionColumns": [], "createdTime": 1704067200000,
                "configuration": {"delta.checkpointPolicy": "v2", "delta.checkpointInterval": str(INTERVAL), **properties}}
    (table / "_delta_log").mkdir(parents=True)
    lines = [{"protocol": protocol}, {"metaData": metadata}] + [add(i) for i in range(FILES)]
    (table / "_delta_log" / f"{0:020}.json").write_text("".join(json.dumps(line) + "\n" for line in lines))


def checkpoint_of(table, version):
    found = list((table / "_delta_log").glob(f"{version:020}.checkpoint.*.parquet"))
    assert len(found) == 1, found
    return found[0]


def sidecars_of(table, version):
    rows = pq.read_table(checkpoint_of(table, version), columns=["sidecar"])["sidecar"].to_pylist()
    named = [row["path"] for row in rows if row]
    hint = json.loads((table / "_delta_log" / "_last_checkpoint").read_text())
    assert [one["path"] for one in hint["v2Checkpoint"]["sidecarFiles"]] == named, "the hint names other sidecars"
    return named


def copy_without_commits(table, version, folder):
    """The table as a reader meets it once the log before the checkpoint is cleaned."""
    alone = folder / f"alone-{version}"
    shutil.copytree(table, alone)
    for commit in (alone / "_delta_log").glob("*.json"):
        if int(commit.stem) < version:
            commit.unlink()
    for checksum in (alone / "_delta_log").glob("*.crc"):
        checksum.unlink()
    return alone


def seen_by_spark(spark, table):
    """The number of files, and of rows: Spark too counts these by the statistics."""
    detail = spark.sql(f"DESCRIBE DETAIL delta.`{table}`").collect()[0]
    return detail["numFiles"], spark.sql(f"SELECT count(*) FROM delta.`{table}`").collect()[0][0]


def count_in_weir(weir, folder):
    done = subprocess.run([weir, "sql", "--lake", folder / "lake", "--output", "csv", "select count(*) from main.t"], check=True,
                          cwd=folder, capture_output=True, text=True)
    return int(done.stdout.split()[-1])


def start_spark(jars):
    from pyspark.sql import SparkSession
    return (SparkSession.builder.master("local[1]").config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
            .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
            .config("spark.ui.enabled", "false").config("spark.sql.shuffle.partitions", "2")
            .config("spark.databricks.delta.snapshotPartitions", "2")
            .config("spark.jars", ",".join(map(str, sorted(pathlib.Path(jars).resolve().glob("*.jar"))))).getOrCreate())


def run(weir, folder, spark, properties):
    table, live = folder / "lake" / "main" / "t", set(f"f{i}.parquet" for i in range(FILES))
    create(table, properties)

    def sql(text):
        subprocess.run([weir, "sql", "--write", "--quiet", "--lake", folder / "lake", text], check=True, cwd=folder)

    written = {}
    for version in range(1, 3 * INTERVAL + 1):
        if version == INTERVAL + 1:  # by another writer, as far as weir can tell
            line = {"remove": {"path": "f0.parquet", "dataChange": True, "deletionTimestamp": 4102444800000, "size": 100}}
            (table / "_delta_log" / f"{version:020}.json").write_text(json.dumps(line) + "\n")
            live.discard("f0.parquet")
        else:
            sql(f"insert into main.t select {version}")
            live.update(file.name for file in table.glob("*.parquet"))  # those that are there are weir's
        if version % INTERVAL:
            continue
        written[version] = sidecars_of(table, version)
        alone = copy_without_commits(table, version, folder)
        seen = {uri.rsplit("/", 1)[1] for uri in DeltaTable(alone).file_uris()}
        assert seen == live, f"deltalake at {version}: {len(seen)} files, not {len(live)}"
        listed = subprocess.run([weir, "table", "scan", "t", "--lake", folder / "lake", "--output", "csv"], check=True,
                                cwd=folder, capture_output=True, text=True).stdout.split()[1:]
        assert {line.split(",")[0] for line in listed} == live, f"weir at {version}"
        rows = sum(10 if file[1:-8].isdigit() else 1 for file in live)  # weir's own files are named by a UUID
        counted = count_in_weir(weir, folder)
        assert counted == rows, f"weir at {version}: {counted} rows, not {rows}"
        if spark:
            assert seen_by_spark(spark, alone) == (len(live), rows), f"Spark at {version}"
        print(f"version {version}: {len(live)} files in {len(written[version])} sidecars")
    first, second, third = written.values()
    assert len(set(first) & set(second)) == 1, "the file that left was in one of the two full sidecars"
    assert len(set(second) & set(third)) >= 1, "nothing left, so what is full stays"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--weir", required=True, type=lambda path: pathlib.Path(path).resolve())
    parser.add_argument("--jars", help="folder with the jars of delta-spark: Spark reads them too")
    args = parser.parse_args()
    spark = start_spark(args.jars) if args.jars else None
    kinds = {"texts": {}, "structs": {"delta.checkpoint.writeStatsAsStruct": "true", "delta.checkpoint.writeStatsAsJson": "false"}}
    for kind, properties in kinds.items():
        with tempfile.TemporaryDirectory() as folder:
            print(f"statistics as {kind}")
            run(args.weir, pathlib.Path(folder), spark, properties)
    print(f"{len(kinds)} passed, 0 failed")


main()
