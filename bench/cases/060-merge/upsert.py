"""The same upsert by deltalake, into a fresh copy of the plain table."""
import shutil, subprocess

import pyarrow.parquet as pq
from deltalake import DeltaTable

shutil.rmtree("plain", ignore_errors=True)
subprocess.run(["cp", "-al", "base/plain", "plain"], check=True)
DeltaTable("plain/main/lineitem").merge(
    pq.read_table("data/updates.parquet"), "t.l_orderkey = s.l_orderkey and t.l_linenumber = s.l_linenumber",
    source_alias="s", target_alias="t").when_matched_update_all().when_not_matched_insert_all().execute()
