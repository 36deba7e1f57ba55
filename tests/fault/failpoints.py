#!/usr/bin/env python3
"""Every failpoint of the publish protocol in the real binary, as a crash and as a pause. A pause is released after something
else happened to the tables: another runner's build, a rollback, garbage collection, or OPTIMIZE, VACUUM and RESTORE by deltalake.
After every schedule each source row must be there exactly once.
"""
import argparse, pathlib, random, sys, tempfile, time

from deltalake import DeltaTable

from world import World

TABLE = "lake/raw/trips"


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


def restored(world):
    table = DeltaTable(str(world.root / TABLE))
    if table.version() > 0:
        table.restore(table.version() - 1)


EVENTS = [second_runner, rolled_back, collected, optimized, vacuumed, restored]


# ---------------------------------------------------------------- scenarios: a prepared world and the command that dies in it
def append(world):
    world.create()
    sources = world.root / "models" / "sources.yml"
    sources.write_text(sources.read_text().replace("            weir:\n", "            weir:\n              on_restore: follow\n"))
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
    sources = world.root / "models" / "sources.yml"
    sources.write_text(sources.read_text().replace("            weir:\n", "            weir:\n              rollback: {keep: 0}\n"))
    world.run("ingest", env={"WEIR_FAIL": "prepare.done:crash"}, check=134)
    (world.root / "landing" / "trips-003.csv").write_text("id,city,fare\n700001,Lyon,5.00\n")  # so it cannot be resumed
    return ["ingest"]  # publishes, then collects


def files_gone(world):
    """The newest commit's files are lost: the next run takes the commit back and loads the rows again."""
    append(world)
    table = DeltaTable(str(world.root / TABLE))
    world.run("build", check=0)
    before = set(table.file_uris())
    for path in set(DeltaTable(str(world.root / TABLE)).file_uris()) - before:
        pathlib.Path(path.removeprefix("file://")).unlink()
    return ["build"]


def lost_weir(world):
    import shutil
    append(world)
    shutil.rmtree(world.root / TABLE / "_weir")
    return ["adopt", "raw.trips"]


PUBLISH = """inspect.done stage.file stage.done prepare.before prepare.landed_no_answer prepare.late prepare.done guard.done
commit.before commit.landed_no_answer commit.late commit.done group.anchor_done group.member.1 state.before""".split()
CASES = ([(p, append) for p in PUBLISH + ["verify.before"]] + [(p, first) for p in PUBLISH]
         + [(p, rollback) for p in ("rollback.planned", "rollback.anchor_done")]
         + [(p, garbage) for p in ("gc.files", "gc.manifest")]
         + [("takeback.prepared", files_gone)])


def settle(world):
    """Runs until nothing is left to do; at most three times."""
    last = None
    for _ in range(3):
        last = world.run("build")
        if last.returncode == 0 and not world.differences():
            return None
    return f"exit {last.returncode} {world.differences()}\n{last.stderr[-1200:]}"


def crash(base, command, name):
    world = base.back()
    done = world.run(*command, env={"WEIR_FAIL": f"{name}:crash"})
    if done.returncode != 134:
        return f"never reached (exit {done.returncode})\n{done.stderr[-600:]}"
    return settle(world)


def pause(base, command, name, event):
    world = base.back()
    signals = world.root / "signals"
    signals.mkdir()
    process = world.start(*command, env={"WEIR_FAIL": f"{name}@1:pause", "WEIR_FAIL_DIR": str(signals)})
    deadline = time.monotonic() + 60
    while not (signals / f"{name}.reached").exists():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            return f"never reached\n{process.stderr.read().decode()[-600:]}"
        time.sleep(0.005)  # polling another process's file
    try:
        event(world)
    except Exception as error:  # a rival that loses a race or finds nothing to do is a schedule too
        if "deltalake" not in type(error).__module__ and not isinstance(error, OSError):
            raise
    (signals / f"{name}.release").touch()
    errors = process.communicate(timeout=60)[1].decode()
    wrong = settle(world)
    return wrong and f"{wrong}\n paused runner: exit {process.returncode} {errors[-600:]}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--weir", required=True)
    parser.add_argument("--share", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("names", nargs="*")
    args = parser.parse_args()
    rng = random.Random(args.seed)
    failures, passed = [], 0
    with tempfile.TemporaryDirectory(prefix="weir-failpoints-") as temporary:
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
            if args.share < 1:
                schedules = schedules[:1] + [s for s in schedules[1:] if rng.random() < args.share]
            for kind, event in schedules:
                wrong = crash(base, command, name) if kind == "crash" else pause(base, command, name, event)
                label = f"{scenario.__name__} {name} {kind}" + (f" {event.__name__}" if event else "")
                if wrong:
                    failures.append(f"{label}: {wrong}")
                    print("FAILED", failures[-1], flush=True)
                else:
                    passed += 1
    print(f"{passed} passed, {len(failures)} failed")
    sys.exit(1 if failures or not passed else 0)


main()
