#!/usr/bin/env python3
"""dbt's own test suites, with weir in dbt's place: dbt-tests-adapter, dbt-duckdb's functional tests and, where a checkout of dbt-core is
given, dbt-core's.

A case of pytest is one case here, and passes if its test passes and it has shown something of weir (dbt_suites/harness.py). Some are
excluded, for one of the reasons in dbt_suites/excluded.txt; those that are known to fail stand in dbt_suites/known_failures.txt, each
with its reason. One that fails and is not listed, and one that is listed and passes, are errors. Of dbt-core's suite, whose cases are not
listed, dbt_suites/core.json tells how many pass at least. Some of those install packages, which --packages serves on loopback
(dbt_suites/served_packages.py). The suites need Python packages of their own: ./dev setup --full.
"""
import argparse
import collections
import concurrent.futures
import contextlib
import fnmatch
import hashlib
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
        self.environment = {}  # what it has beside that of this program

    def pytest(self, *arguments, **options):
        environment = {**os.environ, "PYTHONPATH": str(SUITES), "PYTHONDONTWRITEBYTECODE": "1", "WEIR_PYTHON": str(PYTHON),
                       **self.environment}
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

    def run(self, cases, how, log, jobs):
        """The outcomes by case. Whole files run side by side."""
        files = sorted({case.split("::")[0] for case in cases})
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            shares = [files[i::4 * jobs] for i in range(4 * jobs)] if jobs > 1 else [files]
            outcomes = pool.map(lambda share: self.run_files(share, cases, how, log), filter(None, shares))
            return {case: one for some in outcomes for case, one in some.items()}

    def run_files(self, files, cases, how, log):
        with tempfile.TemporaryDirectory() as folder:
            names, outcomes, own_log = (pathlib.Path(folder, name) for name in ("cases", "outcomes", "log"))
            names.write_text("\n".join(cases) + "\n", encoding="utf-8")
            outcomes.touch()
            with own_log.open("w", encoding="utf-8") as out:
                self.pytest("-q", "--tb=short", "--show-capture=stdout", "--basetemp", pathlib.Path(folder, "work"), "--only-cases", names,
                            "--outcomes", outcomes, "--suite-name", self.name, *how, *files, stdout=out, stderr=subprocess.STDOUT)
            log.write(own_log.read_text(encoding="utf-8", errors="replace"))
            log.flush()
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


def record_exit_codes(codes, suites):
    """Writes what harness.py reads: a line for each file, then one for each case of it that dbt itself passes. Of other suites it stays."""
    files, path, file = collections.defaultdict(list), SUITES / "exit_codes.txt", ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("  "):
            file = line
        elif file.split("/")[0] not in suites:
            files[file].append(line)
    for case, of_case in codes.items():
        file, _, name = case.partition("::")
        files[file].append(f"  {name} : {' '.join(map(str, of_case))}")
    text = "".join(f"{file}\n" + "".join(f"{line}\n" for line in files[file]) for file in sorted(files))
    path.write_text(text, encoding="utf-8")


class Core:
    """How many cases dbt-core's suite has and how many of them are excluded, for where no checkout is given."""

    file = SUITES / "core.json"

    def __init__(self, excluded, with_packages):
        self.noted = json.loads(self.file.read_text(encoding="utf-8"))
        self.figure = "passed_with_packages" if with_packages else "passed"
        patterns = "\n".join(pattern for pattern in excluded if pattern.startswith("dbt_core/"))
        self.patterns = hashlib.sha256(patterns.encode()).hexdigest()[:16]

    def record(self, collected, left_out, skipped, passed):
        self.noted.update({"collected": collected, "excluded": left_out, "skipped": skipped, self.figure: passed, "patterns": self.patterns})
        self.file.write_text(json.dumps(self.noted, indent=1) + "\n", encoding="utf-8")

    def wrong(self, counted, passed=None):
        """What is wrong with core.json, as far as it can be told: `counted` is (collected, excluded) of a checkout, or None."""
        if passed is not None and passed < self.noted.get(self.figure, 0):
            return [f"{passed} cases of dbt-core pass, and {self.noted[self.figure]} did before"]
        if self.noted["patterns"] != self.patterns or counted not in (None, (self.noted["collected"], self.noted["excluded"])):
            return ["core.json is not of these exclusions and this dbt-core: --core FOLDER --record-core writes it anew"]
        return []


class Run:
    """All suites of one call of this program: what came of them, and what is wrong."""

    def __init__(self, arguments):
        self.arguments = arguments
        self.excluded, self.known = lines_of(SUITES / "excluded.txt"), lines_of(SUITES / "known_failures.txt")
        for pattern, reason in self.excluded.items():
            if reason.split(":")[0] not in REASONS:
                sys.exit(f"excluded.txt: {pattern}: no reason of the closed list: {reason}")
        self.core = Core(self.excluded, bool(arguments.packages))
        self.chosen = ["-k", arguments.expression] if arguments.expression else []
        self.everything = not (arguments.paths or self.chosen or arguments.share)
        self.counts, self.wrong, self.codes = {}, [], {}

    def suite(self, suite, how, log):
        arguments = self.arguments
        paths = [path for path in arguments.paths if (suite.folder / path.split("::")[0]).exists()]
        if arguments.paths and not paths:
            return
        collected = suite.collect([*self.chosen, *(paths or [suite.tests])])
        named = {case: f"{suite.name}/{case}" for case in collected}
        left_out = {case for case in collected if any(matches(named[case], pattern) for pattern in self.excluded)}
        own = self.counts[suite.name] = collections.Counter(excluded=len(left_out))
        cases = [case for case in collected if case not in left_out or arguments.excluded_too]
        if arguments.share:
            cases = share_of(cases, arguments.share, arguments.seed)
        outcomes = suite.run(cases, how, log, arguments.jobs) if cases else {}
        for case in cases:
            one = outcomes.get(case, {"outcome": "failed", "why": "it did not come to an end"})
            own[one["outcome"]] += 1
            self.judge(named[case], one)
        print(f"{suite.name}: {len(collected)} collected; {own['passed']} passed, {own['failed']} failed, "
              f"{own['skipped']} skipped by marks of their own, {own['excluded']} excluded", flush=True)
        if self.everything:
            mine = {name for name in self.known if name.startswith(suite.name + "/")}
            self.wrong += [f"{name}: is listed in known_failures.txt and is no case" for name in sorted(mine - set(named.values()))]

    def judge(self, name, one):
        reason = self.known.get(name)
        if one["outcome"] == "passed":
            self.codes[name] = one["codes"]
            if reason:
                self.wrong.append(f"{name}: is listed in known_failures.txt and passes")
        elif one["outcome"] == "skipped":
            print(f"skipped {name}\n       by its own mark: {first_line(one['why'])}", flush=True)
            if not name.startswith("dbt_core/"):
                self.wrong.append(f"{name}: skips itself and is not in excluded.txt")
        else:
            if not self.arguments.do_nothing:
                print(f"{'known ' if reason else 'FAILED'} {name}\n       {reason or first_line(one['why'])}", flush=True)
            if not reason and not name.startswith("dbt_core/"):  # of which core.json counts those that pass
                self.wrong.append(f"{name}: fails and is not listed")

    def share_excluded(self):
        """Of all cases of the three suites; those of dbt-core as core.json counts them, where none is given."""
        core = self.counts.get("dbt_core")
        if core is not None and self.arguments.record_core:
            self.core.record(sum(core.values()), core["excluded"], core["skipped"], core["passed"])
        self.wrong += self.core.wrong(None) if core is None else self.core.wrong((sum(core.values()), core["excluded"]), core["passed"])
        total = self.core.noted["collected"] + sum(sum(c.values()) for name, c in self.counts.items() if name != "dbt_core")
        skipped = self.core.noted.get("skipped", 0) if core is None else core["skipped"]
        skipped += sum(c["skipped"] for name, c in self.counts.items() if name != "dbt_core")
        total -= skipped  # nobody runs them
        left_out = self.core.noted["excluded"] + sum(c["excluded"] for name, c in self.counts.items() if name != "dbt_core")
        print(f"excluded, of all cases of the three suites but {skipped} that their own marks skip: {left_out} of {total}, "
              f"{left_out / total:.1%}; at most {MOST_EXCLUDED:.0%}")
        if left_out > MOST_EXCLUDED * total:
            self.wrong.append(f"{left_out} of {total} cases are excluded, which is more than {MOST_EXCLUDED:.0%}")


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("paths", nargs="*", help="files or cases, as pytest names them within a suite")
    parser.add_argument("-k", dest="expression", help="an expression of pytest")
    parser.add_argument("--weir", default=ROOT / "build/dev/weir")
    parser.add_argument("--core", type=pathlib.Path, help="a checkout of dbt-core, v1.11: its tests/functional too")
    parser.add_argument("--packages", type=pathlib.Path, metavar="FOLDER",
                        help="with --core: clones of the repositories that its cases install, OWNER/NAME, by git clone --mirror")
    parser.add_argument("--suite", action="append", help="dbt_duckdb, dbt_adapter or dbt_core; all by default")
    parser.add_argument("--share", type=int, metavar="N", help="about N cases of each suite, chosen at random")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1, help="how many processes of pytest run side by side")
    parser.add_argument("--dbt-itself", action="store_true", help="run the dbt that the suites are of: what fails then is not weir's")
    parser.add_argument("--do-nothing", action="store_true", help="a program that does nothing stands for weir: no case may pass")
    parser.add_argument("--excluded-too", action="store_true", help="with --dbt-itself: run what excluded.txt names as well")
    parser.add_argument("--record", action="store_true", help="with --dbt-itself: write exit_codes.txt")
    parser.add_argument("--record-core", action="store_true", help="with --core: write core.json; the figure with or without --packages")
    parser.add_argument("--log", default=ROOT / "build/logs/dbt_suites.log", type=pathlib.Path)
    arguments = parser.parse_args()
    if arguments.packages and not (arguments.core and arguments.packages.is_dir()):
        parser.error("--packages names a folder, and serves the cases of --core")
    return arguments


def serve_packages(folder, suites, stack):
    """For as long as `stack` lasts, to the suites that are given."""
    if not (folder and suites):
        return
    sys.path.insert(0, str(SUITES))
    import served_packages
    served = stack.enter_context(served_packages.Served(folder))
    for suite in suites:
        suite.environment = served.environment
    if served.packages.left_out:
        print("left out:", ", ".join(served.packages.left_out), "(not in the folder of --packages)", flush=True)


def main():
    arguments = read_arguments()
    if not PYTHON.exists():
        sys.exit("no .venv-dbt: ./dev setup --full makes it")
    suites = [Suite("dbt_duckdb", SUITES / "dbt_duckdb"), Suite("dbt_adapter", SUITES / "dbt_adapter")]
    if arguments.core:
        suites.append(Suite("dbt_core", arguments.core.resolve()))
    if arguments.suite:
        suites = [suite for suite in suites if suite.name in arguments.suite]
    run = Run(arguments)
    arguments.log.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        folder, log = stack.enter_context(tempfile.TemporaryDirectory()), stack.enter_context(arguments.log.open("w", encoding="utf-8"))
        serve_packages(arguments.packages, [suite for suite in suites if suite.name == "dbt_core"], stack)
        link = pathlib.Path(folder, "dbt")
        link.symlink_to("/bin/true" if arguments.do_nothing else pathlib.Path(arguments.weir).resolve())
        for suite in suites:
            run.suite(suite, ["--dbt-itself"] if arguments.dbt_itself else ["--dbt", link], log)
    if run.everything and not arguments.suite:
        run.share_excluded()
    if arguments.record and arguments.dbt_itself:
        record_exit_codes(run.codes, run.counts)
    for line in run.wrong if not (arguments.dbt_itself or arguments.do_nothing) else []:
        print("wrong:", line)
    print(f"log: {os.path.relpath(arguments.log)}")
    total = sum(run.counts.values(), collections.Counter())
    if arguments.do_nothing:
        print("passed with a program that does nothing:", *sorted(run.codes), sep="\n  ")
        return 1 if run.codes else 0
    print(f"{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped by marks of their own, {total['excluded']} excluded")
    return 1 if run.wrong and not arguments.dbt_itself else 0


if __name__ == "__main__":
    sys.exit(main())
