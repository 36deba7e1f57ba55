#!/usr/bin/env python3
"""Commits on S3 whose answer is lost: a proxy before a real server drops the put of a version of the log, before or after it
happened, alone or while a rival takes the version or the connection stays away. weir must find out from the log what happened: a
command that says it is done is in the table exactly once, one that says it is not is not, and no file that the log names is missing.
"""
import argparse, collections, pathlib, re, sys, threading, time

from deltalake import write_deltalake
import pyarrow as pa

from lakes import Lake, Proxy, S3
from legal import Log
from world import scratch

COMMIT = re.compile(r"/_delta_log/\d{20}\.json(\?|$)")
RIVAL = (900, 9)


class Fault:
    """What happens to the first put of a commit; later requests pass."""

    def __init__(self, name, down=0):
        self.name, self.down, self.hit, self.until, self.late = name, down, 0, 0, []

    def __call__(self, method, target, send):
        if time.monotonic() < self.until:
            return None  # the connection is away
        if method != "PUT" or not COMMIT.search(target) or self.hit:
            return send()
        self.hit += 1
        if self.name.startswith("lost"):
            send()
        if "rival" in self.name:
            self.rival()
        if self.name.startswith("late"):  # the server gets it when weir has sent it again, or has gone on
            thread = threading.Timer(1.5, send)
            thread.start()
            self.late.append(thread)
        self.until = time.monotonic() + self.down
        if self.name == "answered 500":
            send()
            return b"HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n"
        if self.name == "torn":
            return send()[:20]
        return None


FAULTS = ["lost", "dropped", "late", "lost, rival", "dropped, rival", "late, rival", "answered 500", "torn", "lost, away"]
# name -> (the command, the rows afterwards)
COMMANDS = {
    "append": (["sql", "--write", "INSERT INTO t VALUES (2, 20)"], lambda rows: rows + collections.Counter([(2, 20)])),
    "update": (["sql", "--write", "UPDATE t SET n = n + 1 WHERE k = 0"],
               lambda rows: collections.Counter((k, n + (k == 0)) for k, n in rows.elements())),
    "merge": (["sql", "--write", "MERGE INTO t USING (VALUES (0, 5), (7, 7)) AS s(k, n) ON t.k = s.k WHEN MATCHED THEN UPDATE SET n = s.n "
               "WHEN NOT MATCHED THEN INSERT (k, n) VALUES (s.k, s.n)"],
              lambda rows: collections.Counter([(k, 5 if k == 0 else n) for k, n in rows.elements()] + [(7, 7)])),
    "optimize": (["table", "optimize", "main.t"], lambda rows: rows),
    "restore": (["table", "restore", "main.t", "--version", "1"], lambda rows: collections.Counter({(0, 0): 1, RIVAL: rows[RIVAL]})),
    "alter": (["sql", "--write", "ALTER TABLE t SET ('team.owner' = 'x')"], lambda rows: rows),
}


def one(server, folder, weir, command, fault_name, number):
    lake = Lake(folder / str(number), weir, server, f"lost-{number}")
    lake.sql("CREATE TABLE t (k BIGINT, n BIGINT) WITH ('delta.enableDeletionVectors' = 'true')")
    lake.sql("INSERT INTO t VALUES (0, 0)")
    lake.sql("INSERT INTO t SELECT 100 + range, 0 FROM range(50)")
    before = lake.rows()
    words, effect = COMMANDS[command]
    fault = Fault(fault_name, 14 if "away" in fault_name else 0)
    fault.rival = lambda: write_deltalake(lake.uri, pa.table({"k": pa.array([RIVAL[0]], pa.int64()), "n": pa.array([RIVAL[1]], pa.int64())}),
                                          mode="append", storage_options=lake.options())
    with Proxy(server.url, fault) as proxy:
        code, said = lake.run(*words, env=server.through(proxy))
        for late in fault.late:
            late.join()
    log = Log(lake.folder())
    wrong = log.problems()
    if not fault.hit:
        wrong.append("the fault was not reached")
    if not wrong:
        wrong = judge(lake.rows(), before, effect, fault_name, code, said)
    if code in (0, 3) and log.strays() and command in ("append", "alter"):
        wrong.append(f"left behind: {log.strays()}")
    return code, [f"{command}, {fault_name}: {w}\n  exit {code}: {said[-500:]}" for w in wrong]


def judge(after, before, effect, fault_name, code, said):
    """What does not fit together of the rows there are and of what was said."""
    rival = collections.Counter([RIVAL]) if "rival" in fault_name else collections.Counter()
    done, undone = effect(before + rival), before + rival
    unknown = "did not say" in said or "did not answer" in said
    if code == 0 and after != done:
        return [f"said to be done, but the table has {after - done} too much and lacks {done - after}"]
    if code == 3 and after != undone:
        return [f"said to have lost, but the table has {after - undone} too much and lacks {undone - after}"]
    if code not in (0, 3) and not (unknown and after in (done, undone)):
        return [f"exit {code}, rows {after}"]
    return []


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weir", required=True)
    parser.add_argument("--versitygw", help="the server; without it moto")
    parser.add_argument("--share", type=int, default=1, help="only every n-th case, of each fault at least one")
    parser.add_argument("--fault", choices=FAULTS, help="only this one")
    args = parser.parse_args()
    failures, exits, cases = [], collections.Counter(), 0
    with scratch("lost") as temporary, S3(args.versitygw, pathlib.Path(temporary)) as server:
        number = 0
        for f, fault in enumerate(FAULTS):
            for c, command in enumerate(COMMANDS):
                number += 1
                if (f + c) % args.share or (args.fault or fault) != fault:
                    continue
                code, wrong = one(server, pathlib.Path(temporary), args.weir, command, fault, number)
                exits[fault, code] += 1
                cases += 1
                failures += wrong
                print("".join(f"FAILED {w}\n" for w in wrong), end="", flush=True)
    for (fault, code), count in exits.items():
        print(f"  {fault:16s} {count:3d} x exit {code}")
    print(f"{cases - len(failures)} passed, {len(failures)} failed")
    sys.exit(1 if failures or not cases else 0)


main()
