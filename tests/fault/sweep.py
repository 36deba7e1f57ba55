#!/usr/bin/env python3
"""The operation sweep: count the N operations of a command at the store, at the disk below it (the system calls) and at the
state database (SQLite's system calls), then die, fail or lose the answer at each of them, run again, and compare all tables with
the oracle. N is printed per scenario and kind; the system calls counted must be those that strace sees. What stops a command
without killing it must be said as an error with a code and a remedy.

--each K sweeps a seeded sample of K operations per scenario, level and kind; without it all.
"""
import argparse, collections, json, os, pathlib, random, re, shutil, subprocess, sys

import maintained
from lakes import Lake
from world import World, scratch

KINDS = ["crash", "crash_after", "fail", "lose_answer", "torn", "no_space"]
LEVELS = [("store", ""), ("disk", "disk:"), ("state", "state:")]  # whole operations, their system calls, SQLite's
CRASHED = 134
HALVES = {"append", "put", "put_if_absent", "write"}  # operations that can be done by half
SPARING = {"remove", "unlink", "truncate"}  # operations that need no space


def first_build(base):
    base.create()
    return ["build"]


def next_build(base):
    base.create()
    base.run("build", check=0)
    base.land(2)
    base.change(0, "id,city,fare\n900001,Lyon,5.00\n")  # reloaded
    return ["build"]


def ingest(base):
    base.create()
    base.run("ingest", check=0)
    base.land(2)
    return ["ingest"]


def checkpoint(base):
    """The tenth commit, which writes a checkpoint of the raw table and its quarantine."""
    base.create(files=(0,))
    for k in range(1, 11):
        base.run("build", check=0)
        base.land(k)
    return ["build"]


def rollback(base):
    base.create()
    base.run("ingest", check=0)
    base.land(2)
    base.run("ingest", check=0)
    (base.root / "landing" / "trips-002.csv").unlink()
    return ["rollback", "raw.trips", "--to", "1"]


def restore(base):
    rollback(base)
    return ["table", "restore", "raw.trips", "--version", "0"]


def gc(base):
    """An attempt that died after it was prepared, its files, and the manifests of publishes that nobody can go back to."""
    base.create()
    base.configure("rollback: {keep: 0}")
    for k in (2, 3):
        base.run("build", check=0)
        base.land(k)
    base.run("build", env={"WEIR_FAIL": "prepare.done:crash"}, check=CRASHED)
    dead = max((base.root / "lake/raw/trips/_weir/raw.trips").glob("[0-9]*.json"))
    tables = json.loads(dead.read_text())["tables"]
    staged = [base.root / "lake" / folder / action["add"]["path"] for folder, table in
              zip(("raw/trips", "raw/trips__quarantine"), tables) for action in table["actions"] if "add" in action]
    base.run("rollback", "raw.trips", "--to", "1", check=0)  # another head: the attempt can never be taken up
    base.run("build", env={"WEIR_FAIL": "state.before:crash"}, check=CRASHED)  # published, nothing collected yet
    base.garbage = [dead, *staged]
    missing = [path for path in base.garbage if not path.exists()]
    assert len(staged) == 2 and not missing, (staged, missing)
    return ["gc"]


def read_again(world):
    """After a way back the rows are read again, each once: the position went back with them."""
    world.land(2)
    again = world.run("ingest")
    return trouble(world, "ingest") + ([f"the ingest after it exited {again.returncode}"] if again.returncode else [])


def collected(world):
    return [f"{path} was not collected" for path in world.garbage if path.exists()]


def on_one_table(name):
    """A scenario of maintained.py: the world's own tables are not part of it."""
    def prepare(base):
        base.create(files=())
        base.lake = Lake(base.root, base.weir)
        command, base.rows = maintained.SCENARIOS[name](base.lake)
        return command
    return prepare


SCENARIOS = {**{f.__name__: f for f in (first_build, next_build, ingest, checkpoint, rollback, restore, gc)},
             **{name: on_one_table(name) for name in maintained.SCENARIOS}}
AFTER = {"rollback": read_again, "restore": read_again, "gc": collected,  # what else must hold in the end
         **{name: lambda world: maintained.left_behind(world.lake, world.rows) for name in maintained.SCENARIOS}}
ONLY_RAW = {"ingest", "rollback", "restore", "gc"}  # the marts are not part of the command


def trouble(world, scenario):
    if scenario in maintained.SCENARIOS:
        return maintained.trouble(world.lake, world.rows)
    expected = world.expected()
    if scenario in ONLY_RAW:
        expected = {name: rows for name, rows in expected.items() if name.startswith("raw/")}
    return world.differences(expected)


DISK = {("create",): ["openat"], ("write",): ["write"], ("sync", "sync_folder"): ["fsync"], ("link",): ["linkat"],
        ("rename",): ["renameat", "renameat2"], ("unlink",): ["unlinkat"], ("make_folder",): ["mkdirat"]}
STATE = {("write",): ["pwrite64"], ("sync",): ["fdatasync", "fsync"], ("truncate",): ["ftruncate"], ("unlink",): ["unlink"]}


def operations_for(kind, order):
    """The operations (from 1) at which a kind of fault leaves something that no other schedule does: a death after one is a death
    before the next, a death in the middle of one that has no middle is one before it, and space that is gone at one that needs none
    is gone at the next."""
    last = len(order)
    if kind == "crash_after":
        return [last] if last else []
    wanted = {"torn": lambda verb: verb in HALVES, "no_space": lambda verb: verb not in SPARING}.get(kind, lambda verb: True)
    return [n for n, verb in enumerate(order, 1) if wanted(verb)]


def count_operations(world, command, folder):
    """What weir counts, and where strace sees other system calls below the lake and in the state database."""
    counts, log = world.counts, folder / "strace.log"
    counts.unlink(missing_ok=True)
    done = subprocess.run(["strace", "-f", "-y", "-qq", "-o", log, "-e", "trace=%file,%desc", world.weir, *command], cwd=world.root,
                          env={**os.environ, "WEIR_FAULT_COUNT": str(counts)}, capture_output=True, text=True)
    if done.returncode:
        return None, [f"under strace: exit {done.returncode}: {done.stderr[-800:]}"]
    lake, state = str((world.root / "lake").resolve()), re.compile(r"/state\.db(-wal|-journal)?[>\"]")
    seen = {"disk": collections.Counter(), "state": collections.Counter()}
    for line in log.read_text(errors="replace").splitlines():
        call = re.match(r"\d+ +(\w+)\(", line)  # one that another thread interrupted is counted where it began
        if not call or " = -1 ENOENT" in line and call.group(1) == "unlink":
            continue
        if lake in line and (call.group(1) != "openat" or "O_CREAT" in line):
            seen["disk"][call.group(1)] += 1
        elif state.search(line):
            seen["state"][call.group(1)] += 1
    ours = json.loads(counts.read_text())
    wrong = [f"{level}: strace saw {theirs} of {calls}, weir counted {counted} of {kinds}"
             for level, kernel in (("disk", DISK), ("state", STATE)) for kinds, calls in kernel.items()
             if (theirs := sum(seen[level][c] for c in calls)) != (counted := sum(ours[level].get(k, 0) for k in kinds))]
    return ours, wrong


def sweep(name, weir, folder, each, rng):
    base = World(folder / name, weir)
    base.counts = folder / "operations.json"
    command = SCENARIOS[name](base)
    base.save(folder / f"{name}.saved")
    counted, wrong = count_operations(base, command, folder)
    wrong = wrong or trouble(base, name) or (AFTER[name](base) if name in AFTER else [])
    if wrong:
        return [f"{name}: without a fault: {wrong}"], 1
    for level, _ in LEVELS:
        kinds = ", ".join(f"{kind} {n}" for kind, n in sorted(counted[level].items()) if kind != "total")
        print(f"{name:12s} {level:5s} N={counted[level]['total']}: {kinds}" + ("" if level == "store" else " (as strace)"))
    failures, tried = [], 1
    for level, prefix in LEVELS:
        total = counted[level]["total"]
        for kind in KINDS:
            numbers = operations_for(kind, counted["order"][level])
            if each:
                numbers = sorted(rng.sample(numbers, min(len(numbers), each)))
            stopped, missed, before = 0, 0, len(failures)
            for n in numbers:
                first, wrong = one(base, command, name, kind, f"{prefix}{kind}@{n}")
                # How often progress is written to the state database depends on the time that things take.
                if level == "state" and not first.returncode and json.loads(base.counts.read_text())[level]["total"] < n:
                    missed += 1
                    continue
                stopped += first.returncode != 0
                failures += wrong
            tried += len(numbers) - missed
            print(f"{name:12s} {level:5s} {kind:12s} N={total:4d} tried={len(numbers) - missed:4d} "
                  f"stopped the command={stopped:4d} wrong={len(failures) - before:3d}"
                  + (f" (not reached: {missed})" if missed else ""), flush=True)
    return failures, tried


def unclear(done):
    """What is wrong with the words of a command that a fault stopped."""
    code = re.search(r"WEIR-E(\d+)", done.stderr)
    if done.returncode < 0 or not code or code.group(1) == "0001":
        return f"no error of its own (exit {done.returncode})"
    return None if "hint:" in done.stderr else "an error without a remedy"


def one(base, command, name, kind, fault):
    """The command with the fault, then again without: what is wrong afterwards."""
    world = base.back()
    first = world.run(*command, env={"WEIR_FAULT": fault, "WEIR_FAULT_COUNT": str(world.counts)})
    said = f"first: exit {first.returncode} {first.stderr[-700:]}"
    if kind in ("crash", "crash_after", "torn"):
        if first.returncode != CRASHED:
            return first, [f"{name} {fault}: expected to die\n {said}"]
    elif first.returncode and (words := unclear(first)):
        return first, [f"{name} {fault}: {words}\n {said}"]
    again = world.run(*command)
    wrong = trouble(world, name)
    if again.returncode == 0 and not wrong and name in AFTER:
        wrong = AFTER[name](world)
    if again.returncode == 0 and not wrong:
        return first, []
    return first, [f"{name} {fault}: the next run exited {again.returncode} {wrong}\n {said}\n again: {again.stderr[-800:]}"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--weir", required=True)
    parser.add_argument("--each", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("scenarios", nargs="*")
    args = parser.parse_args()
    rng = random.Random(args.seed)
    if not shutil.which("strace"):
        sys.exit("sweep: strace is needed (./dev setup installs it)")
    with scratch("sweep") as temporary:
        folder = pathlib.Path(temporary)
        failures, tried = [], 0
        for name in args.scenarios or SCENARIOS:
            found, count = sweep(name, args.weir, folder, args.each, rng)
            failures += found
            tried += count
    for failure in failures[:20]:
        print("FAILED", failure)
    print(f"{tried - len(failures)} passed, {len(failures)} failed")
    sys.exit(1 if failures or not tried else 0)


main()
