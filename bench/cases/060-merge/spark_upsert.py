"""The same upsert by Spark, into a fresh copy of the table; its session is started before the clock is.

usage: spark_upsert.py BASE TABLE SOURCE KEY...   (BASE is copied to ./spark first)
"""
import os, shutil, subprocess, sys

from spark_session import start, timed

base, table, source, *keys = sys.argv[1:]
shutil.rmtree("spark", ignore_errors=True)
subprocess.run(["cp", "-al", base, "spark"], check=True)
on = " AND ".join(f"t.{k} = s.{k}" for k in keys)
timed(start(), f"MERGE INTO delta.`{os.path.abspath('spark/main/' + table)}` t USING parquet.`{os.path.abspath(source)}` s ON {on} "
               "WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *")
