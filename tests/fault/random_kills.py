#!/usr/bin/env python3
"""kill -9 at seeded random moments of builds while files arrive; after every kill the next run must bring each row exactly once."""
import argparse, pathlib, random, signal, sys, time

from world import World, scratch


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--weir", required=True)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args()
    rng = random.Random(args.seed)
    failures, killed, published = [], 0, 0
    with scratch("kills") as temporary:
        world = World(pathlib.Path(temporary) / "world", args.weir).create(files=(0,))
        began = time.perf_counter()
        World(pathlib.Path(temporary) / "probe", args.weir).create(files=(0,)).run("build", check=0)
        whole = time.perf_counter() - began
        for k in range(1, args.kills + 1):
            world.land(k)
            process = world.start("build")
            try:
                process.wait(rng.uniform(0, whole * 1.1))  # the moment of death
                published += 1
            except Exception:
                process.send_signal(signal.SIGKILL)
                process.wait()
                killed += 1
            process.stderr.close()
            if rng.random() < 0.4 or k == args.kills:
                again = world.run("build")
                wrong = world.differences()
                if again.returncode or wrong:
                    failures.append(f"after kill {k}: exit {again.returncode} {wrong}\n{again.stderr[-800:]}")
                    break
    print(f"{args.kills} builds started (one lasts {whole * 1000:.0f} ms): {killed} killed, {published} ended first")
    for failure in failures:
        print("FAILED", failure)
    print(f"{args.kills - len(failures)} passed, {len(failures)} failed")
    sys.exit(1 if failures or killed < args.kills // 4 else 0)


main()
