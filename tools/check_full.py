#!/usr/bin/env python3
"""./dev check --full: everything, the long suites included, in parts that can be resumed.

Each part reads some of the committed files (READS). What passed is remembered in build/full/passed.json with the hash of these, and
not run again while they are the same; --again forgets. It all takes hours: --record writes what passed to docs/full_check.json (of a
tree without changes), --resume goes on from there, on another machine too, and --list says what is left.
"""
import argparse, concurrent.futures, hashlib, itertools, json, os, pathlib, signal, subprocess, sys, threading, time

root = pathlib.Path(__file__).resolve().parent.parent
python = str(root / ".venv/bin/python")
weir = "build/release/weir"
versitygw = root / "third_party/versitygw/dist/versitygw"  # absolute: it is started in folders of its own
PARTS = {  # name -> (minutes at most, command)
    "setup": (20, "./dev setup --full"),
    "test": (60, "./dev --function plain_tests_alone"),  # the other stages of ./dev test are whole in asan, tsan and fuzz
    "asan": (60, "./dev --function asan_all"),
    "tsan": (60, "./dev --function tsan_all"),
    "release": (20, "./dev build release"),
    "explorer": (30, "WEIR_SCHEDULES=1500 build/release/tests/unit_lake_publish --gtest_brief=1 --gtest_filter='*Explorer*'"),
    **{f"sweep_{name}": (60, f"{python} tests/fault/sweep.py --weir {weir} {name}") for name in
       ("first_build", "next_build", "ingest", "checkpoint", "rollback", "restore", "gc", "merge", "optimize", "vacuum")},
    **{f"writers_{name}": (40, f"{python} tests/fault/writers.py --weir {weir} {how}") for name, how in (
        ("many", "--processes 32 --rounds 4"), ("deltalake", "--processes 24 --deltalake 8 --rounds 3 --optimize"),
        ("dying", "--processes 32 --rounds 3 --kills 80 --vectors --row-tracking --optimize"),
        ("s3", f"--processes 24 --deltalake 8 --rounds 2 --kills 20 --versitygw {versitygw}"))},
    "lost_answers": (60, f"{python} tests/fault/lost_answers.py --weir {weir} --versitygw {versitygw}"),
    "source_kills": (60, f"{python} tests/fault/source_kills.py --weir {weir} --versitygw {versitygw} --kills 40"),
    "s3_kills": (60, f"{python} tests/fault/s3_kills.py --weir {weir} --versitygw {versitygw}"),
    "kills": (30, f"{python} tests/fault/random_kills.py --weir {weir} --kills 200"),
    "failpoints": (60, f"{python} tests/fault/failpoints.py --weir {weir}"),
    "readers": (30, f"{python} tests/fault/readers.py --weir {weir} --builds 200"),
    "vacuum": (20, f"{python} tests/fault/vacuum.py --weir {weir} --tables 40"),
    "layout": (10, f"{python} tests/fault/layout.py --weir {weir} --seed $((0x$(git rev-parse --short=7 HEAD)))"),
    "hostile": (60, f"{python} tests/fault/hostile.py --weir {weir}"),
    "spark": (60, f"PYTHONPATH=third_party/spark/dist/delta/python {python} tests/conformance/spark_and_weir.py --weir {weir} "
                  "--jars third_party/spark/dist/delta/jars --sequences 24 --seed $((0x$(git rev-parse --short=7 HEAD)))"),
    "hudi": (30, f"{python} tests/conformance/read_as_hudi.py --weir {weir} --sequences 40 --operations 20 --seed $((0x$(git rev-parse --short=7 HEAD)))"),
    "iceberg": (60, f"{python} tests/conformance/read_as_iceberg.py --weir {weir} --sequences 35 --operations 20 --seed $((0x$(git rev-parse --short=7 HEAD)))"),
    "spark_iceberg": (60, f"PYTHONPATH=third_party/spark/dist/iceberg/python {python} tests/conformance/spark_iceberg.py --weir {weir} "
                          "--jars third_party/spark/dist/iceberg/jars --sequences 24 --seed $((0x$(git rev-parse --short=7 HEAD)))"),
    "stores": (60, f"{python} tests/conformance/stores.py --weir {weir} --need-all"),
    "partial_parse": (60, f"{python} tests/conformance/partial_parse.py --weir {weir} --edits 150 --seed $(git rev-parse HEAD)"),
    # dbt-core's tests too where DBT_CORE names a checkout of it.
    "dbt_suites": (60, f"{python} tests/conformance/dbt_suites.py --weir {weir} --jobs 2 ${{DBT_CORE:+--core $DBT_CORE}}"),
    "cosmos": (20, f"{python} tests/conformance/cosmos_dag.py --weir {weir}"),
    "sidecars": (20, f"PYTHONPATH=third_party/spark/dist/delta/python {python} tests/conformance/sidecars.py --weir {weir} "
                     "--jars third_party/spark/dist/delta/jars"),
    "tidy": (60, "python3 tools/check_tidy.py && ninja -C build/tidy all_verify_interface_header_sets"),
    "fuzz": (60, "./dev build fuzz && python3 tools/fuzz.py --build build/asan-ubsan --each 2 --seed $(git rev-parse HEAD)"),
    "bench": (90, "./dev bench --gate"),
    "readme": (90, "python3 tools/check_readme.py"),  # it builds all and runs ./dev test, from nothing
}


RECORD = root / "docs/full_check.json"
FAULT = {"kills", "failpoints", "readers", "layout", "vacuum", "hostile", "lost_answers", "s3_kills", "source_kills"} | {
    n for n in PARTS if n.startswith(("sweep_", "writers_"))}
MAKES = {"setup", "release"}  # what other parts need on this machine: never taken as done, quick where it is
ONE_CORE = {n for n in FAULT if not n.startswith("writers_")}  # run side by side
# What a part's outcome depends on, by the starts of paths; others depend on everything.
PROGRAM = ["src/", "cmake/", "CMakeLists.txt", "CMakePresets.json", "third_party/"]
READS = {
    "release": PROGRAM, "explorer": [*PROGRAM, "tests/unit/", "tests/CMakeLists.txt"],
    **{n: [*PROGRAM, "dev", "tests/CMakeLists.txt", "tests/pch", "tests/unit/", "tests/spec/", "tests/sanitizers/", "tests/conformance/delta",
           "docs/cli.md", "docs/completion/", "tools/spec.py", "tools/requirements.txt"] for n in ("asan", "tsan")},
    "tidy": [*PROGRAM, "tools/check_tidy.py", "tools/tidy_ratchet.txt", "tests/CMakeLists.txt"],
    "fuzz": [*PROGRAM, "tests/fuzz/", "tests/CMakeLists.txt", "tools/fuzz.py"], "bench": [*PROGRAM, "bench/", "tools/requirements.txt"],
    **{n: [*PROGRAM, "tools/requirements.txt", "tests/fault/", "tests/conformance/store_servers.py"] for n in FAULT},
    **{n: [*PROGRAM, "tools/requirements.txt", *(f"tests/conformance/{file}.py" for file in files)] for n, files in {
        "spark": ["spark_and_weir"], "hudi": ["read_as_hudi", "lake_and_rows"], "iceberg": ["read_as_iceberg", "lake_and_rows"],
        "spark_iceberg": ["spark_iceberg", "read_as_iceberg", "lake_and_rows"],
        "sidecars": ["sidecars"]}.items()},
    "cosmos": [*PROGRAM, "tools/cosmos_requirements.txt", "tools/dbt_requirements.txt", "tests/conformance/cosmos_dag.py", "tests/conformance/dbt/jaffle_shop_duckdb"],
    "dbt_suites": [*PROGRAM, "tools/dbt_requirements.txt", "tests/conformance/dbt_suites", "tests/conformance/package_hub.py"],
}


def contents():
    """{part: the hash of the committed files that it reads}."""
    lines = subprocess.run(["git", "ls-tree", "-r", "HEAD"], cwd=root, capture_output=True, text=True, check=True).stdout.splitlines()
    files = [(line.split("\t", 1)[1], line) for line in lines]
    files = [(path, line) for path, line in files if path != RECORD.relative_to(root).as_posix()]

    def of(starts):
        return hashlib.sha256("\n".join(line for path, line in files if path.startswith(tuple(starts))).encode()).hexdigest()[:16]
    return {name: of(READS.get(name, [""])) for name in PARTS}


class Book:
    """What has passed, and for which content; another `--full` may run other parts beside this one."""

    def __init__(self, path, again):
        self.path, self.lock, self.contents = path, threading.Lock(), contents()
        path.parent.mkdir(parents=True, exist_ok=True)
        if again:
            path.unlink(missing_ok=True)

    def all(self):
        return json.loads(self.path.read_text()) if self.path.exists() else {}

    def passed(self):
        """{part: seconds} of what need not run again."""
        return {name: e["seconds"] for name, e in self.all().items() if e["content"] == self.contents.get(name)}

    def note(self, name, entry):
        with self.lock:
            self.path.write_text(json.dumps({**self.all(), name: entry}, indent=1, sort_keys=True) + "\n")


def run_part(name, book):
    minutes, command = PARTS[name]
    if name in book.passed() and name not in MAKES:
        print(f"ok    {name:18s} (passed before with the same files, {book.passed()[name]:.0f} s)", flush=True)
        return True
    log, start = root / "build/full" / f"{name}.log", time.monotonic()
    with open(log, "wb") as out:
        part = subprocess.Popen(command, shell=True, cwd=root, stdout=out, stderr=out, start_new_session=True)
        try:
            code = part.wait(timeout=minutes * 60)
        except subprocess.TimeoutExpired:
            os.killpg(part.pid, signal.SIGKILL)  # with all that it started
            code = f"over {minutes} minutes, killed"
    seconds = time.monotonic() - start
    last = [l for l in log.read_text(errors="replace").splitlines() if l.strip()][-1:] or [""]
    why = "" if code == 0 else f"  ({code}; {log})"
    print(f"{'ok   ' if code == 0 else 'FAIL '} {name:18s} {seconds:6.0f} s  {last[0][:100]}{why}", flush=True)
    if code == 0:
        book.note(name, {"content": book.contents[name], "seconds": round(seconds)})
    return code == 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("parts", nargs="*", help=", ".join(PARTS))
    args = parser.parse_args()
    if unknown := [name for name in args.parts if name not in PARTS]:
        parser.error(f"no such part: {', '.join(unknown)}")
    changed = subprocess.run(["git", "status", "--porcelain"], cwd=root, capture_output=True, text=True, check=True).stdout
    if args.record and changed:
        parser.error("--record: these are not committed, so nothing can be said of a commit:\n" + changed)
    book = Book(root / "build/full/passed.json", args.again)
    if args.resume and RECORD.exists():
        for name, entry in json.loads(RECORD.read_text()).items():
            if name not in book.passed():
                book.note(name, entry)
    if args.list:
        for name in PARTS:
            print(f"{name:18s} {f'passed, {book.passed()[name]} s' if name in book.passed() else 'to be run'}")
        return
    wanted = [n for n in PARTS if not args.parts or n in args.parts]
    failed = 0
    for one_core, group in itertools.groupby(wanted, key=lambda name: name in ONE_CORE):
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count() if one_core else 1) as pool:
            failed += sum(not ok for ok in pool.map(lambda name: run_part(name, book), group))
    if args.record:
        RECORD.write_text(json.dumps({n: e for n, e in book.all().items() if n in book.passed()}, indent=1, sort_keys=True) + "\n")
    print(f"{len(book.passed())} of {len(PARTS)} parts passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
