#!/usr/bin/env python3
"""Remote stores, against real servers on loopback (store_servers.py).

moto and fake-gcs-server always; versitygw, Azurite and a Hadoop cluster of one node if they are there (./dev setup --full fetches
them). Each gets the contract tests and the tests with a bad network of unit_store, and a project is built, rebuilt, raced for and
queried with its lake there; what others can read, they read.
"""
import argparse, pathlib, re, subprocess, sys, tempfile, time

import pyarrow as pa
from deltalake import DeltaTable
from store_servers import BUCKET, Azurite, FakeGcs, Hadoop, Moto, Versitygw, free_port

ROOT = pathlib.Path(__file__).resolve().parents[2]
results = {"passed": 0, "failed": 0}


def check(what, ok, detail=""):
    results["passed" if ok else "failed"] += 1
    if not ok:
        print(f"FAIL {what}\n{detail}")


def units(program, server, variable, pattern):
    """Runs unit tests of the program against the server; prints how many."""
    done = subprocess.run([program, f"--gtest_filter={pattern}", "--gtest_brief=1"], capture_output=True, text=True,
                          env={**server.env, variable: server.uri if variable != "WEIR_TEST_AZURE_FOLDERS" else
                               f"abfss://{BUCKET}@weiraccount.dfs.core.windows.net"}, timeout=1200)
    ran = re.search(r"\[==========\] (\d+) tests", done.stdout)
    count = int(ran[1]) if ran else 0
    failed = len(set(re.findall(r"\[  FAILED  \] (\S+)", done.stdout))) or (done.returncode != 0)
    results["passed"] += max(0, count - failed)
    results["failed"] += failed or count == 0
    if failed or not count:
        print(done.stdout[-8000:] + done.stderr[-2000:])
    print(f"{server.name}: {count} tests of {variable}")


PROJECT = {
    "dbt_project.yml": "name: shop\nversion: '1.0'\nconfig-version: 2\nprofile: shop\nmodel-paths: [models]\n",
    "models/sources.yml": """
version: 2
sources:
  - name: raw
    schema: raw
    tables:
      - name: orders
        config: {meta: {weir: {ingest: {files: landing/orders-*.csv}}}}
        columns:
          - {name: id, data_type: bigint, data_tests: [not_null]}
          - {name: customer, data_type: varchar}
          - {name: amount, data_type: integer}
""",
    "models/by_customer.sql": "{{ config(materialized='table') }}\nselect customer, count(*) as orders, sum(amount) as amount "
                              "from {{ source('raw', 'orders') }} group by customer\n",
    "models/seen.sql": "{{ config(materialized='incremental') }}\nselect id, amount from {{ source('raw', 'orders') }}\n"
                       "{% if is_incremental() %}where id > (select max(id) from {{ this }}){% endif %}\n",
    "models/wide.sql": "{{ config(materialized='table') }}\nselect i as id, " +
                       ", ".join(f"hash(i, {c}) as c{c}" for c in range(12)) + " from range(300000) t(i)\n",
    "models/names.sql": "{{ config(materialized='view') }}\nselect distinct customer from {{ source('raw', 'orders') }}\n",
}


class Project:
    """A project in a folder, with its lake on the server."""

    def __init__(self, folder, weir, server):
        self.folder, self.weir, self.server = folder, str(weir), server
        self.lake = f"{server.uri}/lakes/one"
        for name, text in PROJECT.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        (folder / "weir.yml").write_text(
            f"id: 11111111-2222-4333-8444-555555555555\ntarget: lake\nlake: {self.lake}\n")
        (folder / "landing").mkdir()

    def orders(self, piece, ids):
        lines = ["id,customer,amount"] + [f"{i},customer {i % 7},{i * 3}" for i in ids]
        (self.folder / f"landing/orders-{piece}.csv").write_text("\n".join(lines) + "\n")

    def start(self, *args, env=None):
        return subprocess.Popen([self.weir, *args], cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                env={**self.server.env, **(env or {})})

    def run(self, *args, env=None, code=0):
        process = self.start(*args, env=env)
        out, err = process.communicate(timeout=600)
        check(f"{self.server.name}: weir {' '.join(args)} ends with {code}", process.returncode == code,
              f"exit {process.returncode}\n{out[-3000:]}\n{err[-3000:]}")
        return out + err

    def rows(self, sql):
        return [line.split(",") for line in self.run("sql", "--output", "csv", sql).splitlines()[1:]]

    def versions(self, table):
        return len(self.run("table", "history", table).splitlines())


def requests_since(log, start):
    """The requests of moto's log from an offset on: ["GET /bucket/key 206", ...]. Some lines are coloured."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", pathlib.Path(log).read_text()[start:])
    return [f"{m[1]} {m[2]} {m[3]}" for m in re.finditer(r'"(\w+) (\S+) HTTP/1.1" (\d+)', text)]


def lake(server, folder, weir):
    project = Project(folder, weir, server)

    def expect(what, ok, detail=""):
        check(f"{server.name}: {what}", ok, detail)

    project.orders("1", range(1000))
    project.run("build")
    expect("counts after the first build", project.rows("select count(*), sum(amount) from raw.orders") == [["1000", "1498500"]])
    expect("the lake is there and nowhere else", not (folder / "lake").exists())
    versions = project.versions("raw.orders")
    project.run("build")
    expect("a build with nothing to do commits nothing", project.versions("raw.orders") == versions)

    project.orders("2", range(1000, 1500))
    project.run("build")
    expect("counts after the second build", project.rows("select count(*), sum(amount) from raw.orders") == [["1500", "3372750"]])
    expect("the incremental model", project.rows("select count(*), max(id) from seen") == [["1500", "1499"]])
    expect("the table", project.rows("select sum(orders), sum(amount) from by_customer") == [["1500", "3372750"]])
    expect("the view", project.rows("select count(*) from names") == [["7"]])
    expect("an older version", project.rows("select count(*) from raw.orders at (version => 0)") == [["1000"]])
    project.run("sql", "--write", "delete from seen where id < 10")
    expect("deleted rows are gone", project.rows("select count(*) from seen") == [["1490"]])
    project.run("doctor")
    race(project, expect)
    files_by_uri(project, expect)
    as_iceberg(project, expect)
    source_in_store(project, expect)

    # Others read the same tables where they lie.
    if (options := server.delta_options()) is not None:
        table = DeltaTable(f"{project.lake}/raw/orders", storage_options=options)
        orders = pa.table(table.to_pyarrow_table())
        expect("deltalake reads the orders", orders.num_rows == 1500 and sum(orders["amount"].to_pylist()) == 3372750)

    # What is not there, and keys that are missing or wrong.
    if server.no_keys:
        env, remedy = server.no_keys
        text = project.run("build", env=env, code=2)
        expect("missing credentials are explained", "store-credentials" in text and remedy in text, text)
    if server.nowhere:
        text = project.run("build", env=server.nowhere, code=1)
        expect("a server that is not there is named", "127.0.0.1" in text, text)
        expect("no secret is shown", server.secret is None or server.secret not in text, text)
    return project


def race(project, expect):
    """Several processes commit to one table at once: each row is there once, each version is one process's."""
    writers, rounds = 3, 3
    project.run("sql", "--write", "create table raced (writer bigint, round bigint)")
    for number in range(rounds):
        running = [project.start("sql", "--write", f"insert into raced values ({w}, {number})") for w in range(writers)]
        for process in running:
            out, err = process.communicate(timeout=600)
            expect("a racing insert ends well", process.returncode == 0, f"exit {process.returncode}\n{out}\n{err}")
    rows = project.rows("select writer, round from raced order by all")
    expect("each racing insert is there once", rows == [[str(w), str(r)] for w in range(writers) for r in range(rounds)], str(rows))


def files_by_uri(project, expect):
    """Files that lie in the store are read by their URIs, one or by a pattern."""
    data = f"{project.lake}/raw/orders/*.parquet"
    expect("a pattern reads the files", project.rows(f"select count(*) from read_parquet('{data}')") == [["1500"]])
    names = [row[0] for row in project.rows(f"select distinct filename from read_parquet('{data}', filename = true) order by 1")]
    expect("each file has its name", len(names) == 2 and all(n.startswith(project.lake + "/raw/orders/") for n in names), str(names))
    expect("a name reads one file", project.rows(f"select count(*) from '{names[0]}'")[0][0] in ("500", "1000"))
    project.run("sql", f"select count(*) from read_parquet('{project.lake}/none.parquet')", code=1)


def as_iceberg(project, expect):
    """A table that weir keeps as an Iceberg table too, read as one from the store."""
    project.run("sql", "--write", "create table iced with ('delta.universalFormat.enabledFormats' = 'iceberg') as "
                                  "select i as id, 'p' || i % 3 as p from range(50) r(i)")
    project.run("sql", "--write", "delete from iced where id % 7 = 1")
    ours = project.rows("select * from iced order by id")
    theirs = project.rows(f"select * from iceberg_scan('{project.lake}/main/iced') order by id")
    expect("the rows of both are the same", len(ours) == 43 and ours == theirs, str(theirs[:3]))
    project.run("sql", f"select * from iceberg_scan('{project.lake}/main/none')", code=1)


LANDED = """
version: 2
sources:
  - name: feed
    schema: feed
    tables:
      - name: events
        config: {meta: {weir: {ingest: {files: PLACE/in/**/*.csv, on_changed_file: reload, quarantine: {max_ratio: 0.5}}}}}
        columns:
          - {name: id, data_type: bigint}
          - {name: what, data_type: varchar}
"""


def source_in_store(project, expect):
    """A source whose files lie in the store: each is read once, a changed one again, and what is wrong says so."""
    (project.folder / "models/landed.yml").write_text(LANDED.replace("PLACE", project.server.uri))
    project.server.put("in/day=2026-01-05/a.csv", "id,what\n1,one\n2,two\n")
    project.server.put("in/day=2026-01-05/b#1 \u00fc.csv", "id,what\n3,three\nx,bad\n")
    project.server.put("in/day=2026-01-05/.half.csv", "id,what\n9,nine\n")
    project.server.put("in/other.txt", "nothing\n")

    def rows():
        return project.rows("select id, what, day, _file from feed.events order by all")

    a, b = "day=2026-01-05/a.csv", "day=2026-01-05/b#1 \u00fc.csv"
    first = [["1", "one", "2026-01-05", a], ["2", "two", "2026-01-05", a], ["3", "three", "2026-01-05", b]]
    project.run("build", "--select", "source:feed")
    expect("the rows of the files in the store", rows() == first, str(rows()))
    bad = project.rows("select _file, _line, _column from feed.events__quarantine")
    expect("the row that does not fit", bad == [[b, "3", "id"]], str(bad))
    versions = project.versions("feed.events")
    project.run("build", "--select", "source:feed")
    expect("nothing new, nothing committed", project.versions("feed.events") == versions)
    # The same bytes put again are the same file; other bytes are a change.
    project.server.put(f"in/{a}", "id,what\n1,one\n2,two\n")
    project.run("build", "--select", "source:feed")
    expect("the same bytes again commit nothing", project.versions("feed.events") == versions)
    project.server.put(f"in/{a}", "id,what\n1,uno\n")
    project.server.put("in/day=2026-01-06/c.csv", "id,what\n4,four\n")
    project.run("build", "--select", "source:feed")
    wanted = [["1", "uno", "2026-01-05", a], ["3", "three", "2026-01-05", b], ["4", "four", "2026-01-06", "day=2026-01-06/c.csv"]]
    expect("a changed file and a new one", rows() == wanted, str(rows()))
    (project.folder / "models/landed.yml").unlink()


def count_requests(project, log):
    """A scan is one request to open a file and one or two for each row group, however many columns it has."""
    def measured(sql):
        start = len(pathlib.Path(log).read_text())
        project.rows(sql)
        return [r for r in requests_since(log, start) if "/main/wide/" in r and ".parquet" in r]
    one, all_columns = measured("select sum(c3) from wide"), measured("select count(distinct hash(wide)) from wide")
    print(f"requests for the data file: {len(one)} for one column, {len(all_columns)} for all twelve")
    for name, requests in (("one column", one), ("all columns", all_columns)):
        check(f"requests for {name} of three row groups", 0 < len(requests) <= 7, "\n".join(requests))


def hadoop_names(server, project):
    """A name of a cluster for several namenodes, of which one answers. (Delegation tokens are not looked at without Kerberos.)"""
    text = project.run("sql", "--lake", project.lake.replace("webhdfs://", "hdfs://"), "select count(*) from raw.orders",
                       env={"WEIR_WEBHDFS_URL": f"http://127.0.0.1:{free_port()},{server.url}"})
    check("hdfs:// finds the namenode that answers", "1500" in text, text)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weir", type=pathlib.Path, default=ROOT / "build/dev/weir")
    parser.add_argument("--units", type=pathlib.Path, default=ROOT / "build/dev/tests/unit_store")
    parser.add_argument("--only", choices=["units", "lake"], help="one half")
    parser.add_argument("--server", action="append", help="only this one; may be repeated")
    parser.add_argument("--need-all", action="store_true", help="a server that is not there is a failure")
    args = parser.parse_args()
    args.weir, args.units = args.weir.resolve(), args.units.resolve()  # projects are built in folders of their own
    for kind in (Moto, FakeGcs, Versitygw, Azurite, Hadoop):
        if args.server and kind.name not in args.server:
            continue
        if not pathlib.Path(getattr(kind, "program", ROOT)).exists():
            print(f"{kind.name}: not here (./dev setup --full)")
            if args.need_all:
                check(f"{kind.name} is here", False)
            continue
        started = time.monotonic()
        with tempfile.TemporaryDirectory() as temporary, kind(pathlib.Path(temporary)) as server:
            if args.only != "lake":
                for variable, pattern in kind.units:
                    units(args.units, server, variable, pattern)
            if args.only != "units" and kind is not Versitygw:
                (server.folder / "project").mkdir()
                project = lake(server, server.folder / "project", args.weir)
                if kind is Moto:
                    text = project.run("sql", "--lake", "s3://no-such-bucket/x", "select 1 from raw.orders", code=1)
                    check("a bucket that does not exist is named", "NoSuchBucket" in text, text)
                    count_requests(project, server.log)
                if kind is Hadoop:
                    hadoop_names(server, project)
        print(f"{kind.name}: {time.monotonic() - started:.0f} s")
    print(f"{results['passed']} passed, {results['failed']} failed, 0 skipped")
    sys.exit(1 if results["failed"] else 0)


if __name__ == "__main__":
    main()