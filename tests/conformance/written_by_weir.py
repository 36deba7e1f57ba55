#!/usr/bin/env python3
"""Every table that weir writes, at every version, as others see it.

A project is built and changed in all the ways weir has. Then each version of each table in the lake is read by deltalake and
compared with `weir sql` at that version and with rows this program worked out by itself. The log's statistics are held against the
Parquet files, the protocol against what the columns need, and each file is read by DuckDB's own Parquet reader.
"""
import argparse, collections, datetime as dt, decimal, json, math, pathlib, subprocess, sys, tempfile, urllib.parse

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable

D, UTC = decimal.Decimal, dt.timezone.utc
NAN, INF = float("nan"), float("inf")


def text(value):
    return "'" + value.replace("'", "''") + "'"


# column, SQL type, [(SQL, what a reader of Delta must get)]: the first is a usual value, then the ends of the type.
TYPES = [
    ("b", "BOOLEAN", [("true", True), ("false", False)]),
    ("i8", "TINYINT", [("1", 1), ("-128", -128), ("127", 127)]),
    ("i16", "SMALLINT", [("1", 1), ("-32768", -32768), ("32767", 32767)]),
    ("i32", "INTEGER", [("1", 1), ("-2147483648", -2**31), ("2147483647", 2**31 - 1)]),
    ("i64", "BIGINT", [("1", 1), ("'-9223372036854775808'", -2**63), ("9223372036854775807", 2**63 - 1)]),
    ("u8", "UTINYINT", [("1", 1), ("255", 255)]),
    ("u16", "USMALLINT", [("1", 1), ("65535", 65535)]),
    ("u32", "UINTEGER", [("1", 1), ("4294967295", 2**32 - 1)]),
    ("u64", "UBIGINT", [("1", D(1)), ("18446744073709551615", D(2**64 - 1))]),
    ("h", "HUGEINT", [("1", D(1)), ("-" + "9" * 38, D("-" + "9" * 38)), ("9" * 38, D("9" * 38))]),
    ("f", "FLOAT", [("1.5", 1.5), ("'nan'", NAN), ("'-infinity'", -INF), ("'-0'", -0.0)]),
    ("d", "DOUBLE", [("1.5", 1.5), ("'nan'", NAN), ("'infinity'", INF), ("5e-324", 5e-324), ("1.7976931348623157e308", sys.float_info.max)]),
    ("dec", "DECIMAL(10,2)", [("1.50", D("1.50")), ("-99999999.99", D("-99999999.99"))]),
    ("dec18", "DECIMAL(18,9)", [("1", D("1.000000000")), ("999999999.999999999", D("999999999.999999999"))]),
    ("dec38", "DECIMAL(38,10)", [("1", D("1.0000000000")), ("-" + "9" * 28 + ".0000000001", D("-" + "9" * 28 + ".0000000001"))]),
    ("s", "VARCHAR", [("'usual'", "usual"), ("''", ""), ("'é🦆 \"quoted\" ''it'' \\ %20'", "é🦆 \"quoted\" 'it' \\ %20"),
                      ("repeat('long ', 20)", "long " * 20), ("'z' || repeat('\U0010ffff', 40)", "z" + "\U0010ffff" * 40),
                      ("'line' || chr(10) || 'end'", "line\nend")]),
    ("j", "JSON", [("'{\"a\": [1, null]}'", '{"a": [1, null]}')]),
    ("u", "UUID", [("'11111111-2222-4333-8444-555555555555'", "11111111-2222-4333-8444-555555555555")]),
    ("e", "ENUM('x', 'y z')", [("'x'", "x"), ("'y z'", "y z")]),
    ("t", "TIME", [("'10:00:00'", "10:00:00"), ("'23:59:59.999999'", "23:59:59.999999")]),
    ("bl", "BLOB", [("'a'", b"a"), ("'\\x00\\xFF'", b"\x00\xff"), ("''", b"")]),
    ("dt", "DATE", [("'2024-02-29'", dt.date(2024, 2, 29)), ("'0001-01-01'", dt.date(1, 1, 1)), ("'9999-12-31'", dt.date(9999, 12, 31))]),
    ("ts", "TIMESTAMP", [("'2024-02-29 10:00:00.123456'", dt.datetime(2024, 2, 29, 10, 0, 0, 123456)),
                         ("'0001-01-01'", dt.datetime(1, 1, 1)), ("'9999-12-31 23:59:59.999999'", dt.datetime(9999, 12, 31, 23, 59, 59, 999999))]),
    ("ts_s", "TIMESTAMP_S", [("'2024-02-29 10:00:00'", dt.datetime(2024, 2, 29, 10))]),
    ("ts_ms", "TIMESTAMP_MS", [("'2024-02-29 10:00:00.123'", dt.datetime(2024, 2, 29, 10, 0, 0, 123000))]),
    ("ts_ns", "TIMESTAMP_NS", [("'2024-02-29 10:00:00.123456'", dt.datetime(2024, 2, 29, 10, 0, 0, 123456))]),
    ("tz", "TIMESTAMPTZ", [("'2024-02-29 10:00:00.123456+02'", dt.datetime(2024, 2, 29, 8, 0, 0, 123456, UTC)),
                           ("'1969-12-31 23:59:59.999999+00'", dt.datetime(1969, 12, 31, 23, 59, 59, 999999, UTC))]),
    ("l", "INTEGER[]", [("[1, NULL, 3]", [1, None, 3]), ("[]", [])]),
    ("a", "INTEGER[3]", [("[1, 2, 3]", [1, 2, 3])]),
    ("m", "MAP(VARCHAR, INTEGER)", [("MAP {'a': 1, 'b': NULL}", [("a", 1), ("b", None)]), ("MAP {}", [])]),
    ("st", "STRUCT(x INTEGER, y STRUCT(z VARCHAR[], w TIMESTAMP))",
     [("{'x': 1, 'y': {'z': ['q', NULL], 'w': '2024-01-01'}}", {"x": 1, "y": {"z": ["q", None], "w": dt.datetime(2024, 1, 1)}}),
      ("{'x': NULL, 'y': NULL}", {"x": None, "y": None})]),
]
CITIES = ["a b", "é/ü", "x=y", "100%", "it's", "..", None, "a\nb", "#?&+", "🦆", "C:\\x", "%2e%2e", "CON", " lead", "trail ", "a" * 200]


def same(value):
    """Equal texts for equal values: NaN equals itself, -0 is not 0, decimals by value."""
    if isinstance(value, float):
        return "NaN" if math.isnan(value) else repr(value)
    if isinstance(value, D):
        return "D" + (format(value, "f").rstrip("0").rstrip(".") if "." in format(value, "f") else format(value, "f"))
    if isinstance(value, dt.datetime):
        return ("Z" if value.tzinfo else "N") + value.astimezone(UTC).isoformat() if value.tzinfo else "N" + value.isoformat()
    if isinstance(value, dict):
        return "{" + ",".join(f"{k}:{same(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(map(same, value)) + "]"
    return repr(value)


def bag(rows):
    return collections.Counter(same(list(row)) for row in rows)


class Project:
    def __init__(self, root, weir):
        self.root, self.weir, self.lake = root, weir, root / "lake"
        self.expected = {}   # (table, version) -> rows
        self.problems, self.compared = [], collections.Counter()
        for folder in ("models", "data", "seeds"):
            (root / folder).mkdir(parents=True)
        self.put("dbt_project.yml", "name: w\nversion: '1.0'\nprofile: w\n")
        self.put("weir.yml", "id: 0c9f5b44-33f2-4f0c-9d57-6d9e1d9f0a13\ntarget: lake\n")

    def put(self, name, content):
        (self.root / name).write_text(content)

    def run(self, *words):
        done = subprocess.run([self.weir, *words], cwd=self.root, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            raise SystemExit(f"weir {' '.join(words)[:300]} exited {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def version(self, table):
        return max(int(p.stem) for p in (self.lake / table / "_delta_log").glob("*.json") if p.stem.isdigit())

    def expect(self, table, rows):
        self.expected[(table, self.version(table))] = [tuple(r) for r in rows]

    def write(self, table, sql, rows):
        before = self.version(table) if (self.lake / table).exists() else -1
        self.run("sql", "--write", sql)
        if self.version(table) != before + 1:
            self.problems.append(f"{sql[:80]}: {self.version(table) - before} commits")
        self.expect(table, rows)


# ---------------------------------------------------------------- what is done
def all_types(project):
    count = max(len(values) for _, _, values in TYPES)
    selects, rows = [], []
    for k in range(count + 1):
        cells = [values[k] if k < len(values) else ("NULL", None) for _, _, values in TYPES]
        if k == count:  # a row of nothing but NULL
            cells = [("NULL", None)] * len(TYPES)
        selects.append(f"select {k}::INTEGER as k, " + ", ".join(f"({c[0]})::{t} as {n}" for (n, t, _), c in zip(TYPES, cells)))
        rows.append((k, *(c[1] for c in cells)))
    project.put("models/types.sql", "{{ config(materialized='table') }}\n" + "\nunion all ".join(selects) + "\n")
    project.put("models/looks.sql", "{{ config(materialized='view') }}\nselect k from {{ ref('types') }}\n")
    project.put("models/nothing.sql", "{{ config(materialized='table') }}\nselect k, s, st from {{ ref('types') }} where false\n")
    project.run("build")
    project.expect("main/types", rows)
    project.expect("main/nothing", [])
    if (project.lake / "main/looks").exists():
        project.problems.append("a view has a folder in the lake")
    # the same values by INSERT, one commit each
    project.write("main/typed", "create table main.typed(" + ", ".join(f'{n} {"VARCHAR" if t.startswith("ENUM") else t}' for n, t, _ in TYPES)
                  + ")", [])
    done = []
    for k in range(count):
        cells = [values[k] if k < len(values) else ("NULL", None) for _, _, values in TYPES]
        done.append(tuple(c[1] for c in cells))
        project.write("main/typed", "insert into main.typed select " + ", ".join(
            f'({c[0]})::{"VARCHAR" if t.startswith("ENUM") else t}' for (_, t, _), c in zip(TYPES, cells)), done)


def takes(value):
    """deltalake 1.6 neither writes nor reads a negative decimal as a partition value; weir refuses an empty text; zeros are one group."""
    return not (isinstance(value, D) and value < 0) and value != "" and str(value) != "-0.0" and len(str(value)) < 60


def partitions_by_type(project):
    by = [c for c in TYPES if c[0] in ("b", "i8", "i32", "i64", "f", "d", "dec", "dec38", "dt", "ts", "tz", "s")]
    table, rows = "main/by_type", []
    project.write(table, "create table main.by_type(k INTEGER, " + ", ".join(f"{n} {t}" for n, t, _ in by) + ") partitioned by ("
                  + ", ".join(n for n, _, _ in by) + ")", rows)
    for k in range(max(len(v) for _, _, v in by) + 1):
        cells = [v[k] if k < len(v) and takes(v[k][1]) else ("NULL", None) for _, _, v in by]
        rows.append((k, *(c[1] for c in cells)))
        project.write(table, f"insert into main.by_type select {k}, " + ", ".join(f"({c[0]})::{t}" for (_, t, _), c in zip(by, cells)), rows)
    rows = [r for r in rows if r[0] != 1]
    project.write(table, "delete from main.by_type where k = 1", rows)


def changes(project):
    table = "main/parts"
    rows = []

    def write(sql, after):
        nonlocal rows
        rows = list(after)
        project.write(table, sql, rows)

    def insert(new, names=""):
        def cell(v):
            return "NULL" if v is None else text(v).replace("\n", "' || chr(10) || '") if isinstance(v, str) else f"'{v}'" if not isinstance(v, int) else str(v)
        write(f"insert into main.parts{names} values " + ", ".join("(" + ", ".join(map(cell, r)) + ")" for r in new), rows + new)

    day = [dt.date(2024, 1, 1), dt.date(1969, 12, 31), None]
    write("create table main.parts(id BIGINT, name VARCHAR, amount DECIMAL(12,3), day DATE, city VARCHAR) partitioned by (day, city)", [])
    insert([(i, f"n{i}", D(i) / 8, day[i % 3], CITIES[i]) for i in range(len(CITIES))])
    insert([(100 + i, None if i % 4 == 0 else "x" * i, None, day[i % 2], "same") for i in range(40)])
    write("delete from main.parts where city = '100%'", [r for r in rows if r[4] != "100%"])
    write("update main.parts set amount = coalesce(amount, 0) + 1 where day is null",
          [(r[0], r[1], (r[2] or D(0)) + 1, *r[3:]) if r[3] is None else r for r in rows])
    write("delete from main.parts where id between 100 and 104", [r for r in rows if not 100 <= r[0] <= 104])
    write("update main.parts set city = 'moved' where id = 110", [(*r[:4], "moved") if r[0] == 110 else r for r in rows])
    merged = [(*r[:1], "merged", *r[2:]) if r[0] in (0, 120) else r for r in rows if r[0] != 121] + [(900, "new", D("1.000"), None, "new")]
    write("merge into main.parts t using (values (0), (120), (121), (900)) s(id) on t.id = s.id "
          "when matched and t.id = 121 then delete when matched then update set name = 'merged' "
          "when not matched then insert (id, name, amount, city) values (s.id, 'new', 1, 'new')", merged)
    write("alter table main.parts add column note VARCHAR", [(*r, None) for r in rows])
    insert([(901, "after", D("2.000"), day[0], "a b", "noted")])
    write("alter table main.parts add column extra STRUCT(a INTEGER, b VARCHAR[])", [(*r, None) for r in rows])
    for i in range(3):  # past the first checkpoint
        write(f"insert into main.parts(id, city) values ({1000 + i}, 'c')", rows + [(1000 + i, None, None, None, "c", None, None)])
    write("delete from main.parts where id % 2 = 0", [r for r in rows if r[0] % 2])
    write("alter table main.parts add column seen TIMESTAMP", [(*r, None) for r in rows])
    write("update main.parts set seen = '2024-01-01 00:00:00.000001' where id = 901",
          [(*r[:7], dt.datetime(2024, 1, 1, 0, 0, 0, 1)) if r[0] == 901 else r for r in rows])
    project.run("table", "restore", "main.parts", "--version", "2")
    rows = project.expected[(table, 2)]
    project.expect(table, rows)
    write("delete from main.parts", [])
    write("insert into main.parts(id) values (1)", [(1, None, None, None, None)])
    write("create or replace table main.parts as select 7::INTEGER as seven, 'r' as name", [(7, "r")])
    write("truncate main.parts", [])
    for i in range(6):  # past the next checkpoint
        write(f"insert into main.parts values ({i}, {text(CITIES[i])})", rows + [(i, CITIES[i])])


def pipeline(project):
    """Seeds, a source with rejects, a merge, a rollback: the rows are worked out from the texts."""
    project.put("seeds/people.csv", "id,name,born\n1,ann,2001-02-03\n2,\"bob, jr\",\n")
    project.put("seeds/people.yml", "version: 2\nseeds:\n  - name: people\n    config: {column_types: {id: integer, born: date}}\n")
    project.put("models/sources.yml", "version: 2\nsources:\n  - name: raw\n    schema: raw\n    tables:\n      - name: trips\n        config: "
                "{meta: {weir: {ingest: {files: 'data/**/*.csv', quarantine: {max_ratio: 0.9}}}}}\n        columns:\n"
                "          - {name: id, data_type: bigint}\n          - {name: fare, data_type: 'decimal(10,2)'}\n"
                "          - {name: at, data_type: timestamptz}\n")
    project.put("models/fares.sql", "{{ config(materialized='incremental', incremental_strategy='merge', unique_key='id') }}\n"
                "select id, max(fare) as fare from {{ source('raw', 'trips') }} group by id\n")
    files, fares = {}, {}

    def land(name, lines):
        path = project.root / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("id,fare,at\n" + "".join(line + "\n" for line in lines))
        files[f"data/{name}"] = lines
        project.run("build")
        good, bad = [], []
        for file, of_file in files.items():
            region = file.split("region=")[1].split("/")[0]
            for number, line in enumerate(of_file):
                a, b, c = line.split(",")
                try:
                    row = (int(a), D(b).quantize(D("0.01")), dt.datetime.fromisoformat(c), urllib.parse.unquote(region), file)
                    good.append(row)
                except (ValueError, decimal.InvalidOperation):
                    bad.append((file, number + 2, line.encode()))
        for row in good:
            fares[row[0]] = max(r[1] for r in good if r[0] == row[0])
        project.expect("raw/trips", good)
        project.expect("raw/trips__quarantine", bad)
        project.expect("main/fares", fares.items())
        return good, bad

    first = land("region=a%20b/1.csv", ["1,1.50,2024-01-01T10:00:00Z", "2,2.00,2024-01-01T10:00:00+02:00", "x,1,2024-01-01T10:00:00Z"])
    project.expect("main/people", [(1, "ann", dt.date(2001, 2, 3)), (2, "bob, jr", None)])
    land("region=é/2.csv", ["1,9.99,2024-01-02T00:00:00.5Z", "3,bad,2024-01-01T10:00:00Z", "4,0.01,soon"])
    project.run("rollback", "raw.trips")
    project.expect("raw/trips", first[0])
    project.expect("raw/trips__quarantine", first[1])
    project.put("seeds/people.csv", "id,name,born\n3,cid,\n")
    project.run("seed")
    project.expect("main/people", [(3, "cid", None)])


# ---------------------------------------------------------------- what is held against it
def leaves(arrow, prefix=()):
    """(path, array) of what statistics are kept of: columns and the fields of structs."""
    if pa.types.is_struct(arrow.type):
        nulls = arrow.is_null()
        for i, field in enumerate(arrow.type):
            child = pa.compute.if_else(nulls, None, pa.compute.struct_field(arrow, i)) if not pa.types.is_nested(field.type) \
                else pa.compute.struct_field(arrow, i)
            yield from leaves(child, (*prefix, field.name))
    else:
        yield prefix, arrow


def stat(tree, path):
    for name in path:
        tree = tree.get(name) if isinstance(tree, dict) else None
    return tree


def as_number(bound, value):
    """A bound of the log as something comparable to the data's value."""
    if isinstance(value, dt.datetime):
        found = dt.datetime.fromisoformat(bound.replace("Z", "+00:00"))
        return found.astimezone(UTC) if value.tzinfo else found.replace(tzinfo=None)
    if isinstance(value, dt.date):
        return dt.date.fromisoformat(bound)
    return D(str(bound)) if isinstance(value, D) else float(bound) if isinstance(value, float) else bound


def check_bounds(where, low, high, array):
    values = [v for v in array.to_pylist() if v is not None and not (isinstance(v, float) and math.isnan(v))]
    nan = any(isinstance(v, float) and math.isnan(v) for v in array.to_pylist())
    problems = []
    if (low is not None or high is not None) and not values:
        return [f"{where}: bounds of nothing"]
    if low is not None and as_number(low, min(values)) > min(values):
        problems.append(f"{where}: minimum {low!r} is above {min(values)!r}")
    if high is not None and (nan or as_number(high, max(values)) < max(values)):
        problems.append(f"{where}: maximum {high!r} is below {'NaN' if nan else repr(max(values))}")
    kind = array.type
    exact = pa.types.is_integer(kind) or pa.types.is_date(kind) or pa.types.is_decimal(kind)
    if exact and values and (low is None or as_number(low, values[0]) != min(values) or as_number(high, values[0]) != max(values)):
        problems.append(f"{where}: bounds {low!r}..{high!r} are not {min(values)!r}..{max(values)!r}")
    if pa.types.is_timestamp(kind) and values:
        slack = dt.timedelta(milliseconds=1)
        if low is not None and min(values) - as_number(low, values[0]) >= slack:
            problems.append(f"{where}: minimum {low!r} is far below {min(values)!r}")
    return problems


def check_file(project, table, add):
    path = project.lake / table / urllib.parse.unquote(add["path"])
    stats, where = json.loads(add["stats"], parse_float=D), f"{table} {add['path']}"
    data = pq.ParquetFile(path).read()
    problems = []
    if path.stat().st_size != add["size"]:
        problems.append(f"{where}: size {add['size']}")
    if stats["numRecords"] != data.num_rows:
        problems.append(f"{where}: numRecords {stats['numRecords']}, not {data.num_rows}")
    count = duckdb.execute("select count(*) from read_parquet(?, hive_partitioning = false)", [str(path).replace("[", "[[]")]).fetchone()[0]
    if count != data.num_rows:
        problems.append(f"{where}: DuckDB reads {count} rows")
    for name in data.column_names:
        if name in add["partitionValues"]:
            problems.append(f"{where}: the partition column {name} stands in the file")
        for path_, array in leaves(data.column(name).combine_chunks(), (name,)):
            nulls = stat(stats.get("nullCount", {}), path_)
            if nulls is not None and nulls != array.null_count:
                problems.append(f"{where}: nullCount of {'.'.join(path_)} {nulls}, not {array.null_count}")
            elif nulls is None and len(path_) == 1 and not pa.types.is_nested(array.type):
                problems.append(f"{where}: no nullCount of {name}")
            if not pa.types.is_nested(array.type):
                problems += check_bounds(f"{where} {'.'.join(path_)}", stat(stats.get("minValues", {}), path_),
                                         stat(stats.get("maxValues", {}), path_), array)
            project.compared["statistics"] += 1
    return problems


def check_protocol(where, protocol, schema):
    needs = '"timestamp_ntz"' in schema.to_json()
    found = (protocol.min_reader_version, protocol.min_writer_version, sorted(protocol.reader_features or []))
    lowest = (3, 7, ["timestampNtz"]) if needs else (1, 2, [])
    return [] if found == lowest else [f"{where}: protocol {found}, {lowest} would do"]


def check_version(project, table, version):
    where = f"{table} v{version}"
    delta = DeltaTable(str(project.lake / table), version=version)
    arrow = delta.to_pyarrow_table()
    problems = [] if raised(project, table, version) else check_protocol(where, delta.protocol(), delta.schema())
    wanted = project.expected.get((table, version))
    rows = [tuple(r.values()) for r in arrow.to_pylist()] if arrow.num_columns else []
    if table.endswith("__quarantine"):
        rows = [(r["_file"], r["_line"], r["_raw"]) for r in arrow.to_pylist()]
    if wanted is None:
        problems.append(f"{where}: no rows are expected of this version")
    elif bag(rows) != bag(wanted):
        extra, missing = bag(rows) - bag(wanted), bag(wanted) - bag(rows)
        problems.append(f"{where}: deltalake reads {sum(extra.values())} rows too many {list(extra)[:2]}, "
                        f"{sum(missing.values())} missing {list(missing)[:2]}")
    con = duckdb.connect()
    con.execute("set timezone = 'UTC'")
    con.register("seen", arrow)
    theirs = bag(con.execute("select columns(*)::varchar from seen").fetchall())
    schema, name = table.split("/")
    ours = json.loads(project.run("sql", f'select columns(*)::varchar from {schema}."{name}" at (version => {version})', "--output", "json",
                                  "--limit", "0"))
    if bag(tuple(r.values()) for r in ours) != theirs:
        problems.append(f"{where}: weir and deltalake differ: {list((bag(tuple(r.values()) for r in ours) - theirs))[:2]} "
                        f"{list(theirs - bag(tuple(r.values()) for r in ours))[:2]}")
    project.compared["versions"] += 1
    project.compared["rows"] += arrow.num_rows
    return problems


def raised(project, table, version):
    """A protocol never goes down: what an earlier version needed is not asked of a later one."""
    return any('"timestamp_ntz"' in DeltaTable(str(project.lake / table), version=v).schema().to_json() for v in range(version))


def check_table(project, table):
    problems = []
    newest = project.version(table)
    for version in range(newest + 1):
        problems += check_version(project, table, version)
        for line in (project.lake / table / "_delta_log" / f"{version:020}.json").read_text().splitlines():
            add = json.loads(line).get("add")
            if add and (project.lake / table / urllib.parse.unquote(add["path"])).exists():
                problems += check_file(project, table, add)
                project.compared["files"] += 1
    checkpoints = [int(p.name[:20]) for p in (project.lake / table / "_delta_log").glob("*.checkpoint.parquet")]
    project.compared["checkpoints"] += len(checkpoints)
    if newest >= 10 and not checkpoints:
        problems.append(f"{table}: {newest + 1} versions and no checkpoint")
    return problems


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--weir", required=True)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="weir-written-") as temporary:
        project = Project(pathlib.Path(temporary) / "p", str(pathlib.Path(args.weir).resolve()))
        for part in (all_types, partitions_by_type, changes, pipeline):
            part(project)
        tables = sorted(str(p.parent.relative_to(project.lake)) for p in project.lake.rglob("_delta_log"))
        problems = project.problems
        for table in tables:
            problems += check_table(project, table)
        print("\n".join(problems))
        print(f"{len(tables)} tables, " + ", ".join(f"{n} {k}" for k, n in project.compared.items()))
        checks = project.compared["versions"] + project.compared["files"]
        print(f"{checks - min(len(problems), checks)} passed, {len(problems)} failed, 0 skipped")
    sys.exit(1 if problems or not checks else 0)


main()
