#!/usr/bin/env python3
"""The operation sweep: count the N operations of a command at the store and at the disk below it (the system calls), then die,
fail or lose the answer at each of them, run again, and compare all tables with the oracle. N is printed per scenario and kind;
the system calls counted must be those that strace sees.

--share S sweeps a seeded sample of that share of the operations (at least 8 per scenario and kind); 1 = all.
"""
import argparse, collections, json, os, pathlib, random, re, shutil, subprocess, sys, tempfile

from world import World

KINDS = ["crash", "crash_after", "fail", "lose_answer", "torn", "no_space"]
LEVELS = [("store", ""), ("disk", "disk:")]  # whole operations, and the system calls they are made of
CRASHED = 134


def first_build(base):
    base.create()
    return ["build"]


def next_build(base):
    base.create()
    base.run("build", check=0)
    base.land(2)
    (base.root / "landing" / "trips-000.csv").write_text("id,city,fare\n900001,Lyon,5.00\n")  # changed: reloaded
    return ["build"]


def ingest(base):
    base.create()
    base.run("ingest", check=0)
    base.land(2)
    return ["ingest"]


def checkpoint(base):
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
    base.create()
    base.run("build", check=0)
    base.land(2)
    base.run("build", check=0)
    (base.root / "landing" / "trips-002.csv").unlink()
    return ["table", "restore", "raw.trips", "--version", "0"]


def gc(base):
    base.create()
    for k in range(2, 6):
        base.run("build", check=0)
        base.land(k)
    base.run("build", check=0)
    return ["gc"]


SCENARIOS = {f.__name__: f for f in (first_build, next_build, ingest, checkpoint, rollback, restore, gc)}
ONLY_RAW = {"ingest", "rollback", "restore"}  # the marts are not part of the command


def trouble(world, scenario):
    expected = world.expected()
    if scenario in ONLY_RAW:
        expected = {name: rows for name, rows in expected.items() if name.startswith("raw/")}
    return world.differences(expected)


def count_operations(world, command, folder):
    file = folder / "operations.json"
    file.unlink(missing_ok=True)
    world.run(*command, env={"WEIR_FAULT_COUNT": str(file)}, check=0)
    return json.loads(file.read_text())


def sweep(name, weir, folder, share, rng):
    base = World(folder / name, weir)
    command = SCENARIOS[name](base)
    base.save(folder / f"{name}.saved")
    counted = count_operations(base, command, folder)
    wrong = trouble(base, name)
    if wrong:
        return [f"{name}: without a fault: {wrong}"], 0
    failures, tried = [], 0
    for level, prefix in LEVELS:
        total = counted[level]["total"]
        for kind in KINDS:
            numbers = list(range(1, total + 1))
            if share < 1:
                numbers = sorted(rng.sample(numbers, min(total, max(4, round(total * share)))))
            stopped, before = 0, len(failures)
            for n in numbers:
                first, wrong = one(base, command, name, f"{prefix}{kind}@{n}")
                stopped += first.returncode != 0
                failures += wrong
            tried += len(numbers)
            print(f"{name:12s} {level:5s} {kind:12s} N={total:4d} tried={len(numbers):4d} stopped the command={stopped:4d} "
                  f"wrong={len(failures) - before:3d}", flush=True)
    return failures, tried


def one(base, command, name, fault):
    """The command with the fault, then again without: what is wrong afterwards."""
    world = base.back()
    first = world.run(*command, env={"WEIR_FAULT": fault})
    if any(f"{kind}@" in fault for kind in ("crash", "crash_after", "torn")) and first.returncode not in (CRASHED, -9):
        return first, [f"{name} {fault}: expected to die, exited {first.returncode}\n{first.stderr[-500:]}"]
    again = world.run(*command)
    wrong = trouble(world, name)
    if again.returncode == 0 and not wrong:
        return first, []
    return first, [f"{name} {fault}: the next run exited {again.returncode} {wrong}\n first: exit {first.returncode} "
                   f"{first.stderr[-500:]}\n again: {again.stderr[-800:]}"]


def strace_count(weir, folder):
    """System calls counted by weir against what strace sees below the lake, by kind."""
    if not shutil.which("strace"):
        sys.exit("sweep: strace is needed (./dev setup installs it)")
    world = World(folder / "strace", weir).create()
    counts, log = folder / "operations.json", folder / "strace.log"
    done = subprocess.run(["strace", "-f", "-y", "-qq", "-o", log, "-e", "trace=%file,%desc", world.weir, "build"], cwd=world.root,
                          env={**os.environ, "WEIR_FAULT_COUNT": str(counts)}, capture_output=True, text=True)
    if done.returncode:
        return [f"strace: weir exited {done.returncode}: {done.stderr[-800:]}"]
    lake = str((world.root / "lake").resolve())
    seen = collections.Counter()
    for line in log.read_text(errors="replace").splitlines():
        call = re.match(r"\d+ +(\w+)\(", line)  # one that another thread interrupted is counted where it began
        if call and lake in line and (call.group(1) != "openat" or "O_CREAT" in line):
            seen[call.group(1)] += 1
    ours = {k: v for k, v in json.loads(counts.read_text())["disk"].items() if k != "total"}
    kernel = {("create",): ["openat"], ("write",): ["write"], ("sync", "sync_folder"): ["fsync"], ("link",): ["linkat"],
              ("rename",): ["renameat", "renameat2"], ("unlink",): ["unlinkat"], ("make_folder",): ["mkdirat"]}
    wrong = []
    for kinds, calls in kernel.items():
        counted, theirs = sum(ours.get(k, 0) for k in kinds), sum(seen[c] for c in calls)
        if theirs != counted:
            wrong.append(f"strace saw {theirs} of {calls} below the lake, weir counted {counted} of {kinds}")
    print(f"strace: {ours} equal to the kernel's" if not wrong else f"strace: {wrong}")
    return wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--weir", required=True)
    parser.add_argument("--share", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("scenarios", nargs="*")
    args = parser.parse_args()
    rng = random.Random(args.seed)
    with tempfile.TemporaryDirectory(prefix="weir-sweep-") as temporary:
        folder = pathlib.Path(temporary)
        failures, tried = strace_count(args.weir, folder), 1
        for name in args.scenarios or SCENARIOS:
            found, count = sweep(name, args.weir, folder, args.share, rng)
            failures += found
            tried += count
    for failure in failures[:20]:
        print("FAILED", failure)
    print(f"{tried - len(failures)} passed, {len(failures)} failed")
    sys.exit(1 if failures or not tried else 0)


main()
