#!/usr/bin/env python3
"""The operation sweep: count the N operations of a command at the store, then die, fail or lose the answer at each of them,
run again, and compare all tables with the oracle. N is printed per scenario and kind.

--share S sweeps a seeded sample of that share of the operations (at least 8 per scenario and kind); 1 = all.
"""
import argparse, pathlib, random, re, shutil, subprocess, sys, tempfile

from world import World

KINDS = ["crash", "crash_after", "fail", "lose_answer", "torn", "no_space"]
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


def sweep(name, weir, folder, share, rng):
    base = World(folder / name, weir)
    command = SCENARIOS[name](base)
    counting = base.copy_to(folder / "count")
    count_file = folder / "operations"
    count_file.unlink(missing_ok=True)
    counting.run(*command, env={"WEIR_FAULT_COUNT": str(count_file)}, check=0)
    total = int(count_file.read_text().split()[0])
    wrong = trouble(counting, name)
    if wrong:
        return [f"{name}: without a fault: {wrong}"], 0
    failures, tried = [], 0
    for kind in KINDS:
        numbers = list(range(1, total + 1))
        if share < 1:
            numbers = sorted(rng.sample(numbers, min(total, max(8, round(total * share)))))
        fired = 0
        for n in numbers:
            world = base.copy_to(folder / "run")
            first = world.run(*command, env={"WEIR_FAULT": f"{kind}@{n}"})
            fired += first.returncode != 0
            if kind in ("crash", "crash_after", "torn") and first.returncode not in (CRASHED, -9):
                failures.append(f"{name} {kind}@{n}: expected to die, exited {first.returncode}\n{first.stderr[-500:]}")
                continue
            again = world.run(*command)
            if again.returncode != 0:
                failures.append(f"{name} {kind}@{n}: the next run exited {again.returncode}\n{again.stderr[-800:]}")
            wrong = trouble(world, name)
            if wrong:
                failures.append(f"{name} {kind}@{n}: {wrong}\n first: {first.stderr[-500:]}\n again: {again.stderr[-500:]}")
            tried += 1
        print(f"{name:12s} {kind:12s} N={total:4d} tried={len(numbers):4d} stopped the command={fired:4d} "
              f"wrong={sum(f'{kind}@' in f for f in failures):3d}", flush=True)
    return failures, tried


def strace_count(weir, folder):
    """Operations counted by weir against what the kernel saw: links, renames and removals below the lake."""
    if not shutil.which("strace"):
        sys.exit("sweep: strace is needed (./dev setup installs it)")
    world = World(folder / "strace", weir).create()
    count_file, log = folder / "operations", folder / "strace.log"
    count_file.unlink(missing_ok=True)
    done = subprocess.run(["strace", "-f", "-y", "-o", log, "-e", "trace=link,linkat,rename,renameat,renameat2,unlink,unlinkat", weir, "build"],
                          cwd=world.root, env={"WEIR_FAULT_COUNT": str(count_file), "PATH": "/usr/bin:/bin", "HOME": str(folder)},
                          capture_output=True, text=True)
    if done.returncode:
        return [f"strace: weir exited {done.returncode}: {done.stderr[-800:]}"]
    lake = str((world.root / "lake").resolve())
    placed = 0
    for line in log.read_text().splitlines():
        if lake in line and re.search(r" = 0$", line) and re.search(r"\b(link|linkat|rename|renameat2?)\(", line):
            placed += 1
    counted = {k: int(v) for k, v in (w.split("=") for w in count_file.read_text().split()[1:])}
    ours = counted.get("put", 0) + counted.get("put_if_absent", 0) + counted.get("finish", 0)
    print(f"strace: {placed} objects put in place below the lake, weir counted {ours} ({counted})")
    return [] if placed == ours else [f"strace saw {placed} objects put in place, weir counted {ours}"]


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
