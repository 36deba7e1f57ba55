"""Statements and maintenance on one table that must be whole or not at all, wherever they die: a MERGE that marks rows in one file
and writes another anew, OPTIMIZE, VACUUM, and a checkpoint. The oracle is a dict; the log must be legal (legal.py); and what a death
leaves behind must be gone after a VACUUM.
"""
import collections

from legal import Log

VACUUM = ["table", "vacuum", "main.t", "--retain", "0h", "--force"]
TRACKED = ("'delta.enableDeletionVectors' = 'true', 'delta.enableRowTracking' = 'true', 'delta.enableInCommitTimestamps' = 'true'")


def filled(lake, properties):
    """200 rows in one file, four in each of three more: versions 0 to 4."""
    lake.sql(f"CREATE TABLE t (k BIGINT, n BIGINT) WITH ({properties})")
    lake.sql("INSERT INTO t SELECT range, 0 FROM range(200)")
    for first in (1000, 2000, 3000):
        lake.sql(f"INSERT INTO t SELECT {first} + range, 0 FROM range(4)")
    return {k: 0 for k in [*range(200), *(first + i for first in (1000, 2000, 3000) for i in range(4))]}


def merge(lake):
    """Three rows of the large file are marked, a small file is written anew, one is dropped, new rows come; and a checkpoint is due."""
    rows = filled(lake, TRACKED + ", 'delta.checkpointInterval' = '5'")
    source = {3: 30, 4: 40, 5: -1, 1000: 10, 1001: 11, 1002: -1, 5000: 50, 5001: 51, **{2000 + i: -1 for i in range(4)}}
    for k, n in source.items():
        rows[k] = n
        if n < 0:
            del rows[k]
    values = ", ".join(f"({k}, {n})" for k, n in source.items())
    return ["sql", "--write", f"MERGE INTO t USING (VALUES {values}) AS s(k, n) ON t.k = s.k WHEN MATCHED AND s.n < 0 THEN DELETE "
            "WHEN MATCHED THEN UPDATE SET n = s.n WHEN NOT MATCHED AND s.n >= 0 THEN INSERT (k, n) VALUES (s.k, s.n)"], rows


def optimize(lake):
    rows = filled(lake, TRACKED)
    lake.sql("DELETE FROM t WHERE k IN (7, 8, 2001)")
    return ["table", "optimize", "main.t", "--purge"], {k: n for k, n in rows.items() if k not in (7, 8, 2001)}


def vacuum(lake):
    """Files that DELETE, MERGE and OPTIMIZE took away, and vectors that others replaced."""
    command, rows = merge(lake)
    lake.run(*command, check=0)
    lake.sql("DELETE FROM t WHERE k = 9")
    lake.run("table", "optimize", "main.t", check=0)
    del rows[9]
    return VACUUM, rows


SCENARIOS = {f.__name__: f for f in (merge, optimize, vacuum)}


def trouble(lake, rows):
    found, expected = lake.rows(), collections.Counter(rows.items())
    wrong = Log(lake.folder()).problems()
    if found != expected:
        wrong.append(f"rows missing {list((expected - found).elements())[:4]}, too many {list((found - expected).elements())[:4]}")
    return wrong


def left_behind(lake, rows):
    """After a VACUUM only what the table needs is there, and the table is as before."""
    code, said = lake.run(*VACUUM)
    if code:
        return [f"the vacuum after it exited {code}: {said[-600:]}"]
    return [f"left behind: {k}" for k in Log(lake.folder()).strays()] + trouble(lake, rows)
