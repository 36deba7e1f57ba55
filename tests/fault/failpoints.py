#!/usr/bin/env python3
"""Every failpoint of the publish protocol in the real binary, as a crash and as a pause. A pause is released after something
else happened to the tables: another runner's build, a rollback, garbage collection, or OPTIMIZE, VACUUM and RESTORE by deltalake.
After every schedule each source row must be there exactly once.

ack.decided and ack.sent need a source that forgets what is acknowledged; they are in tests/unit/lake/publish.
"""
import argparse, collections, pathlib, random, re, sys, time

from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from world import World, scratch

TABLE = "lake/raw/trips"
GROUP = [TABLE, TABLE + "__quarantine"]  # one asset, one cursor
APP = "weir:raw.trips"


def other(world, *words):
    return world.run(*words, "--state-dir", str(world.root / "other-state"))


def second_runner(world):
    other(world, "build")


def rolled_back(world):
    other(world, "rollback", "raw.trips", "--to", "1")


def collected(world):
    other(world, "gc")


def optimized(world):
    if (world.root / TABLE).is_dir():
        DeltaTable(str(world.root / TABLE)).optimize.compact()


def vacuumed(world):
    if (world.root / TABLE).is_dir():
        DeltaTable(str(world.root / TABLE)).vacuum(retention_hours=0, dry_run=False, enforce_retention_duration=False)


def restore_group(world, folders):
    """RESTORE to the newest attempt that every table of the group has behind it, in those of its tables."""
    versions = {}  # folder -> attempt -> the first version that has it
    for folder in GROUP:
        table = DeltaTable(str(world.root / folder))
        newest, versions[folder] = table.version(), {}
        for version in range(newest + 1):
            table.load_as_version(version)
            versions[folder].setdefault(table.transaction_version(APP), version)
    oldest_head = min(max(of) for of in versions.values())
    n = max(n for n in set.intersection(*map(set, versions.values())) if n < oldest_head)
    for folder in folders:
        DeltaTable(str(world.root / folder)).restore(versions[folder][n])
    return versions[GROUP[1]][n]  # where the second table has that attempt


def holds_files_of(world, version):
    """Whether the second table has the files of one of its older versions."""
    table = DeltaTable(str(world.root / GROUP[1]))
    now = set(table.file_uris())
    table.load_as_version(version)
    return set(table.file_uris()) == now


def restored(world):
    restore_group(world, GROUP)


def restored_in_part(world):
    """Only the first table: refused until the other one is restored too, as the error says."""
    version = restore_group(world, GROUP[:1])
    return None if holds_files_of(world, version) else version


EVENTS = [second_runner, rolled_back, collected, optimized, vacuumed, restored, restored_in_part]


# ---------------------------------------------------------------- scenarios: a prepared world and the command that dies in it
def append(world):
    world.create()
    world.configure("on_restore: follow")
    world.run("build", check=0)
    world.land(2)
    world.run("build", check=0)
    world.land(3)
    return ["build"]


def first(world):
    world.create()
    return ["build"]


def rollback(world):
    append(world)
    return ["rollback", "raw.trips", "--to", "1"]


def garbage(world):
    """Nothing is kept for a rollback, and an attempt died after it was prepared: its files and manifest are garbage."""
    append(world)
    world.configure("rollback: {keep: 0}")
    world.run("build", env={"WEIR_FAIL": "prepare.done:crash"}, check=134)
    world.run("rollback", "raw.trips", "--to", "1", check=0)  # another head: the attempt can never be taken up
    return ["build"]  # publishes, then collects


def files_gone(world):
    """The newest commit's files are lost: the next run takes the commit back and loads the rows again."""
    append(world)
    table = DeltaTable(str(world.root / TABLE))
    world.run("build", check=0)
    before = set(table.file_uris())
    for path in set(DeltaTable(str(world.root / TABLE)).file_uris()) - before:
        pathlib.Path(path.removeprefix("file://")).unlink()
    return ["build"]


def went_back(world):
    """Another engine restored both tables: the next run adopts the attempt they stand at."""
    append(world)
    restore_group(world, GROUP)
    return ["build"]


def raced(world):
    """As append, but another runner's build takes the version that the command is about to put."""
    return append(world)


PUBLISH = """inspect.done stage.file stage.vectors stage.done prepare.before prepare.landed_no_answer prepare.late prepare.done guard.done
commit.before commit.landed_no_answer commit.late commit.done group.anchor_done group.member.1 state.before""".split()
CASES = ([(p, append) for p in PUBLISH + ["verify.before"]] + [(p, first) for p in PUBLISH if p != "stage.vectors"]
         + [(p, rollback) for p in ("rollback.planned", "rollback.anchor_done")]
         + [(p, garbage) for p in ("gc.files", "gc.manifest")]
         + [(p, files_gone) for p in ("verify.missing", "takeback.prepared")]
         + [("adopt.prepared", went_back), ("commit.exists", raced)])
TWICE = {"commit.exists": "commit.before@1:pause"}  # where a rival must have won first


def settle(world):
    """Runs until nothing is left to do; at most three times."""
    last = None
    for _ in range(3):
        last = world.run("build")
        if last.returncode == 0 and not world.differences():
            return None
    return f"exit {last.returncode} {world.differences()}\n{last.stderr[-1200:]}"


def settle_part(world, version):
    """The refusal names the table and the version that are missing; after that RESTORE everything goes on. None is due if
    the paused runner itself has brought that table to the same files."""
    if holds_files_of(world, version):
        return settle(world)
    refused = world.run("build")
    way = re.search(r"RESTORE (\S+) to version (\d+) too", refused.stderr)
    if refused.returncode == 0 or not way or not way.group(1).endswith(GROUP[1]) or int(way.group(2)) != version:
        return f"not refused with the way out (exit {refused.returncode})\n{refused.stderr[-800:]}"
    DeltaTable(str(world.root / GROUP[1])).restore(int(way.group(2)))
    return settle(world)


def reach(world, process, name):
    """Waits for a pause; what is wrong if it never comes."""
    deadline = time.monotonic() + 60
    while not (world.root / "signals" / f"{name}.reached").exists():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            return f"never reached {name}\n{process.stderr.read().decode()[-600:]}"
        time.sleep(0.005)  # polling another process's file
    return None


def begin(world, command, name, action):
    """The command on its way to the failpoint, past the rival that it needs."""
    signals = world.root / "signals"
    signals.mkdir()
    first = TWICE.get(name)
    process = world.start(*command, env={"WEIR_FAIL": (f"{first}," if first else "") + f"{name}@1:{action}",
                                         "WEIR_FAIL_DIR": str(signals)})
    if first:
        place = first.split("@")[0]
        if wrong := reach(world, process, place):
            return process, wrong
        second_runner(world)
        (signals / f"{place}.release").touch()
    return process, None


def crash(base, command, name):
    world = base.back()
    process, wrong = begin(world, command, name, "crash")
    errors = process.communicate(timeout=60)[1].decode()
    if wrong or process.returncode != 134:
        return wrong or f"never reached (exit {process.returncode})\n{errors[-600:]}"
    return settle(world)


def pause(base, command, name, event):
    world = base.back()
    process, wrong = begin(world, command, name, "pause")
    if wrong := wrong or reach(world, process, name):
        return wrong
    version = None
    try:
        version = event(world)
    except (DeltaError, OSError):  # a rival that loses a race, or fails on files that are gone, is a schedule too
        pass
    (world.root / "signals" / f"{name}.release").touch()
    errors = process.communicate(timeout=60)[1].decode()
    wrong = settle_part(world, version) if version is not None and event is restored_in_part else settle(world)
    return wrong and f"{wrong}\n paused runner: exit {process.returncode} {errors[-600:]}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--weir", required=True)
    parser.add_argument("--share", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("names", nargs="*")
    args = parser.parse_args()
    rng = random.Random(args.seed)
    failures, passed, counts = [], 0, collections.defaultdict(lambda: [0, 0])
    with scratch("failpoints") as temporary:
        folder = pathlib.Path(temporary)
        bases = {}
        for name, scenario in CASES:
            if args.names and name not in args.names:
                continue
            if scenario not in bases:
                world = World(folder / scenario.__name__, args.weir)
                command = scenario(world)
                bases[scenario] = (world.save(folder / f"{scenario.__name__}.saved"), command)
            base, command = bases[scenario]
            schedules = [("crash", None)] + [("pause", e) for e in EVENTS if scenario is not first or e in (second_runner, collected)]
            if args.share < 1:  # every crash, and some pauses
                schedules = schedules[:1] + [s for s in schedules[1:] if rng.random() < args.share]
            for kind, event in schedules:
                wrong = crash(base, command, name) if kind == "crash" else pause(base, command, name, event)
                count = counts[event.__name__ if event else kind]
                count[0] += 1
                count[1] += bool(wrong)
                label = f"{scenario.__name__} {name} {kind}" + (f" {event.__name__}" if event else "")
                if wrong:
                    failures.append(f"{label}: {wrong}")
                    print("FAILED", failures[-1], flush=True)
                else:
                    passed += 1
    for what, (tried, wrong) in counts.items():
        print(f"{what:16s} {tried:4d} schedules, {wrong} wrong")
    print(f"{len({name for name, _ in CASES})} failpoints, {passed} passed, {len(failures)} failed")
    sys.exit(1 if failures or not passed else 0)


main()
