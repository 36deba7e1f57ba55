#!/usr/bin/env python3
"""dbt's own test suites, with weir in dbt's place: dbt-tests-adapter, dbt-duckdb's functional tests and, where a checkout of dbt-core is
given, dbt-core's.

A case of pytest is one case here. Some are excluded, for one of the reasons in dbt_suites/excluded.txt; those that are known to fail
stand in dbt_suites/known_failures.txt, each with its reason. One that fails and is not listed, and one that is listed and passes,
are errors. The suites need Python packages of their own: ./dev setup --full.
"""
import argparse
import collections
import fnmatch
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SUITES = HERE / "dbt_suites"
PYTHON = ROOT / ".venv-dbt/bin/python"
REASONS = {"Python internals", "other warehouses"}
MOST_EXCLUDED = 0.15


def lines_of(path):
    """pattern -> reason. A comment begins with #."""
    out = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            pattern, _, reason = line.partition(" : ")
            if not reason:
                sys.exit(f"{path.name}: no reason: {line}")
            out[pattern.strip()] = reason.strip()
    return out


def matches(case, pattern):
    return case == pattern or fnmatch.fnmatchcase(case, pattern.replace("[", "[[]"))


class Suite:
    def __init__(self, name, folder, tests="tests/functional"):
        self.name, self.folder, self.tests = name, folder, tests

    def pytest(self, *arguments, **options):
        environment = {**os.environ, "PYTHONPATH": str(SUITES), "PYTHONDONTWRITEBYTECODE": "1", "WEIR_PYTHON": str(PYTHON)}
        for name in ("DBT_PROFILES_DIR", "DBT_PROJECT_DIR", "DBT_TARGET"):
            environment.pop(name, None)
        return subprocess.run([PYTHON, "-m", "pytest", "-p", "harness", "-p", "no:cacheprovider", "--rootdir", self.folder, "-c", os.devnull,
                               "-W", "ignore", *arguments], cwd=self.folder, env=environment, check=False, **options)

    def collect(self, arguments):
        done = self.pytest("--collect-only", "-q", *(arguments or [self.tests]), capture_output=True, text=True)
        cases = [line for line in done.stdout.splitlines() if "::" in line and not line.startswith(("ERROR", "FAILED"))]
        if done.returncode not in (0, 5):
            sys.exit(f"{self.name}: collecting failed:\n{done.stdout[-3000:]}{done.stderr[-1000:]}")
        return cases

    def run(self, cases, how, log):
        with tempfile.TemporaryDirectory() as folder:
            names, outcomes = pathlib.Path(folder, "cases"), pathlib.Path(folder, "outcomes")
            names.write_text("\n".join(cases) + "\n", encoding="utf-8")
            outcomes.touch()
            files = sorted({case.split("::")[0] for case in cases})
            self.pytest("-q", "--tb=short", "--show-capture=stdout", "--basetemp", pathlib.Path(folder, "work"), "--only-cases", names, "--outcomes",
                        outcomes, *how, *files, stdout=log, stderr=subprocess.STDOUT)
            return {one["case"]: one for one in map(json.loads, outcomes.read_text(encoding="utf-8").splitlines())}


def first_line(text):
    return next((line.strip() for line in text.splitlines() if line.strip()), "")[:160]


def share_of(cases, count, seed):
    """At least `count` cases, in whole classes: the cases of one may build on each other."""
    classes = collections.defaultdict(list)
    for case in cases:
        classes[case.rsplit("::", 1)[0]].append(case)
    order = list(classes)
    random.Random(seed).shuffle(order)
    taken = set()
    for one in order:
        if len(taken) < count:
            taken.update(classes[one])
    return [case for case in cases if case in taken]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("paths", nargs="*", help="files or cases, as pytest names them within a suite")
    parser.add_argument("-k", dest="expression", help="an expression of pytest")
    parser.add_argument("--weir", default=ROOT / "build/dev/weir")
    parser.add_argument("--core", type=pathlib.Path, help="a checkout of dbt-core, v1.11: its tests/functional too")
    parser.add_argument("--suite", action="append", help="dbt_duckdb, dbt_adapter or dbt_core; all by default")
    parser.add_argument("--share", type=int, metavar="N", help="about N cases of each suite, chosen at random")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--dbt-itself", action="store_true", help="run the dbt that the suites are of: what fails then is not weir's")
    parser.add_argument("--log", default=ROOT / "build/logs/dbt_suites.log", type=pathlib.Path)
    arguments = parser.parse_args()
    if not PYTHON.exists():
        sys.exit("no .venv-dbt: ./dev setup --full makes it")

    suites = [Suite("dbt_duckdb", SUITES / "dbt_duckdb"), Suite("dbt_adapter", SUITES / "dbt_adapter")]
    if arguments.core:
        suites.append(Suite("dbt_core", arguments.core.resolve()))
    if arguments.suite:
        suites = [suite for suite in suites if suite.name in arguments.suite]
    excluded, known = lines_of(SUITES / "excluded.txt"), lines_of(SUITES / "known_failures.txt")
    for pattern, reason in excluded.items():
        if reason.split(":")[0] not in REASONS:
            sys.exit(f"excluded.txt: {pattern}: no reason of the closed list: {reason}")

    chosen = ["-k", arguments.expression] if arguments.expression else []
    everything = not (arguments.paths or chosen or arguments.share)
    counts, wrong, seen = collections.Counter(), [], set()
    arguments.log.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, arguments.log.open("w", encoding="utf-8") as log:
        link = pathlib.Path(folder, "dbt")
        link.symlink_to(pathlib.Path(arguments.weir).resolve())
        how = ["--dbt-itself"] if arguments.dbt_itself else ["--dbt", link]
        for suite in suites:
            paths = [path for path in arguments.paths if (suite.folder / path.split("::")[0]).exists()]
            if arguments.paths and not paths:
                continue
            collected = suite.collect([*chosen, *(paths or [suite.tests])])
            named = {case: f"{suite.name}/{case}" for case in collected}
            left_out = {case for case in collected if any(matches(named[case], pattern) for pattern in excluded)}
            cases = [case for case in collected if case not in left_out]
            if arguments.share:
                cases = share_of(cases, arguments.share, arguments.seed)
            outcomes = suite.run(cases, how, log) if cases else {}
            own = collections.Counter(excluded=len(left_out))
            for case in cases:
                one = outcomes.get(case, {"outcome": "failed", "why": "it did not come to an end"})
                name = named[case]
                seen.add(name)
                own[one["outcome"]] += 1
                if one["outcome"] == "skipped":
                    wrong.append(f"{name}: skips itself and is not in excluded.txt: {first_line(one['why'])}")
                elif one["outcome"] == "failed":
                    reason = known.get(name)
                    print(f"{'known ' if reason else 'FAILED'} {name}\n       {reason or first_line(one['why'])}", flush=True)
                    if not reason:
                        wrong.append(f"{name}: fails and is not listed")
                elif name in known:
                    wrong.append(f"{name}: is listed in known_failures.txt and passes")
            print(f"{suite.name}: {len(collected)} collected; {own['passed']} passed, {own['failed']} failed, {own['excluded']} excluded", flush=True)
            counts += own
            if everything and not arguments.dbt_itself:
                mine = {name for name in known if name.startswith(suite.name + "/")}
                wrong += [f"{name}: is listed in known_failures.txt and is no case" for name in sorted(mine - seen)]
    total = sum(counts.values())
    if everything and arguments.core and counts["excluded"] > MOST_EXCLUDED * total:
        wrong.append(f"{counts['excluded']} of {total} cases are excluded, which is more than {MOST_EXCLUDED:.0%}")
    for line in wrong if not arguments.dbt_itself else []:
        print("wrong:", line)
    print(f"log: {os.path.relpath(arguments.log)}")
    print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['excluded']} excluded")
    return 1 if wrong and not arguments.dbt_itself else 0


if __name__ == "__main__":
    sys.exit(main())
