"""The same Z-order by deltalake, of a fresh copy of the table. usage: zorder.py MEMORY_BYTES TARGET_FILE_BYTES"""
import shutil, subprocess, sys

from deltalake import DeltaTable

shutil.rmtree("plain", ignore_errors=True)
subprocess.run(["cp", "-al", "base/lake", "plain"], check=True)
DeltaTable("plain/main/clicks").optimize.z_order(["user_id", "at"], max_spill_size=int(sys.argv[1]), target_size=int(sys.argv[2]))
