#!/usr/bin/env python3
"""A build whose source files lie in a store, dying or failing at each operation of the stores (that of the files and that of the
lake), then run again: each row of the files is in the table once, as deltalake reads it, and each bad row in the quarantine.

Then files that are replaced while they are read: by a proxy before the server, just ahead of a request for the file. Such a build
publishes nothing of it, or the whole new file.
"""
import argparse, collections, json, pathlib, random, shutil, signal, subprocess, sys, time

from delta_rows import delta_rows
from lakes import S3, Proxy
from world import scratch

KINDS = ["crash", "crash_after", "fail", "lose_answer"]
DIED = 134
SOURCE = """
version: 2
sources:
  - name: feed
    schema: feed
    tables:
      - name: events
        config: {meta: {weir: {ingest: {files: 'PLACE/*.csv', on_changed_file: reload, quarantine: {max_ratio: 0.5}}}}}
        columns:
          - {name: id, data_type: bigint}
          - {name: what, data_type: varchar}
"""


def csv(rows):
    return "id,what\n" + "".join(f"{i},{what}\n" for i, what in rows)


class World:
    """A project of its own and files of its own. `good` and `bad` rows by file: what the tables must hold in the end."""

    def __init__(self, folder, weir, server, name):
        self.folder, self.weir, self.server, self.prefix = folder / name, str(pathlib.Path(weir).resolve()), server, f"in/{name}"
        self.good, self.bad = {}, {}
        self.folder.mkdir()
        (self.folder / "models").mkdir()
        (self.folder / "dbt_project.yml").write_text("name: w\nversion: '1.0'\nprofile: w\nmodel-paths: [models]\n")
        (self.folder / "weir.yml").write_text("id: 0c9f5b44-33f2-4f0c-9d57-6d9e1d9f0a13\ntarget: lake\n")
        (self.folder / "models/source.yml").write_text(SOURCE.replace("PLACE", f"s3://{server.bucket}/{self.prefix}"))

    def put(self, file, good, bad=()):
        self.good[file], self.bad[file] = list(good), list(bad)
        self.server.client.put_object(Bucket=self.server.bucket, Key=f"{self.prefix}/{file}", Body=csv([*good, *bad]).encode())

    def build(self, env=None):
        done = subprocess.run([self.weir, "build"], cwd=self.folder, env={**self.server.env, **(env or {})}, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=600)
        return done.returncode, done.stdout + done.stderr

    def kill(self, after_s):
        process = subprocess.Popen([self.weir, "build"], cwd=self.folder, env=self.server.env, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(after_s)  # anywhere in the build: that is what is tried
        process.send_signal(signal.SIGKILL)
        return process.wait()

    def rows(self, table, *columns):
        read = delta_rows(self.folder / f"lake/feed/{table}").to_pylist()
        return collections.Counter(tuple(row[c] for c in columns) for row in read)

    def wrong(self):
        good = collections.Counter((i, what, file) for file, rows in self.good.items() for i, what in rows)
        bad = collections.Counter((file, f"{i},{what}".encode()) for file, rows in self.bad.items() for i, what in rows)
        found = [(self.rows("events", "id", "what", "_file"), good, "rows"), (self.rows("events__quarantine", "_file", "_raw"), bad, "quarantine")]
        return [f"{name}: {dict(is_ - wanted)} too many, {dict(wanted - is_)} missing" for is_, wanted, name in found if is_ != wanted]


def scenario(folder, weir, server, name):
    """Two files are loaded; now one has changed, one is new, one is new and has a bad row."""
    world = World(folder, weir, server, name)
    world.put("a.csv", [(i, "a") for i in range(50)])
    world.put("b.csv", [(i, "b") for i in range(50, 60)], [("x", "bad")])
    code, said = world.build()
    if code or world.wrong():
        raise AssertionError(f"the first build: exit {code}: {world.wrong()}\n{said}")
    world.put("a.csv", [(i, "again") for i in range(40)])
    world.put("c.csv", [(i, "c") for i in range(100, 110)])
    world.put("d.csv", [(200, "d")], [("y", "bad"), ("z", "bad")])
    return world


def settled(world, what, first, said):
    """What is wrong after the build was run again."""
    again, words = world.build()
    if again:
        return [f"{what}: again: exit {again}: {words[-600:]}"]
    return [f"{what}: {w}\n  first: exit {first}: {said[-400:]}" for w in world.wrong()]


def at_operation(folder, weir, server, number, fault):
    world = scenario(folder, weir, server, f"w{number}")
    code, said = world.build({"WEIR_FAULT": fault})
    wrong = []
    if fault.startswith("crash") and code != DIED:
        wrong = [f"{fault}: expected to die, exit {code}"]
    elif code not in (0, DIED) and ("WEIR-E" not in said or "WEIR-E0001" in said):
        wrong = [f"{fault}: no error of its own: {said[-400:]}"]
    if "quarantined as a whole" in said:
        wrong.append(f"{fault}: a failure of the store was taken for one of the file: {said[-400:]}")
    wrong += settled(world, fault, code, said)
    shutil.rmtree(world.folder)
    return wrong


def replaced(folder, weir, server, number, at):
    """The file is another one from the at-th request for it on."""
    world = scenario(folder, weir, server, f"r{number}")
    seen = 0

    def react(method, target, send):
        nonlocal seen
        if f"{world.prefix}/d.csv" in target:
            seen += 1
            if seen == at:
                world.put("d.csv", [(i, "other") for i in range(300, 303)])
        return send()

    proxy = Proxy(server.url, react)
    code, said = world.build(server.through(proxy))
    if seen < at:
        return None
    wrong = []
    if code == 0:
        wrong = [f"replaced at request {at}: the first build took {w}" for w in world.wrong()]
    elif "changed while it was read" not in said:
        wrong = [f"replaced at request {at}: exit {code}, not told as a change: {said[-600:]}"]
    return wrong + settled(world, f"replaced at request {at}", code, said)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weir", required=True)
    parser.add_argument("--versitygw", help="the server; without it moto")
    parser.add_argument("--each", type=int, default=0, help="a sample of so many operations per kind")
    parser.add_argument("--kills", type=int, default=10, help="kill -9 at so many moments")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    rng, failures, tried = random.Random(args.seed), [], 0
    with scratch("source-kills") as temporary, S3(args.versitygw, pathlib.Path(temporary)) as server:
        folder = pathlib.Path(temporary)
        world, counts = scenario(folder, args.weir, server, "count"), folder / "counts.json"
        began = time.monotonic()
        code, said = world.build({"WEIR_FAULT_COUNT": str(counts)})
        took = time.monotonic() - began
        if code or world.wrong():
            raise AssertionError(f"without a fault: exit {code}: {world.wrong()}\n{said}")
        total = json.loads(counts.read_text())["store"]["total"]
        for kind in KINDS:
            numbers = range(1, total + 1)
            numbers = sorted(rng.sample(numbers, min(args.each, total))) if args.each else numbers
            found = [w for n in numbers for w in at_operation(folder, args.weir, server, f"{kind}{n}", f"{kind}@{n}")]
            print(f"{kind:12s} N={total:3d} tried={len(numbers):3d} wrong={len(found):3d}", flush=True)
            failures, tried = failures + found, tried + len(numbers)
        died = 0
        for number in range(args.kills):
            world = scenario(folder, args.weir, server, f"k{number}")
            code = world.kill(took * rng.random())
            died += code == -signal.SIGKILL
            failures, tried = failures + settled(world, "kill -9", code, ""), tried + 1
        print(f"kill -9      tried={args.kills:3d} died={died:3d}")
        at = 1
        while (found := replaced(folder, args.weir, server, at, at)) is not None:
            failures, tried, at = failures + found, tried + 1, at + 1
        print(f"replaced     at each of {at - 1} requests for the file")
        if at == 1 or (args.kills and not died):
            failures.append("nothing was replaced, or nothing was killed")
    for failure in failures[:20]:
        print("FAILED", failure)
    print(f"{tried - len(failures)} passed, {len(failures)} failed")
    sys.exit(1 if failures or not tried else 0)


main()
