"""The same upsert by deltalake, into a fresh copy of a table without deletion vectors.

usage: deltalake_upsert.py BASE TABLE SOURCE KEY...   (BASE is copied to ./plain first)
"""
import shutil, subprocess, sys

import pyarrow.parquet as pq
from deltalake import DeltaTable

base, table, source, *keys = sys.argv[1:]
shutil.rmtree("plain", ignore_errors=True)
subprocess.run(["cp", "-al", base, "plain"], check=True)
DeltaTable(f"plain/main/{table}").merge(
    pq.read_table(source), " and ".join(f"t.{k} = s.{k}" for k in keys), source_alias="s",
    target_alias="t").when_matched_update_all().when_not_matched_insert_all().execute()
