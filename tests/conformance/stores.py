#!/usr/bin/env python3
"""Remote stores, against real servers on loopback.

moto (from the test requirements) always, versitygw if there is one (./dev setup --full builds it; it checks signatures). Each
gets the contract tests and the S3 tests of unit_store; on moto a project is then built, queried, rebuilt and read by others with
its lake on s3://.

moto looks whether an object exists and then puts it, in two steps: two writers at once can both be told that they were the first.
S3 does not do that, so here a lock makes one step of the two. versitygw runs as it is.
"""
import argparse, contextlib, os, pathlib, re, shutil, socket, subprocess, sys, tempfile, threading, time

import boto3
import pyarrow as pa
from deltalake import DeltaTable

ROOT = pathlib.Path(__file__).resolve().parents[2]
KEYS = {"AWS_ACCESS_KEY_ID": "weirtest", "AWS_SECRET_ACCESS_KEY": "weirtestsecret", "AWS_REGION": "us-east-1"}
BUCKET = "weir-test"
MOTO = [sys.executable, __file__, "--serve-moto", "{port}"]
results = {"passed": 0, "failed": 0}


def check(what, ok, detail=""):
    results["passed" if ok else "failed"] += 1
    if not ok:
        print(f"FAIL {what}\n{detail}")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def serve_moto(port):
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import run_simple
    app, one_at_a_time = DomainDispatcherApplication(create_backend_app), threading.Lock()

    def with_conditions(environ, start_response):
        if environ.get("HTTP_IF_NONE_MATCH") != "*":
            return app(environ, start_response)
        with one_at_a_time:
            return list(app(environ, start_response))

    run_simple("127.0.0.1", port, with_conditions, threaded=True)


class Server:
    """A server process on loopback with one bucket; `env` is what a client needs."""

    def __init__(self, command, log, extra=None):
        self.log = log
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        with open(log, "w") as out:
            self.process = subprocess.Popen([c.format(port=self.port) for c in command], stdout=out, stderr=subprocess.STDOUT,
                                            env={**os.environ, **(extra or {})})
        self.env = {**{k: v for k, v in os.environ.items() if not k.startswith("AWS_")}, **KEYS, "AWS_ENDPOINT_URL": self.url,
                    "AWS_CONFIG_FILE": "/nonexistent", "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent"}
        self.client = boto3.client("s3", endpoint_url=self.url, aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
                                   aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"], region_name="us-east-1")
        deadline = time.monotonic() + 60
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                break
            if self.process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"the server did not start:\n{pathlib.Path(log).read_text()}")
            time.sleep(0.05)
        self.client.create_bucket(Bucket=BUCKET)

    def end(self):
        self.process.terminate()
        self.process.wait(30)


@contextlib.contextmanager
def running(*args, **kwargs):
    server = Server(*args, **kwargs)
    try:
        yield server
    finally:
        server.end()


def units(program, server, variable, pattern):
    done = subprocess.run([program, f"--gtest_filter={pattern}", "--gtest_brief=1"], capture_output=True, text=True,
                          env={**server.env, variable: f"s3://{BUCKET}"}, timeout=600)
    ran = re.search(r"\[==========\] (\d+) tests", done.stdout)
    count = int(ran[1]) if ran else 0
    failed = len(set(re.findall(r"\[  FAILED  \] (\S+)", done.stdout))) or (done.returncode != 0)
    results["passed"] += max(0, count - failed)
    results["failed"] += failed or count == 0
    if failed or not count:
        print(done.stdout[-8000:] + done.stderr[-2000:])
    return count


PROJECT = {
    "dbt_project.yml": "name: shop\nversion: '1.0'\nconfig-version: 2\nprofile: shop\nmodel-paths: [models]\n",
    "weir.yml": f"id: 11111111-2222-4333-8444-555555555555\ntarget: lake\nlake: s3://{BUCKET}/lakes/one\n",
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
        for name, text in PROJECT.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        (folder / "landing").mkdir()

    def orders(self, piece, ids):
        lines = ["id,customer,amount"] + [f"{i},customer {i % 7},{i * 3}" for i in ids]
        (self.folder / f"landing/orders-{piece}.csv").write_text("\n".join(lines) + "\n")

    def run(self, *args, env=None, code=0):
        done = subprocess.run([self.weir, *args], cwd=self.folder, capture_output=True, text=True,
                              env={**self.server.env, **(env or {})}, timeout=300)
        check(f"weir {' '.join(args)} ends with {code}", done.returncode == code,
              f"exit {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
        return done.stdout + done.stderr

    def rows(self, sql):
        return [line.split(",") for line in self.run("sql", "--output", "csv", sql).splitlines()[1:]]


def requests_since(log, start):
    """The requests of moto's log from an offset on: ["GET /bucket/key 206", ...]. Some lines are coloured."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", pathlib.Path(log).read_text()[start:])
    return [f"{m[1]} {m[2]} {m[3]}" for m in re.finditer(r'"(\w+) (\S+) HTTP/1.1" (\d+)', text)]


def list_keys(server, prefix):
    return [o["Key"] for o in server.client.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])]


def lake(server, folder, weir):
    project = Project(folder, weir, server)
    project.orders("1", range(1000))
    project.run("build")
    check("counts after the first build", project.rows("select count(*), sum(amount) from raw.orders") == [["1000", "1498500"]])
    check("the lake is in the bucket and nowhere else", not (folder / "lake").exists())
    versions = len(list_keys(server, "lakes/one/raw/orders/_delta_log/0"))
    project.run("build")
    check("a build with nothing to do commits nothing", len(list_keys(server, "lakes/one/raw/orders/_delta_log/0")) == versions)

    project.orders("2", range(1000, 1500))
    project.run("build")
    check("counts after the second build", project.rows("select count(*), sum(amount) from raw.orders") == [["1500", "3372750"]])
    check("the incremental model", project.rows("select count(*), max(id) from seen") == [["1500", "1499"]])
    check("the table", project.rows("select sum(orders), sum(amount) from by_customer") == [["1500", "3372750"]])
    check("the view", project.rows("select count(*) from names") == [["7"]])
    check("an older version", project.rows("select count(*) from raw.orders at (version => 0)") == [["1000"]])
    project.run("sql", "--write", "delete from seen where id < 10")
    check("deleted rows are gone", project.rows("select count(*) from seen") == [["1490"]])
    project.run("doctor")

    # Others read the same tables where they lie.
    options = {**KEYS, "AWS_ENDPOINT_URL": server.url, "AWS_ALLOW_HTTP": "true"}
    table = DeltaTable(f"s3://{BUCKET}/lakes/one/raw/orders", storage_options=options)
    orders = pa.table(table.to_pyarrow_table())
    check("deltalake reads the orders", orders.num_rows == 1500 and sum(orders["amount"].to_pylist()) == 3372750)

    # What is not there, and keys that are missing or wrong.
    text = project.run("sql", "--lake", "s3://no-such-bucket/x", "select 1 from raw.orders", code=1)
    check("a bucket that does not exist is named", "NoSuchBucket" in text, text)
    text = project.run("build", env={"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, code=2)
    check("missing credentials are explained", "store-credentials" in text and "AWS_PROFILE" in text, text)
    text = project.run("build", env={"AWS_ENDPOINT_URL": f"http://127.0.0.1:{free_port()}"}, code=1)
    check("a server that is not there is named", "127.0.0.1" in text, text)
    check("no secret is shown", KEYS["AWS_SECRET_ACCESS_KEY"] not in text, text)
    return project


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


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weir", default=ROOT / "build/dev/weir")
    parser.add_argument("--units", default=ROOT / "build/dev/tests/unit_store")
    parser.add_argument("--versitygw", default=shutil.which("versitygw") or ROOT / "third_party/versitygw/dist/versitygw")
    parser.add_argument("--only", choices=["units", "lake"], help="one half")
    parser.add_argument("--serve-moto", type=int, metavar="PORT", help="only be a server")
    args = parser.parse_args()
    if args.serve_moto:
        return serve_moto(args.serve_moto)
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        with running(MOTO, folder / "moto.log") as server:
            if args.only != "lake":
                print("moto:", units(args.units, server, "WEIR_TEST_S3", "*Contract*/s3:*S3Server*"), "tests")
            if args.only != "units":
                (folder / "project").mkdir()
                project = lake(server, folder / "project", args.weir)
                count_requests(project, server.log)
        if args.only != "lake" and pathlib.Path(args.versitygw).exists():
            (folder / "objects").mkdir()
            gateway = [str(args.versitygw), "--access", KEYS["AWS_ACCESS_KEY_ID"], "--secret", KEYS["AWS_SECRET_ACCESS_KEY"],
                       "--port", "127.0.0.1:{port}", "posix", str(folder / "objects")]
            with running(gateway, folder / "versitygw.log") as server:
                print("versitygw:", units(args.units, server, "WEIR_TEST_S3_FOLDERS", "*Contract*/s3_folders"), "tests")
                print("versitygw:", units(args.units, server, "WEIR_TEST_S3", "*S3Server*"), "tests")
    print(f"{results['passed']} passed, {results['failed']} failed, 0 skipped")
    sys.exit(1 if results["failed"] else 0)


if __name__ == "__main__":
    main()
