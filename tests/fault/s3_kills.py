#!/usr/bin/env python3
"""MERGE, OPTIMIZE and VACUUM on S3, dying or failing at each operation of the store, then done again: the table must have the rows of
the oracle, its log must be legal, and a VACUUM must leave nothing that the table does not need (maintained.py).
"""
import argparse, json, pathlib, random, sys

import maintained
from lakes import Lake, S3
from world import scratch

KINDS = ["crash", "crash_after", "fail", "lose_answer"]
DIED = 134


class Tries:
    def __init__(self, server, folder, weir, scenario):
        self.server, self.folder, self.weir, self.scenario, self.number = server, folder, weir, scenario, 0

    def lake(self):
        self.number += 1
        name = f"{self.scenario.__name__}-{self.number}"
        lake = Lake(self.folder / name, self.weir, self.server, name)
        return lake, *self.scenario(lake)

    def operations(self):
        lake, command, rows = self.lake()
        lake.run(*command, env={"WEIR_FAULT_COUNT": str(self.folder / "counts.json")}, check=0)
        wrong = maintained.trouble(lake, rows) + maintained.left_behind(lake, rows)
        if wrong:
            raise AssertionError(f"{self.scenario.__name__} without a fault: {wrong}")
        return json.loads((self.folder / "counts.json").read_text())["store"]

    def one(self, fault):
        lake, command, rows = self.lake()
        code, said = lake.run(*command, env={"WEIR_FAULT": fault})
        wrong = []
        if fault.startswith("crash") and code != DIED:
            wrong = [f"expected to die, exit {code}"]
        elif code not in (0, DIED) and ("WEIR-E" not in said or "WEIR-E0001" in said):
            wrong = ["no error of its own"]
        again, words = lake.run(*command)
        if again:
            wrong.append(f"again: exit {again}: {words[-400:]}")
        wrong = wrong or maintained.trouble(lake, rows) + maintained.left_behind(lake, rows)
        return [f"{self.scenario.__name__} {fault}: {w}\n  first: exit {code}: {said[-400:]}" for w in wrong]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weir", required=True)
    parser.add_argument("--versitygw", help="the server; without it moto")
    parser.add_argument("--each", type=int, default=0, help="a sample of so many operations per scenario and kind")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    rng, failures, tried = random.Random(args.seed), [], 0
    with scratch("s3-kills") as temporary, S3(args.versitygw, pathlib.Path(temporary)) as server:
        for scenario in maintained.SCENARIOS.values():
            tries = Tries(server, pathlib.Path(temporary), args.weir, scenario)
            counts = tries.operations()
            for kind in KINDS:
                numbers = range(1, counts["total"] + 1)
                numbers = sorted(rng.sample(numbers, min(args.each, len(numbers)))) if args.each else numbers
                found = [wrong for n in numbers for wrong in tries.one(f"{kind}@{n}")]
                print(f"{scenario.__name__:9s} {kind:12s} N={counts['total']:3d} tried={len(numbers):3d} wrong={len(found):3d}", flush=True)
                failures += found
                tried += len(numbers)
    for failure in failures[:20]:
        print("FAILED", failure)
    print(f"{tried - len(failures)} passed, {len(failures)} failed")
    sys.exit(1 if failures or not tried else 0)


main()
