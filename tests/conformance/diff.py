#!/usr/bin/env python3
"""`weir diff` against plain Python: random tables with random edits, in DuckDB files and in lakes.

What differs is counted here row by row, from the lists that both tables were made of: no SQL and no join. Tables are written by
DuckDB's and delta-rs's own libraries. Prints each case that differs and closes with "N passed, N failed, N skipped".
"""
import argparse
import collections
import datetime
import decimal
import json
import math
import pathlib
import random
import struct
import subprocess
import sys
import tempfile

import duckdb
import pyarrow as pa
from deltalake import write_deltalake

FLOATS = [0.0, -0.0, math.nan, math.inf, -math.inf]


def single(value):
    """The nearest number that a FLOAT holds."""
    return struct.unpack("f", struct.pack("f", value))[0]


EPOCH = datetime.datetime(2020, 1, 1)

# name: (SQL type, Arrow type as the lake stores it, a random value, an edited value)
TYPES = {
    "int": ("INTEGER", pa.int32(), lambda r: r.randrange(-5, 40), None),
    "uint": ("UINTEGER", pa.int64(), lambda r: r.randrange(0, 40), None),
    "huge": ("HUGEINT", pa.decimal128(38, 0), lambda r: decimal.Decimal(r.randrange(-10**20, 10**20)), None),
    "text": ("VARCHAR", pa.string(), lambda r: r.choice(["", "a", "b", "ä€", "it's", "x" * 20]) + str(r.randrange(9)), None),
    "bool": ("BOOLEAN", pa.bool_(), lambda r: r.random() < 0.5, None),
    "double": ("DOUBLE", pa.float64(), lambda r: r.choice([r.uniform(-9, 9), *FLOATS]), lambda r, v: v * (1 + 1e-4) if r.random() < 0.3 else v + r.choice([1e-9, 0.004, 3.0])),
    "float": ("FLOAT", pa.float32(), lambda r: single(r.choice([r.uniform(-9, 9), *FLOATS])), lambda r, v: single(v + r.choice([0.0009, 0.004, 3.0]))),
    "decimal": ("DECIMAL(9,2)", pa.decimal128(9, 2), lambda r: decimal.Decimal(r.randrange(-999, 999)) / 100, None),
    "date": ("DATE", pa.date32(), lambda r: (EPOCH + datetime.timedelta(days=r.randrange(40))).date(), None),
    "stamp": ("TIMESTAMP", pa.timestamp("us"), lambda r: EPOCH + datetime.timedelta(seconds=r.randrange(99), microseconds=r.randrange(99)), None),
    "enum": ("ENUM('red', 'green', 'blue')", pa.string(), lambda r: r.choice(["red", "green", "blue"]), None),
    "list": ("INTEGER[]", pa.list_(pa.int32()), lambda r: [r.randrange(3) for _ in range(r.randrange(3))], None),
    "struct": ("STRUCT(x INTEGER, y VARCHAR)", pa.struct([("x", pa.int32()), ("y", pa.string())]), lambda r: {"x": r.randrange(3), "y": r.choice("ab")}, None),
}


def plain(value):
    """A value as one that Python compares the way SQL does: NaN is itself, NULL is a value."""
    if isinstance(value, float):
        return "NaN" if math.isnan(value) else value + 0.0 or 0.0
    if isinstance(value, list):
        return tuple(value)
    if isinstance(value, dict):
        return tuple(sorted(value.items()))
    return value


class Case:
    def __init__(self, number, seed):
        self.number, self.random = number, random.Random(f"{seed}/{number}")
        r = self.random
        self.keyed = r.random() < 0.7
        names = r.sample(sorted(TYPES), r.randrange(2, 7))
        self.kinds = [r.choice(["int", "text", "date"]) for _ in range(r.randrange(1, 3))] + names
        self.names = [f"{'k' if i < len(self.kinds) - len(names) else 'v'}{i} {kind}" for i, kind in enumerate(self.kinds)]
        self.keys = [n for n in self.names if n.startswith("k")]
        rows = r.choice([0, 1, 7, 60, 400])
        unique = r.random() < 0.6
        self.a = []
        seen = set()
        for _ in range(rows):
            row = [self.value(kind, key=name in self.keys) for name, kind in zip(self.names, self.kinds)]
            key = tuple(plain(v) for v in row[: len(self.keys)])
            if unique and key in seen:
                continue
            seen.add(key)
            self.a.append(row)
        self.b = self.edited(self.a)
        r.shuffle(self.b)
        # (how much, of the larger one)
        self.tolerance = r.choice([None, (0.01, False), (1e-6, False), (0.001, True), (0.1, True)]) if self.keyed else None
        self.where = f'"{self.names[0]}" IS NOT NULL' if r.random() < 0.2 else ""
        others = self.names[len(self.keys):]
        self.excluded = r.sample(others, r.randrange(1, len(others))) if r.random() < 0.3 and len(others) > 1 else []
        self.how = r.choice(["files", "same stem", "file and lake", "lakes"])

    def value(self, kind, key=False):
        if self.random.random() < (0.03 if key else 0.1):
            return None
        return TYPES[kind][2](self.random)

    def edited(self, rows):
        r, out = self.random, []
        share = r.choice([0, 0, 0.02, 0.3])
        for row in rows:
            row = list(row)
            if r.random() < share:
                what = r.random()
                if what < 0.25:
                    continue
                if what < 0.4:
                    out.append(row)
                elif what < 0.9:
                    i = r.randrange(len(row))
                    edit = TYPES[self.kinds[i]][3]
                    row[i] = edit(r, row[i]) if edit and row[i] is not None and r.random() < 0.7 else self.value(self.kinds[i])
                else:
                    row = [self.value(kind) for kind in self.kinds]
            out.append(row)
        return out

    # ---- the oracle

    def expected(self):
        kept = [i for i, n in enumerate(self.names) if n not in self.excluded]
        names = [self.names[i] for i in kept]
        sides = []
        for rows in (self.a, self.b):
            rows = [row for row in rows if not self.where or row[0] is not None]
            sides.append([tuple(plain(row[i]) for i in kept) for row in rows])
        a, b = sides
        out = {"rows_a": len(a), "rows_b": len(b)}
        if not self.keyed:
            ca, cb = collections.Counter(a), collections.Counter(b)
            out["only_a"], out["only_b"] = (ca - cb).total(), (cb - ca).total()
            out["columns"] = sorted(n for i, n in enumerate(names) if collections.Counter(x[i] for x in a) != collections.Counter(x[i] for x in b))
            return out
        width = len(self.keys)
        of_a, of_b = collections.defaultdict(list), collections.defaultdict(list)
        for rows, of in ((a, of_a), (b, of_b)):
            for row in rows:
                of[row[:width]].append(row)
        several = {k for of in (of_a, of_b) for k, rows in of.items() if len(rows) > 1}
        for name, of in (("a", of_a), ("b", of_b)):
            repeated = [rows for rows in of.values() if len(rows) > 1]
            out[f"duplicate_keys_{name}"], out[f"duplicate_rows_{name}"] = len(repeated), sum(map(len, repeated))
            out[f"null_{name}"] = sum(len(rows) for k, rows in of.items() if None in k)
        ca = collections.Counter(row for k in several for row in of_a.get(k, []))
        cb = collections.Counter(row for k in several for row in of_b.get(k, []))
        out["duplicates_only_a"], out["duplicates_only_b"] = (ca - cb).total(), (cb - ca).total()
        only = lambda x, y: sum(1 for k in x if k not in several and k not in y)
        out["only_a"], out["only_b"] = only(of_a, of_b), only(of_b, of_a)
        both = [k for k in of_a if k in of_b and k not in several]
        mismatches, changed = collections.Counter(), 0
        for k in both:
            x, y = of_a[k][0], of_b[k][0]
            different = [i for i in range(width, len(names)) if self.differs(names[i], x[i], y[i])]
            changed += bool(different)
            mismatches.update(names[i] for i in different)
        out["both"], out["changed"] = len(both), changed
        out["columns"] = sorted(mismatches.items())
        return out

    def differs(self, name, x, y):
        if x == y:
            return False
        floats = name.endswith((" double", " float")) and isinstance(x, float) and isinstance(y, float)
        if self.tolerance is None or not floats or math.isinf(x) or math.isinf(y):
            return True  # a NaN is a text here
        amount, relative = self.tolerance
        return not abs(x - y) <= amount * (max(abs(x), abs(y)) if relative else 1)

    # ---- the tables and the answer

    def table(self, rows, stored):
        columns = {}
        for i, (name, kind) in enumerate(zip(self.names, self.kinds)):
            columns[name] = pa.array([row[i] for row in rows], TYPES[kind][1])
        return pa.table(columns)

    def write_database(self, path, rows):
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = duckdb.connect(str(path))
        arrow = self.table(rows, False)
        columns = ", ".join(f'"{n}"::{TYPES[k][0]} AS "{n}"' for n, k in zip(self.names, self.kinds))
        connection.execute(f"CREATE TABLE base AS SELECT {columns} FROM arrow")
        connection.execute(f'CREATE VIEW t AS SELECT * FROM "{path.stem}".main.base')  # as dbt writes views: with the file's name
        connection.close()

    def write_lake(self, folder, rows):
        write_deltalake(str(folder / "main" / "t"), self.table(rows, True))

    def places(self, folder):
        if self.how in ("files", "same stem"):
            one = folder / "one" / "left.duckdb"
            other = folder / "other" / ("left.duckdb" if self.how == "same stem" else "right.duckdb")
            self.write_database(one, self.a)
            self.write_database(other, self.b)
            return f"{one}:t", f"{other}:t"
        if self.how == "file and lake":
            self.write_database(folder / "left.duckdb", self.a)
            self.write_lake(folder / "lake", self.b)
            return f"{folder}/left.duckdb:t", f"{folder}/lake:t"
        self.write_lake(folder / "old", self.a)
        self.write_lake(folder / "new", self.b)
        return f"{folder}/old:t", f"{folder}/new:t"

    def answered(self, weir, folder):
        command = [weir, "diff", *self.places(folder), "--output", "json", "--limit", "3", "--lake", str(folder / "none")]
        if self.keyed:
            command += ["--key", ",".join(self.keys)]
        if self.tolerance is not None:
            amount, relative = self.tolerance
            command += ["--tolerance", f"{round(amount * 100, 9)}%" if relative else repr(amount)]
        if self.where:
            command += ["--where", self.where]
        if self.excluded:
            command += ["--exclude-columns", ",".join(self.excluded)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
        if done.returncode not in (0, 1):
            return {"error": done.stderr}, done.returncode, None
        document = json.loads(done.stdout)
        (t,) = document["tables"]
        out = {"rows_a": t["a"]["rows"], "rows_b": t["b"]["rows"], "only_a": t["rows"]["only_in_a"], "only_b": t["rows"]["only_in_b"]}
        if not self.keyed:
            out["columns"] = sorted(c["column"] for c in t["columns"] if not c["equal"])
        else:
            for name in "ab":
                out[f"duplicate_keys_{name}"], out[f"duplicate_rows_{name}"] = t[name]["duplicate_keys"], t[name]["duplicate_rows"]
                out[f"null_{name}"] = t[name]["null_key_rows"]
                out[f"duplicates_only_{name}"] = t["rows"][f"duplicates_only_in_{name}"]
            out["both"], out["changed"] = t["rows"]["in_both"], t["rows"]["different"]
            out["columns"] = sorted((c["column"], c["different"]) for c in t["columns"] if c["different"])
        return out, done.returncode, t


def differing(expected):
    return any(v for k, v in expected.items() if k in ("only_a", "only_b", "changed", "duplicates_only_a", "duplicates_only_b"))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weir", default="build/dev/weir")
    parser.add_argument("--cases", type=int, default=60)
    parser.add_argument("--seed", default="1")
    options = parser.parse_args()
    weir = str(pathlib.Path(options.weir).resolve())
    passed = failed = 0
    hows = collections.Counter()
    for number in range(options.cases):
        case = Case(number, options.seed)
        with tempfile.TemporaryDirectory() as folder:
            answered, code, table = case.answered(weir, pathlib.Path(folder))
        expected = case.expected()
        problem = ""
        if answered != expected:
            problem = "\n".join(f"    {k}: expected {expected.get(k)}, answered {answered.get(k)}" for k in expected | answered if expected.get(k) != answered.get(k))
        elif code != (1 if differing(expected) else 0) or table["equal"] != (code == 0):
            problem = f"    exit code {code}"
        elif table["schema"]:
            problem = f"    the schemas are the same, answered {table['schema']}"
        elif (code == 1) != any(table["samples"][k] for k in ("only_in_a", "only_in_b", "different")) and not table["rows"].get("duplicates_only_in_a", 0) + table["rows"].get("duplicates_only_in_b", 0):
            problem = "    samples are there only if something differs"
        if problem:
            failed += 1
            print(f"case {number} ({case.how}, {'key ' + ', '.join(case.keys) if case.keyed else 'no key'}):\n{problem}")
        else:
            passed += 1
            hows[case.how] += 1
            hows["with a share as tolerance"] += case.tolerance is not None and case.tolerance[1]
    print(", ".join(f"{count} {how}" for how, count in sorted(hows.items())))
    print(f"{passed} passed, {failed} failed, 0 skipped")
    if passed + failed == 0:
        print("nothing was compared: --cases must be 1 or more")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
