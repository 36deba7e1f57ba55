#!/usr/bin/env python3
"""A deltalake reader polls a table through failing builds and must never see a row that its checks forbid."""
import argparse, pathlib, sys, threading

from delta_rows import delta_rows
from world import World, scratch


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--weir", required=True)
    parser.add_argument("--builds", type=int, default=200)
    args = parser.parse_args()
    with scratch("readers") as temporary:
        world = World(pathlib.Path(temporary) / "world", args.weir).create()
        world.run("build", check=0)
        public = world.published()["main/cities"]
        (world.root / "models" / "cities.sql").write_text(  # every build stages a city twice: the unique check forbids it
            "{{ config(materialized='table') }}\nselect city, trips, fares from (select city, count(*) as trips, sum(fare) as fares\n"
            "from {{ ref('stg_trips') }} group by city), range(2) -- {{ var('attempt') }}\n")
        stop, polls, bad = threading.Event(), [0], []

        def poll():
            while not stop.is_set():
                rows = delta_rows(world.root / "lake/main/cities").column("city").to_pylist()
                polls[0] += 1
                if len(rows) != len(set(rows)) or len(rows) != len(public):
                    bad.append(rows)

        reader = threading.Thread(target=poll)
        reader.start()
        wrong_exits = [code for k in range(args.builds)
                       if (code := world.run("build", "--select", "cities", "--vars", f"{{attempt: {k}}}").returncode) != 1]
        stop.set()
        reader.join()
    print(f"{args.builds} failing builds, {polls[0]} reads, {len(bad)} bad")
    failed = bool(bad) + bool(wrong_exits) + (polls[0] < 10)
    print(f"{3 - failed} passed, {failed} failed" + (f": exits {sorted(set(wrong_exits))}" if wrong_exits else ""))
    sys.exit(1 if failed else 0)


main()
