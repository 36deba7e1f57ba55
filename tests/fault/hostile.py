#!/usr/bin/env python3
"""Hostile input under strace: damaged logs, paths that lead away, broken CSV, odd folders and names.

Each case is one run of the real binary on a fresh copy of a small world. It must end with 0 to 3, tell a failure by a code that is
not weir's own fault, never show a row of the files planted outside, and open or change nothing outside of project, lake and its
temporary folder. A case may ask for more: that it fails, that rows or rejects are exactly so.
"""
import argparse, csv, gzip, io, json, os, pathlib, random, re, shutil, subprocess, sys, time

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable, write_deltalake

from delta_rows import delta_rows
from touched import Touched
from world import scratch

SECRET = "SECRET-666"
ROWS = [(1, "one", "a b"), (2, "two", "a b"), (4, "four", "é%y"), (5, "five", None), (6, "six", "a b")]
SELECT = ["sql", "select id, name, p from main.victim order by id", "--output", "csv"]
AFTER = [SELECT, ["table", "history", "main.victim"], ["sql", "--write", "delete from main.victim where id = 2"], ["table", "ls"],
         ["sql", "select count(*), min(id), max(name) from main.victim where id > 1 and p = 'a b'"], ["doctor"],
         ["table", "restore", "main.victim", "--version", "0"], ["sql", "--write", "insert into main.victim values (9, 'nine', 'q')"],
         ["table", "diff", "main.victim", "1", "3"], ["table", "show", "main.victim"], ["gc"],
         ["sql", "--write", "update main.victim set name = 'x' where p = 'a b'"]]
KEPT_READS = [["sql", "--output", "csv", sql] for sql in (
    "select k, n from main.kept order by k", "select count(*), sum(k) from main.kept where k < 100",
    "select k, _row_id, _row_commit_version from main.kept order by k",
    "select k, n, _change_type, _commit_version from table_changes('main.kept', 1) order by all")]
KEPT_AFTER = [["sql", "--write", "delete from main.kept where k = 11"], ["sql", "--write", "insert into main.kept values (3000, 'x')"],
              ["sql", "--write", "update main.kept set n = 'y' where k % 3 = 0"], ["table", "optimize", "main.kept", "--purge"],
              ["table", "vacuum", "main.kept", "--retain", "0h", "--force"], ["table", "restore", "main.kept", "--version", "2"],
              ["table", "history", "main.kept"], ["table", "check", "main.kept"], ["doctor"]]
BAD = [None, True, 0, -1, 2**31, 2**63, 2**64, 1e308, "", "x", "\ud800", "\0", [], {}, ["x"], {"x": 1}, "1" * 400, [[[[]]]]]


class World:
    def __init__(self, root, weir):
        self.root, self.project, self.outside = root, root / "project", root / "outside"
        self.temp, self.home = root / "tmp", root / "home"
        for folder in (self.project / "models", self.project / "data", self.outside, self.temp, self.home):
            folder.mkdir(parents=True)
        (self.project / "dbt_project.yml").write_text("name: w\nversion: '1.0'\nprofile: w\n")
        (self.project / "weir.yml").write_text("id: 0c9f5b44-33f2-4f0c-9d57-6d9e1d9f0a12\ntarget: lake\n")
        pq.write_table(table([(666, SECRET, "a b")]).drop_columns(["p"]), self.outside / "secret.parquet")
        (self.outside / "secret.csv").write_text(f"id,name\n666,{SECRET}\n")
        self.lake = self.project / "lake"
        self.victim = self.lake / "main" / "victim"
        self.weir = weir
        self.make_victim()
        self.make_kept()
        self.env = {"PATH": os.environ["PATH"], "HOME": str(self.home), "TMPDIR": str(self.temp), "LANG": "C.UTF-8"}
        self.touched = Touched(weir, root / "trace", [self.project, self.temp], [])
        self.saved = root / "saved"
        shutil.copytree(self.project, self.saved, symlinks=True)

    def make_victim(self):
        path = str(self.victim)
        write_deltalake(path, table(ROWS[:1] + ROWS[2:3]), partition_by=["p"])
        write_deltalake(path, table([ROWS[1], (3, "three", "a b")]), mode="append")
        DeltaTable(path).delete("id = 3")
        DeltaTable(path).create_checkpoint()
        write_deltalake(path, table(ROWS[3:]), mode="append")

    def make_kept(self):
        """A table with all that deltalake does not write: deletion vectors, a V2 checkpoint, change data, row ids. Written by weir."""
        def sql(text, *words):
            done = subprocess.run([self.weir, "sql", *words, text], cwd=self.project, capture_output=True, text=True)
            if done.returncode:
                raise AssertionError(done.stderr)
            return done.stdout
        sql("""CREATE TABLE kept (k BIGINT, n VARCHAR) WITH ('delta.enableDeletionVectors' = 'true', 'delta.enableRowTracking' = 'true',
               'delta.enableChangeDataFeed' = 'true', 'delta.checkpointPolicy' = 'v2', 'delta.checkpointInterval' = '5')""", "--write")
        sql("INSERT INTO kept SELECT range, 'row ' || range FROM range(300)", "--write")
        sql("INSERT INTO kept SELECT 1000 + range, 'row' FROM range(3)", "--write")
        sql("DELETE FROM kept WHERE k % 50 = 7", "--write")  # a vector
        sql("UPDATE kept SET n = 'new' WHERE k IN (1000, 4)", "--write")  # change data, and a vector after a vector
        sql("INSERT INTO kept VALUES (2000, 'last')", "--write")  # version 5: a checkpoint
        sql("DELETE FROM kept WHERE k = 1001", "--write")
        self.kept = self.lake / "main" / "kept"
        self.kept_rows = {words[-1]: parsed(sql(words[-1], "--output", "csv")) for words in KEPT_READS}

    def reset(self):
        shutil.rmtree(self.project)
        shutil.copytree(self.saved, self.project, symlinks=True)

    def outside_state(self):
        return sorted((p.name, p.stat().st_mtime_ns, p.stat().st_size) for p in self.outside.rglob("*"))


def table(rows):
    return pa.table({"id": pa.array([r[0] for r in rows], pa.int64()), "name": pa.array([r[1] for r in rows], pa.string()),
                     "p": pa.array([r[2] for r in rows], pa.string())})


class Case:
    """`either`: these rows or an error; `named`: where prepare() puts the names of which an error must tell one."""

    def __init__(self, name, prepare, words=SELECT, rows=None, fails=None, check=None, reads=(), timeout=60, either=None, named=None):
        self.either, self.named = either, named
        self.name, self.prepare, self.words, self.rows, self.fails = name, prepare, words, rows, fails
        self.check, self.reads, self.timeout = check, reads, timeout

    def run(self, world):
        world.reset()
        self.prepare(world)
        before = world.outside_state()
        world.touched.readable = [os.path.realpath(p) for p in self.reads]
        done = world.touched.run(self.words, world.project, world.env, self.timeout)
        problems = [f"touched: {c}" for c in world.touched.complaints[:5]]
        if done.returncode not in (0, 1, 2, 3):
            problems.append(f"does not end in {self.timeout} s" if done.returncode in (124, 137) else f"exit {done.returncode}")
        codes = re.findall(r"WEIR-E(\d{4})", done.stderr)
        tells = done.stdout + done.stderr if self.words[:2] == ["table", "check"] else done.stderr
        if done.returncode and not codes and tells is done.stderr:
            problems.append("no code in the message")
        if {"0001", "1004"} & set(codes):
            problems.append("tells of a fault of its own")
        if not self.reads and SECRET in done.stdout + done.stderr:
            problems.append("shows what lies outside")
        if world.outside_state() != before:
            problems.append("changed files outside")
        if self.fails is True and done.returncode == 0:
            problems.append("succeeded")
        if isinstance(self.fails, str) and self.fails not in codes:
            problems.append(f"no error {self.fails}")
        if self.rows is not None and done.returncode == 0 and parsed(done.stdout) != self.rows:
            problems.append(f"rows {parsed(done.stdout)}")
        if self.rows is not None and done.returncode != 0 and not self.fails:
            problems.append("does not read what can be read")
        if self.either is not None and done.returncode == 0 and parsed(done.stdout) != self.either:
            problems.append(f"wrong rows and no error: {[r for r in parsed(done.stdout) if r not in self.either][:3]} ...")
        if self.named and done.returncode and not any(name in tells for name in self.named):
            problems.append(f"names none of {self.named}")
        if self.check and (problem := self.check(world, done)):
            problems.append(problem)
        return [f"{self.name}: {'; '.join(problems)}\n    {' '.join(self.words)[:200]}\n    " + done.stderr[-600:].replace("\n", "\n    ")
                ] if problems else []


def parsed(text):
    return [tuple(r) for r in csv.reader(io.StringIO(text))][1:]


def as_text(rows):
    return [(str(r[0]), r[1], r[2] or "") for r in rows]


# ---------------------------------------------------------------- logs
def log(world, version):
    return world.victim / "_delta_log" / f"{version:020}.json"


def damage(seed):
    rng = random.Random(seed)
    kind = ["flip", "cut", "insert", "repeat", "drop", "zero", "swap"][seed % 7]
    name = rng.choice(["3.json", "1.json", "2.json", "0.json", "2.checkpoint.parquet", "_last_checkpoint"])
    drop_commits = rng.random() < 0.4

    def prepare(world):
        folder = world.victim / "_delta_log"
        path = folder / (name if name.startswith("_") else name.split(".")[0].zfill(20) + "." + name.split(".", 1)[1])
        bytes_ = bytearray(path.read_bytes())
        at = rng.randrange(len(bytes_))
        if kind == "flip":
            for _ in range(rng.randint(1, 6)):
                bytes_[rng.randrange(len(bytes_))] ^= 1 << rng.randrange(8)
        elif kind == "cut":
            del bytes_[at:]
        elif kind == "insert":
            bytes_[at:at] = rng.randbytes(rng.randint(1, 40))
        elif kind == "repeat":
            bytes_[at:at] = bytes_[max(0, at - rng.randint(1, 300)):at]
        elif kind == "drop":
            del bytes_[at:at + rng.randint(1, 200)]
        elif kind == "zero":
            bytes_[at:at + 64] = bytes(min(64, len(bytes_) - at))
        else:
            other = rng.randrange(len(bytes_))
            bytes_[at], bytes_[other] = bytes_[other], bytes_[at]
        path.write_bytes(bytes_)
        if drop_commits:
            for v in range(3):
                log(world, v).unlink()
    return Case(f"damage {seed} {kind} {name}", prepare, AFTER[seed % len(AFTER)])


# What damage can be told from the bytes, by a checksum or because the file only repeats what others say.
TOLD = {"vector": "*.bin", "checksum": "_delta_log/*.crc", "pointer": "_delta_log/_last_checkpoint"}
DAMAGED = {**TOLD, "commit": "_delta_log/*.json", "checkpoint": "_delta_log/*.checkpoint.*",
           "changes": "_change_data/*.parquet", "data": "*.parquet"}


def flip(world, kind, seed):
    """Flipped bits, a cut or zeros in a file of the kind; in Parquet files in the footer. The file's name."""
    rng = random.Random(seed)
    files = sorted(f for f in world.kept.glob(DAMAGED[kind]) if kind != "commit" or re.fullmatch(r"\d{20}\.json", f.name))
    path = rng.choice(files)
    content = bytearray(path.read_bytes())
    footer = int.from_bytes(content[-8:-4], "little") + 8 if path.suffix == ".parquet" else len(content)
    how, first = rng.randrange(4), max(0, len(content) - footer)
    if how <= 1:
        for _ in range(1 + how * rng.randrange(4)):
            content[rng.randrange(first, len(content))] ^= 1 << rng.randrange(8)
    elif how == 2:
        del content[rng.randrange(first, len(content)):]
    else:
        at = rng.randrange(first, len(content))
        content[at:at + 16] = bytes(len(content[at:at + 16]))
    path.write_bytes(content)
    return path.name


def kept_damage(world, seed):
    kind = list(DAMAGED)[seed % len(DAMAGED)]
    words = (KEPT_READS * 2 + KEPT_AFTER)[seed // len(DAMAGED) % (2 * len(KEPT_READS) + len(KEPT_AFTER))]
    # A log leads to errors about what it says; of the table they must be.
    named = [] if kind in ("vector", "data", "changes") else ["kept"]
    either = world.kept_rows.get(words[-1]) if kind in TOLD else None

    def prepare(world):
        named.append(flip(world, kind, seed))
    return Case(f"kept {seed} {kind}", prepare, words, either=either, named=named)


def wrong_values():
    """Every field of every action of the log, one at a time, with every bad value."""
    sample = {
        "protocol": ["minReaderVersion", "minWriterVersion", "readerFeatures", "writerFeatures"],
        "metaData": ["id", "format", "schemaString", "partitionColumns", "configuration", "createdTime", "name"],
        "add": ["path", "partitionValues", "size", "modificationTime", "dataChange", "stats", "tags", "deletionVector", "baseRowId"],
        "remove": ["path", "deletionTimestamp", "dataChange", "partitionValues", "size", "extendedFileMetadata"],
        "commitInfo": ["timestamp", "operation", "operationParameters"], "txn": ["appId", "version", "lastUpdated"],
        "domainMetadata": ["domain", "configuration", "removed"], "cdc": ["path", "size"]}
    base = {"txn": {"appId": "a", "version": 1}, "domainMetadata": {"domain": "d", "configuration": "{}", "removed": False},
            "cdc": {"path": "_change_data/x", "partitionValues": {}, "size": 1, "dataChange": False}}

    def case(number, action, field, value):
        def prepare(world):
            version = 2 if action == "remove" else 0 if action in ("protocol", "metaData") else 3
            lines = [json.loads(line) for line in log(world, version).read_text().splitlines()]
            if action in base:
                lines.append({action: dict(base[action])})
            for line in lines:
                if action in line:
                    line[action] = value if field is None else {**line[action], field: value}
            log(world, version).write_text("".join(json.dumps(line) + "\n" for line in lines))
            for path in (world.victim / "_delta_log").glob("*checkpoint*"):
                path.unlink()
        return Case(f"{action}.{field} = {str(value)[:20]!r}", prepare, AFTER[number % len(AFTER)])

    number = 0
    for action, fields in sample.items():
        for field in [None, *fields]:
            for value in BAD:
                number += 1
                yield case(number, action, field, value)


def schemas():
    deep = '"long"'
    for _ in range(3000):
        deep = '{"type":"array","elementType":' + deep + ',"containsNull":true}'
    field = '{"name":%s,"type":%s,"nullable":true,"metadata":{}}'
    texts = ["", "{}", "null", '{"type":"struct"}', '{"type":"struct","fields":[' + field % ('"id"', deep) + "]}",
             '{"type":"struct","fields":[' + field % ('"id"', '"decimal(99,3)"') + "]}",
             '{"type":"struct","fields":[' + field % ('"id"', '"decimal(-1,-1)"') + "]}",
             '{"type":"struct","fields":[' + ",".join([field % ('"id"', '"long"')] * 2) + "]}",
             '{"type":"struct","fields":[' + field % ('"a\\u0000b"', '"long"') + "]}",
             '{"type":"struct","fields":[' + field % ('"x\\"); DROP TABLE y; --"', '"long"') + "]}",
             '{"type":"struct","fields":[' + ",".join(field % (f'"c{i}"', '"long"') for i in range(5000)) + "]}"]
    for number, text in enumerate(texts):
        def prepare(world, text=text):
            lines = [json.loads(line) for line in log(world, 0).read_text().splitlines()]
            for line in lines:
                if "metaData" in line:
                    line["metaData"]["schemaString"] = text
            log(world, 0).write_text("".join(json.dumps(line) + "\n" for line in lines))
            for path in (world.victim / "_delta_log").glob("*checkpoint*"):
                path.unlink()
        yield Case(f"schema {number}", prepare, ["sql", "select * from main.victim"] if number % 2 else ["table", "show", "main.victim"])


# ---------------------------------------------------------------- paths
def hostile_paths(world):
    secret, up = str(world.outside / "secret.parquet"), "../" * 4 + "outside/secret.parquet"
    local = secret.lstrip("/")
    return [up, up.replace("..", "%2e%2e"), up.replace("..", "%2E."), up.replace("/", "%2f"), "p=x/../" + up, "./" + up, ".//" + up,
            up.replace("../", "..%2F"), "p=a%20b/../../" + up, secret, "/" + secret, "%2F" + local, "file://" + secret, "file:" + secret,
            "FILE://" + secret, "file://localhost" + secret, "file:////" + local, "file://" + secret.replace("o", "%6f"),
            f"file://{world.lake}/../../outside/secret.parquet", f"file://{world.lake}/%2e%2e/%2e%2e/outside/secret.parquet",
            f"{world.lake}/../../outside/secret.parquet", f"file://{world.victim}/../../../../outside/secret.parquet",
            "s3://bucket/secret.parquet", "http://127.0.0.1:1/x.parquet", "weir-lake://1/../../../outside/secret.parquet",
            "link.parquet", "folder/secret.parquet", "x\0" + up, "", "/", "..", ".", "a/", "_delta_log/00000000000000000000.json",
            "p=a b/%", "%zz", "%", "\\..\\outside", "~/secret.parquet", "$HOME/x", "/dev/zero", "file:///dev/zero", "/proc/self/mem",
            "x" * 5000, "é" * 300, "../victim/" + "x" * 300, "*", "p=*/*.parquet", "**/../outside/*", "memory:x/secret.parquet"]


def plant(world, path, action, place):
    (world.victim / "link.parquet").symlink_to(world.outside / "secret.parquet")
    (world.victim / "folder").symlink_to(world.outside)
    size = (world.outside / "secret.parquet").stat().st_size
    values = {"p": "a b"}
    if place == "checkpoint":
        file = world.victim / "_delta_log" / f"{2:020}.checkpoint.parquet"
        rows = pq.read_table(file)
        entries = rows.to_pylist()
        for entry in entries:
            if entry.get(action):
                entry[action]["path"], entry[action]["size"] = path, size
                break
        else:
            raise AssertionError(f"no {action} in the checkpoint")
        pq.write_table(pa.Table.from_pylist(entries, schema=rows.schema), file)
        for v in range(3):
            log(world, v).unlink()
    elif action == "add":
        log(world, 4).write_text(json.dumps({"add": {"path": path, "partitionValues": values, "size": size, "modificationTime": 1,
                                                     "dataChange": True}}) + "\n")
    else:
        log(world, 4).write_text(json.dumps({"remove": {"path": path, "partitionValues": values, "size": size, "deletionTimestamp": 1,
                                                        "dataChange": True}}) + "\n")


def path_cases(world):
    number = 0
    for place in ("commit", "checkpoint"):
        for action in ("add", "remove"):
            for path in hostile_paths(world):
                for words in ([SELECT, ["gc"]] if action == "remove" else [SELECT]) + [AFTER[number % len(AFTER)]]:
                    number += 1
                    must_fail = True if action == "add" and words is SELECT else None
                    yield Case(f"{action} in {place}: {path[:60]!r}", lambda w, p=path, a=action, q=place: plant(w, p, a, q), words,
                               fails=must_fail)


def good_paths():
    """Odd but honest: what the protocol allows is read."""
    for name in ("a b.parquet", "é.parquet", "100%.parquet", "x+y=z&q?.parquet", "..x.parquet", "sub dir/ü/z.parquet", "'q\".parquet"):
        def prepare(world, name=name):
            target = world.victim / name
            target.parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(table([(7, "seven", None)]).drop_columns(["p"]), target)
            from urllib.parse import quote
            log(world, 4).write_text(json.dumps({"add": {"path": quote(name), "partitionValues": {"p": "é%y"}, "size": target.stat().st_size,
                                                         "modificationTime": 1, "dataChange": True}}) + "\n")
        yield Case(f"honest path {name}", prepare, rows=as_text(ROWS + [(7, "seven", "é%y")]))

    def clone(world):  # a shallow clone inside the lake
        target = world.lake / "other" / "f.parquet"
        target.parent.mkdir()
        pq.write_table(table([(7, "seven", None)]).drop_columns(["p"]), target)
        log(world, 4).write_text(json.dumps({"add": {"path": f"file://{target}", "partitionValues": {"p": "z"}, "size": target.stat().st_size,
                                                     "modificationTime": 1, "dataChange": True}}) + "\n")
    yield Case("a file elsewhere in the lake", clone, rows=as_text(ROWS + [(7, "seven", "z")]))


# ---------------------------------------------------------------- CSV
def sources(ingest):
    return ("version: 2\nsources:\n  - name: raw\n    schema: raw\n    tables:\n      - name: t\n        config: {meta: {weir: {ingest: "
            + json.dumps(ingest) + "}}}\n        columns:\n          - {name: id, data_type: bigint}\n"
            "          - {name: name, data_type: varchar}\n")


def counts(loaded, rejected):
    def check(world, done):
        if done.returncode != 0:
            return "not loaded"
        found = tuple(delta_rows(world.lake / "raw" / n).num_rows for n in ("t", "t__quarantine"))
        return None if found == (loaded, rejected) else f"loaded and rejected {found}, not {(loaded, rejected)}"
    return check


def csv_case(name, content, loaded=None, rejected=None, ingest=None, file="x.csv", **more):
    def prepare(world):
        (world.project / "models" / "sources.yml").write_text(sources({"files": "data/*", "quarantine": {"max_ratio": 0.99}, **(ingest or {})}))
        with (gzip.open if file.endswith(".gz") else open)(world.project / "data" / file, "wb") as out:
            for piece in content if isinstance(content, list) else [content]:
                out.write(piece() if callable(piece) else piece)
        (world.project / "data" / "good.csv").write_text("id,name\n1,good\n")
    check = counts(loaded + 1, rejected) if loaded is not None else None
    return Case("csv: " + name, prepare, ["ingest"], check=check, **more)


def csv_cases(megabytes):
    many = b"".join(b"%d,x\n" % i for i in range(50_000))
    piece = [lambda: b"y" * (1 << 20)] * megabytes
    for file in ("x.csv", "x.csv.gz"):
        yield csv_case(f"quote never closed ({file})", b'id,name\n2,a\n3,"b\n4,c\n', 1, 1, file=file)
        yield csv_case(f"quote never closed, long ({file})", b'id,name\n2,a\n3,"b\n' + many, 0, 1, file=file)
        yield csv_case(f"quote never closed at the end ({file})", b"id,name\n" + many + b'5,"b', 50_000, 1, file=file)
        yield csv_case(f"broken UTF-8 ({file})", b"id,name\n2,a\n3,\xff\xfe\n4,\xc3\n5,\xed\xa0\x80\n6,ok\n", 2, 3, file=file)
        yield csv_case(f"NUL bytes ({file})", b"id,name\n2,a\0b\n3,\0\n\0,x\n", 2, 1, file=file)
        yield csv_case(f"missing and extra columns ({file})", b"id,name\n2\n3,a,b,c\n4,ok\n,\n5,\n", 3, 2, file=file)
        yield csv_case(f"one endless field ({file})", [b"id,name\n2,a\n3,", *piece, b"\n4,b\n"], file=file, timeout=600)
        yield csv_case(f"one endless quoted field ({file})", [b'id,name\n2,a\n3,"', *piece, b'"\n4,b\n'], file=file, timeout=600)
        yield csv_case(f"an endless header ({file})", [b"id,", *piece, b"\n4,b\n"], 0, 1, file=file, timeout=600)
        yield csv_case(f"only line ends ({file})", b"id,name\n" + b"\n" * 100_000 + b"\r\n\r\r\n", file=file)
    yield csv_case("empty", b"", 0, 0)
    yield csv_case("a BOM and nothing", b"\xef\xbb\xbf")
    yield csv_case("a single quote", b'"')
    yield csv_case("numbers beyond", b"id,name\n99999999999999999999,a\n1e400,b\n-0,c\n0x10,d\n 7,e\n", 2, 3)
    yield csv_case("the same column twice", b"id,name,id,NAME\n2,a,3,b\n")
    yield csv_case("names that are SQL", b'id,name,"x\'); drop table y; --",""";""",select\n2,a,1,2,3\n', 1, 0)
    yield csv_case("1,000 columns", b"id,name," + b",".join(b"c%d" % i for i in range(1000)) + b"\n2,a" + b",1" * 1000 + b"\n", 1, 0,
                   timeout=120)
    yield csv_case("60,000 columns", b"id,name," + b",".join(b"c%d" % i for i in range(60_000)) + b"\n2,a\n", 0, 1)
    yield csv_case("not gzip", b"id,name\n2,a\n", file="x.csv", ingest={"format": {"type": "csv", "compression": "gzip"}})
    yield csv_case("binary", random.Random(1).randbytes(200_000))
    yield csv_case("UTF-16", "id,name\n2,é\n".encode("utf-16"))
    yield csv_case("a Parquet file called CSV", pa_bytes())
    yield csv_case("text called Parquet", b"id,name\n2,a\n", file="x.parquet", ingest={"format": "parquet"})
    yield csv_case("cut Parquet", pa_bytes()[:-30], file="x.parquet", ingest={"format": "parquet"})


def pa_bytes():
    out = io.BytesIO()
    pq.write_table(table(ROWS), out)
    return out.getvalue()


def folder_cases(world):
    def linked(make, ingest):
        def prepare(w):
            (w.project / "models" / "sources.yml").write_text(sources(ingest))
            (w.project / "data" / "good.csv").write_text("id,name\n1,good\n")
            make(w.project / "data", w)
        return prepare
    star, deep = {"files": "data/*.csv"}, {"files": "data/**/*.csv"}
    yield Case("link to a file outside is followed, as told", linked(lambda d, w: (d / "l.csv").symlink_to(w.outside / "secret.csv"), star),
               ["ingest"], check=counts(2, 0), reads=[world.outside])
    yield Case("link to a folder outside is not walked", linked(lambda d, w: (d / "l").symlink_to(w.outside), deep), ["ingest"], check=counts(1, 0))
    yield Case("link to itself", linked(lambda d, w: (d / "l.csv").symlink_to(d / "l.csv"), star), ["ingest"], fails=True)
    yield Case("links in a circle", linked(lambda d, w: (d / "l").symlink_to(d), deep), ["ingest"], check=counts(1, 0))
    yield Case("a fifo", linked(lambda d, w: os.mkfifo(d / "f.csv"), star), ["ingest"], timeout=20)
    yield Case("a folder called CSV", linked(lambda d, w: (d / "f.csv").mkdir(), star), ["ingest"])
    yield Case("a name that is no text", linked(lambda d, w: open(os.fsencode(d) + b"/\xff.csv", "w").close(), star), ["ingest"], fails=True)
    yield Case("a name with a line end", linked(lambda d, w: (d / "a\nb'.csv").write_text("id,name\n2,x\n"), star), ["ingest"], check=counts(2, 0))
    for value in ("..", "%2e%2e", "%2F..%2F..%2Foutside", "a%00b", "%zz", "%", "a b", "é", "", "=", "__HIVE_DEFAULT_PARTITION__", "x" * 200,
                  "'; drop", "a%5Cb", "nan", "%ff"):
        def make(d, w, value=value):
            folder = d / f"p={value}"
            folder.mkdir()
            (folder / "x.csv").write_text("id,name\n2,x\n")
        yield Case(f"hive value {value[:30]!r}", linked(make, deep), ["ingest"])

        def parts(w, make=make):
            (w.project / "models" / "sources.yml").write_text(sources(deep))
            (w.project / "models" / "m.sql").write_text("{{ config(materialized='table', partition_by=['p']) }}\n"
                                                        "select id, name, p from {{ source('raw', 't') }}\n")
            (w.project / "data" / "good.csv").write_text("id,name\n1,good\n")
            make(w.project / "data", w)
        yield Case(f"partition {value[:30]!r}", parts, ["build"])


# ---------------------------------------------------------------- names
def name_cases():
    names = ["..", "../x", "../../../outside/x", "/abs", "a/b", "a\\b", ".", "", " ", "_weir", "_delta_log", "x" * 300, "é" * 100, "a\nb",
             "a\0b", "%2e%2e", "..%2f..", "-rf", "--", "$(x)", "'; drop table t; --", "\"", "con", "*", "~", "main", "\u202e", "a" * 100_000]
    for name in names:
        quoted = json.dumps(name)

        def model(key, quoted=quoted):
            def prepare(w):
                (w.project / "models" / "m.sql").write_text("select 1 as id\n")
                (w.project / "models" / "m.yml").write_text(f"version: 2\nmodels:\n  - name: m\n    config: {{materialized: table, {key}: {quoted}}}\n")
            return prepare

        def source(key, quoted=quoted):
            def prepare(w):
                text = sources({"files": "data/*.csv"}).replace("- name: t\n", f"- name: t\n        {key}: {quoted}\n") if key == "identifier" \
                    else sources({"files": "data/*.csv"}).replace("schema: raw", f"schema: {quoted}") if key == "schema" \
                    else sources({"files": "data/*.csv", key: name})
                (w.project / "models" / "sources.yml").write_text(text)
                (w.project / "data" / "good.csv").write_text("id,name\n1,good\n")
            return prepare
        for key in ("alias", "schema", "unique_key", "partition_by", "tags", "location_root"):
            yield Case(f"model {key} {name[:30]!r}", model(key), ["build"])
        for key in ("identifier", "schema", "primary_key", "format", "write_disposition", "base"):
            yield Case(f"source {key} {name[:30]!r}", source(key), ["ingest"])
        if "\0" in name or len(name) > 100_000:
            continue
        for words in (["table", "show", name], ["sql", f'select * from main."{name}"'], ["run", name], ["logs", name], ["runs", name],
                      ["rollback", name], ["adopt", name], ["table", "restore", name, "--version", "0"], ["build", "--select", "path:" + name],
                      ["sql", "--write", 'create table main."' + name.replace('"', '""') + '" as select 1 as id'], ["gc", name],
                      ["quarantine", "show", name], ["explain", name], ["build", "--target", name], ["build", "--vars", name]):
            yield Case(f"cli {words[0]} {name[:30]!r}", lambda w: None, words)
    bombs = {"aliases": "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(f"{c}: &{c} [{','.join(['*' + p] * 9)}]\n" for p, c in zip("abcdefgh", "bcdefghi")),
             "deep": "[" * 50_000, "flow": "{a: " * 20_000, "indent": "".join(" " * i + "a:\n" for i in range(3000)), "nul": "a: \0\n",
             "utf8": "a: \udcff\n", "tag": "a: !!python/object/apply:os.system ['touch x']\n", "merge": "a: &a {<<: *a}\n", "huge": "x" * 3_000_000}
    for name, text in bombs.items():
        for file in ("models/m.yml", "dbt_project.yml", "weir.yml"):
            yield Case(f"yaml {name} as {file}", lambda w, t=text, f=file: (w.project / f).write_bytes(t.encode("utf-8", "surrogateescape")),
                       ["parse"], timeout=60)
    for name, text in {"loop": "{% for i in range(999999999) %}x{% endfor %}", "recursion": "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
                       "include": "{% include '../../outside/secret.csv' %}", "power": "{{ 10 ** 100000000 }}", "text": "{{ 'x' * 10**12 }}",
                       "dunder": "{{ ''.__class__.__mro__[1].__subclasses__() }}", "deep": "{{ " + "(" * 20_000 + " }}"}.items():
        yield Case(f"template {name}", lambda w, t=text: (w.project / "models" / "m.sql").write_text("select 1 as id -- " + t + "\n"), ["build"],
                   fails=True, timeout=120)


# ---------------------------------------------------------------- running
def chosen(cases, seconds, seed):
    """In CI a part of each kind, another one for each seed; all without a limit."""
    cases = list(cases)
    if seconds:
        random.Random(seed).shuffle(cases)
    return cases


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--weir", required=True)
    parser.add_argument("--seconds", type=float, help="stop after these; kinds take turns. Without it everything runs")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--only", help="cases whose name holds this text")
    args = parser.parse_args()
    failures, ran, start = [], 0, time.monotonic()
    with scratch("hostile") as temporary:
        world = World(pathlib.Path(temporary).resolve(), str(pathlib.Path(args.weir).resolve()))
        kinds = {"damage": [damage(seed) for seed in range(1000)], "kept": [kept_damage(world, seed) for seed in range(1500)],
                 "values": wrong_values(), "schemas": schemas(), "paths": path_cases(world),
                 "honest": good_paths(), "csv": csv_cases(64 if args.seconds else 1024), "folders": folder_cases(world), "names": name_cases()}
        queues = {kind: chosen(cases, args.seconds, args.seed) for kind, cases in kinds.items()}
        if args.only:
            queues = {kind: [c for c in cases if args.only in c.name] for kind, cases in queues.items()}
        done = dict.fromkeys(queues, 0)
        while any(queues.values()) and not (args.seconds and time.monotonic() - start > args.seconds):
            for kind, queue in queues.items():
                if queue:
                    case = queue.pop()
                    done[kind] += 1
                    found = case.run(world)
                    failures += found
                    print("".join(f"FAIL {f}\n" for f in found), end="", flush=True)
        ran = sum(done.values())
    print(", ".join(f"{count} {kind}" for kind, count in done.items()) + f" in {time.monotonic() - start:.0f} s")
    print(f"{ran - len(failures)} passed, {len(failures)} failed")
    sys.exit(1 if failures or not ran else 0)


main()
