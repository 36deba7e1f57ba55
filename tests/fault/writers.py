#!/usr/bin/env python3
"""Many processes write to one table at once: weir's own statements and, if asked, deltalake's among them.

Each writer appends rows, changes and removes rows of its own, merges, and adds 1 to a row that all share. Every commit is then
replayed in the order of the log by a model (a dict), and each version of the table, read by deltalake, must hold what the model
holds: nothing lost, nothing doubled, a serial history. The log itself must be legal (legal.py). An append must never conflict; a
change of a writer's own rows must not either, unless files are compacted meanwhile. With --kills some of the processes die, as by
kill -9; what they leave behind must be gone after a VACUUM.
"""
import argparse, collections, contextlib, json, multiprocessing, os, pathlib, random, re, signal, statistics, sys, threading, time

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, write_deltalake
from deltalake.exceptions import DeltaError

from lakes import Lake, S3
from legal import Log
from maintained import left_behind
from world import scratch

SHARED = 0
MAX_TRIES = 400  # who needs more starves
KEYS_EACH = 1000  # writer w has the keys from w * KEYS_EACH on


# ---------------------------------------------------------------- what a writer does: data, so that the model and both engines can read it
def work(writer, rounds, rng):
    """In each round: rows are appended; then, in any order, one of them is changed, one removed, some merged, the shared row raised."""
    for r in range(rounds):
        first = writer * KEYS_EACH + 100 + r * 10
        yield {"kind": "append", "rows": {first + i: i for i in range(5)}}
        changes = [{"kind": "raise", "key": first}, {"kind": "delete", "key": first + 1}, {"kind": "shared", "key": SHARED},
                   {"kind": "merge", "rows": {first + 2: r + 50, first + 3: r + 60, first + 7: r + 70}}]
        rng.shuffle(changes)
        yield from changes


def apply(rows, op):
    """The model: what a committed operation makes of the table. None if it cannot have been committed here."""
    rows = dict(rows)
    if op["kind"] in ("raise", "shared"):
        if op["key"] not in rows:
            return None
        rows[op["key"]] += 1
    elif op["kind"] == "delete":
        if rows.pop(op["key"], None) is None:
            return None
    elif op["kind"] == "append":
        if rows.keys() & op["rows"].keys():
            return None
        rows |= op["rows"]
    elif op["kind"] == "merge":
        rows |= op["rows"]
    return rows


def statement(op):
    if op["kind"] == "optimize":
        return ["table", "optimize", "main.t"]
    if op["kind"] in ("raise", "shared"):
        sql = f"UPDATE t SET n = n + 1 WHERE k = {op['key']}"
    elif op["kind"] == "delete":
        sql = f"DELETE FROM t WHERE k = {op['key']}"
    else:
        values = ", ".join(f"({k}, {n})" for k, n in op["rows"].items())
        sql = f"INSERT INTO t VALUES {values}" if op["kind"] == "append" else (
            f"MERGE INTO t USING (VALUES {values}) AS s(k, n) ON t.k = s.k WHEN MATCHED THEN UPDATE SET n = s.n "
            "WHEN NOT MATCHED THEN INSERT (k, n) VALUES (s.k, s.n)")
    return ["sql", "--write", sql]


def pause_after(tries, rng):
    """Losers step back, longer each time: who has lost often waits a moment among many, not longer than the others work."""
    time.sleep(rng.uniform(0, min(1.0, 0.02 * 2 ** min(tries, 6))))


class Tally:
    """What the writers did, from all threads."""

    def __init__(self):
        self.lock, self.committed, self.open, self.tries, self.wrong = threading.Lock(), {}, [], collections.defaultdict(list), []
        self.whys, self.killed = collections.Counter(), 0

    def done(self, version, op, tries, engine):
        with self.lock:
            if version in self.committed:
                self.wrong.append(f"version {version} was given to two writers")
            self.committed[version] = op
            self.tries[engine, op["kind"]].append(tries)

    def fail(self, text):
        with self.lock:
            self.wrong.append(text)

    def lost(self, op, why):
        with self.lock:
            self.whys[op["kind"], re.sub(r"\S+\.parquet", "FILE", re.sub(r"\d+", "N", why))] += 1


def by_weir(lake, tally, op, rng, may_kill):
    """One operation until it is committed. False: its process died, and only the log knows."""
    for tries in range(1, MAX_TRIES + 1):
        dies = may_kill()
        # Some die at a moment of the clock, some at one of the first operations on the store, which are few and quick.
        at_once = f"{rng.choice(['crash', 'crash_after'])}@{rng.randrange(1, 9)}" if dies and rng.random() < 0.6 else ""
        process = lake.start(*statement(op), env={"WEIR_FAULT": at_once} if at_once else None)
        if dies and not at_once:
            time.sleep(rng.uniform(0, lake.seconds * 1.2))
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
        _, errors = process.communicate(timeout=600)
        if dies and process.returncode in (-signal.SIGKILL, 134):
            with tally.lock:
                tally.open.append(op)
                tally.killed += 1
            return False
        if process.returncode == 0:
            if found := re.search(r"\bv(\d+) committed", errors):
                tally.done(int(found[1]), op, tries, "weir")
            elif op["kind"] != "optimize":  # which may have nothing to do
                tally.fail(f"{op}: no version in: {errors}")
            return True
        if process.returncode == 3 and op["kind"] == "optimize":
            return True  # the next one follows soon
        why = re.search(r"another commit \(v\d+\) won: (.*)   ", errors)
        if process.returncode != 3 or not why:
            tally.fail(f"{op}: exit {process.returncode}: {errors[-600:]}")
            return True
        tally.lost(op, why[1])
        pause_after(tries, rng)
    tally.fail(f"{op}: starves after {MAX_TRIES} tries")
    return True


def deltalake_process(uri, options, tasks, results, seed):
    """deltalake's writes, in a process of their own."""
    rng = random.Random(seed)
    for op in iter(tasks.get, None):
        whys = []
        for tries in range(1, MAX_TRIES + 1):
            try:
                mark = CommitProperties(custom_metadata={"writer": json.dumps(op["name"])}, max_commit_retries=50)
                table = DeltaTable(uri, storage_options=options)
                if op["kind"] in ("append", "merge"):
                    rows = pa.table({"k": pa.array(list(op["rows"]), pa.int64()), "n": pa.array(list(op["rows"].values()), pa.int64())})
                if op["kind"] == "append":
                    write_deltalake(table, rows, mode="append", commit_properties=mark)
                elif op["kind"] == "merge":
                    (table.merge(rows, "t.k = s.k", source_alias="s", target_alias="t", commit_properties=mark)
                     .when_matched_update({"n": "s.n"}).when_not_matched_insert({"k": "s.k", "n": "s.n"}).execute())
                elif op["kind"] == "delete":
                    table.delete(f"k = {op['key']}", commit_properties=mark)
                elif op["kind"] == "optimize":
                    table.optimize.compact(commit_properties=mark)
                else:
                    table.update(predicate=f"k = {op['key']}", updates={"n": "n + 1"}, commit_properties=mark)
                results.put((tries, whys, None))
                break
            except (DeltaError, OSError) as error:
                if not re.search("onflict|oncurrent|already exists|transaction", str(error)):
                    results.put((tries, whys, f"{type(error).__name__}: {error}"))
                    break
                whys.append(str(error))
                pause_after(tries, rng)
        else:
            results.put((MAX_TRIES, whys, "starves"))


# ---------------------------------------------------------------- one run
class Race:
    def __init__(self, lake, args, seed):
        self.lake, self.args, self.seed, self.tally, self.theirs = lake, args, seed, Tally(), {}
        properties = {"delta.enableDeletionVectors": "true"} if args.vectors else {}
        if args.row_tracking:
            properties |= {"delta.enableRowTracking": "true", "delta.enableInCommitTimestamps": "true"}
        options = ", ".join(f"'{k}' = '{v}'" for k, v in properties.items())
        lake.sql("CREATE TABLE t (k BIGINT, n BIGINT)" + (f" WITH ({options})" if options else ""))
        begin = time.monotonic()
        lake.sql(f"INSERT INTO t VALUES ({SHARED}, 0)")
        lake.seconds = time.monotonic() - begin

    def weir_writer(self, writer):
        try:
            rng, kills = random.Random(self.seed * 1000 + writer), self.args.kills / max(1, self.args.processes)
            ops = work(writer, self.args.rounds, rng)
            chance = kills / (5 * self.args.rounds)
            sure = True  # of what the log has of this round's keys; after a death the writer waits for the next round's
            for op in ops:
                if sure or op["kind"] in ("append", "shared"):
                    lived = by_weir(self.lake, self.tally, op, rng, lambda: rng.random() < chance)
                    sure = lived and (sure or op["kind"] == "append") or (sure and op["kind"] == "shared")
        except Exception as error:
            self.tally.fail(f"writer {writer}: {type(error).__name__}: {error}")

    def packer(self, stop):
        """OPTIMIZE again and again while the others write."""
        rng = random.Random(self.seed)
        while not stop.wait(0.3):
            by_weir(self.lake, self.tally, {"kind": "optimize"}, rng, lambda: False)

    def deltalake_writer(self, context, writer):
        try:
            tasks, results = context.Queue(), context.Queue()
            process = context.Process(target=deltalake_process, args=(self.lake.uri, self.lake.options(), tasks, results, writer))
            process.start()
            rng = random.Random(self.seed * 1000 + writer)
            ops = list(work(writer, self.args.rounds, rng))
            for number, op in enumerate(ops):
                op["name"] = f"{writer}-{number}"
                tasks.put(op)
                tries, whys, error = results.get(timeout=600)
                for why in whys:
                    self.tally.lost(op, "deltalake: " + why)
                if error:
                    self.tally.fail(f"deltalake {op}: {error}")
                with self.tally.lock:
                    self.theirs[op["name"]] = op
                    self.tally.tries["deltalake", op["kind"]].append(tries)
            tasks.put(None)
            process.join(60)
        except Exception as error:
            self.tally.fail(f"deltalake writer {writer}: {type(error).__name__}: {error}")

    def run(self):
        stop, context = threading.Event(), multiprocessing.get_context("spawn")
        threads = [threading.Thread(target=self.weir_writer, args=(w,)) for w in range(1, self.args.processes + 1)]
        threads += [threading.Thread(target=self.deltalake_writer, args=(context, self.args.processes + w))
                    for w in range(1, self.args.deltalake + 1)]
        packers = [threading.Thread(target=self.packer, args=(stop,))] if self.args.optimize else []
        for thread in threads + packers:
            thread.start()
        for thread in threads:
            thread.join()
        stop.set()
        for thread in packers:
            thread.join()
        self.judge()
        return self.tally.wrong

    def judge(self):
        log, tally = Log(self.lake.folder()), self.tally
        for wrong in log.problems():
            tally.fail(wrong)
        rows, open_ops, found_open, rebased = {}, list(tally.open), 0, []
        for version, (info, actions) in enumerate(log.versions):
            if version < 2:
                rows = {SHARED: 0} if version else {}
                continue
            op = tally.committed.pop(version, None) or self.theirs.pop(json.loads(info.get("writer", "null")), None)
            content = self.lake.rows(version)
            if "readVersion" in info:
                rebased.append(version - 1 - info["readVersion"])
            if op is None and info.get("operation") != "OPTIMIZE":  # a dead writer's
                candidates = [o for o in open_ops if (after := apply(rows, o)) is not None and collections.Counter(after.items()) == content]
                if not candidates:
                    tally.fail(f"version {version}: nobody's {info.get('operation')}")
                    rows = {k: n for k, n in content}
                    continue
                op = candidates[0]
                open_ops.remove(op)
                found_open += 1
            after = apply(rows, op) if op else rows
            if after is None or collections.Counter(after.items()) != content:
                tally.fail(f"version {version}: {op} does not lead to what is there: "
                           f"missing {list((collections.Counter((after or {}).items()) - content).elements())[:4]}, "
                           f"too much {list((content - collections.Counter((after or {}).items())).elements())[:4]}")
                after = {k: n for k, n in content}
            blind = (info.get("isBlindAppend"), op and op["kind"] == "append")
            if info.get("engineInfo", "").startswith("weir") and blind[0] != bool(blind[1]):
                tally.fail(f"version {version}: isBlindAppend {blind[0]} of {op}")
            rows = after
        lost = list(tally.committed.items()) + [i for i in self.theirs.items()]
        if lost:
            tally.fail(f"not in the log: {lost[:4]}")
        raised = sum(len(t) for (_, kind), t in tally.tries.items() if kind == "shared")
        dead = sum(op["kind"] == "shared" for op in tally.open) - sum(op["kind"] == "shared" for op in open_ops)
        if rows.get(SHARED) != raised + dead:
            tally.fail(f"the shared row is {rows.get(SHARED)}, not {raised} + {dead}")
        self.report(log, rows, found_open, rebased)
        for wrong in left_behind(self.lake, rows):
            tally.fail(wrong)

    def report(self, log, rows, found_open, rebased):
        tally = self.tally
        for (engine, kind), tries in sorted(tally.tries.items()):
            print(f"  {engine:9s} {kind:8s} {len(tries):4d} committed, tries: mean {statistics.mean(tries):5.1f}, most {max(tries)}")
            if engine == "weir" and kind == "append" and max(tries) > 1:
                tally.fail("an append had to be tried again")
            if engine == "weir" and kind in ("raise", "delete", "merge") and max(tries) > 1 and not self.args.optimize + self.args.deltalake:
                tally.fail(f"{kind} of a writer's own rows had to be tried again")
        for (kind, why), count in tally.whys.most_common(8):
            print(f"  lost {count:4d} x {kind}: {why[:120]}")
        if tally.killed:
            print(f"  {tally.killed} died, {found_open} of them had committed")
        print(f"  {len(log.versions)} versions, the shared row is {rows.get(SHARED)}; rebased over "
              f"{statistics.mean(rebased or [0]):.1f} versions on average, at most {max(rebased or [0])}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weir", required=True)
    parser.add_argument("--processes", type=int, default=32, help="of weir that write at once")
    parser.add_argument("--deltalake", type=int, default=0, help="processes of deltalake beside them")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--kills", type=int, default=0, help="about so many of weir's processes die")
    parser.add_argument("--vectors", action="store_true", help="the table has deletion vectors")
    parser.add_argument("--row-tracking", action="store_true", help="row ids and in-commit timestamps")
    parser.add_argument("--optimize", action="store_true", help="small files are compacted all the while")
    parser.add_argument("--s3", action="store_true", help="the lake is on S3, served by moto")
    parser.add_argument("--versitygw", help="the lake is on S3, served by this program")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    with scratch("writers") as temporary, contextlib.ExitStack() as servers:
        folder = pathlib.Path(temporary)
        server = servers.enter_context(S3(args.versitygw, folder)) if args.s3 or args.versitygw else None
        began = time.monotonic()
        failures = Race(Lake(folder / "project", args.weir, server), args, args.seed).run()
        print(f"{args.processes} processes of weir, {args.deltalake} of deltalake, {args.rounds} rounds in {time.monotonic() - began:.0f} s")
    for failure in failures[:20]:
        print("FAILED", failure)
    print(f"{0 if failures else 1} passed, {len(failures)} failed")
    # Threads that Arrow has in this process, which forked, may abort it while the interpreter is taken down.
    sys.stdout.flush()
    os._exit(1 if failures else 0)


if __name__ == "__main__":
    main()
