#!/usr/bin/env python3
"""Runs every libFuzzer target for its share of the minutes, seeded from the corpora, and prints executions and edge coverage.

Before that a planted bug (tests/fuzz/planted_fuzz.cpp) must be found: a fuzzer that finds nothing there proves nothing.
"""
import argparse, concurrent.futures, hashlib, os, pathlib, re, shutil, subprocess, sys, tempfile

root = pathlib.Path(__file__).resolve().parent.parent
SEEDS = {  # target -> globs below the repository
    "json_fuzz": ["tests/conformance/json/**/*.json"],
    "log_fuzz": ["tests/fuzz/corpus/log/*", "tests/conformance/delta/**/_delta_log/*.json"],
    "yaml_fuzz": ["examples/**/*.yml", "tests/fuzz/corpus/yaml/*"],
    "project_yaml_fuzz": ["examples/**/*.yml", "tests/fuzz/corpus/yaml/*"],
    "template_fuzz": ["examples/**/*.sql", "tests/fuzz/corpus/template/*"],
    "store_answers_fuzz": ["tests/fuzz/corpus/store_answers/*"],
    "csv_fuzz": ["tests/fuzz/corpus/csv/*"],
    "avro_fuzz": ["tests/fuzz/corpus/avro/*"],
    "iceberg_fuzz": ["tests/conformance/iceberg/data/**/metadata/*"],
    "deletion_vector_fuzz": ["tests/conformance/delta/**/*.bin"],
}


def run(binary, corpus, seconds, seed, artifacts):
    command = [binary, corpus, f"-max_total_time={seconds}", f"-seed={seed}", "-print_final_stats=1", "-timeout=20", "-rss_limit_mb=2048",
               "-max_len=16384", f"-artifact_prefix={artifacts}/"]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace",
                          env={**os.environ, "ASAN_OPTIONS": "detect_leaks=1:allocator_may_return_null=1"})
    executions = re.search(r"number_of_executed_units: (\d+)", done.stderr)
    coverage = re.findall(r"\bcov: (\d+)", done.stderr)
    return done, int(executions.group(1)) if executions else 0, int(coverage[-1]) if coverage else 0


def run_seeded(target, seconds, seed, artifacts):
    with tempfile.TemporaryDirectory() as corpus:
        seeds = [p for pattern in SEEDS.get(target.name, []) for p in root.glob(pattern) if p.is_file() and p.stat().st_size < 65536]
        for i, path in enumerate(seeds):
            shutil.copy(path, f"{corpus}/{i}")
        return *run(target, corpus, seconds, seed, artifacts), len(seeds)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--minutes", type=float, default=4, help="for all targets together")
    parser.add_argument("--each", type=float, help="minutes for each target instead")
    parser.add_argument("--seed", default="1")
    args = parser.parse_args()
    folder = pathlib.Path(args.build) / "tests" / "fuzz"
    targets = sorted(p for p in folder.glob("*_fuzz") if p.name != "planted_fuzz")
    if not targets:
        sys.exit("fuzz: no targets were built")
    seed = int(hashlib.sha256(args.seed.encode()).hexdigest()[:7], 16)
    artifacts = pathlib.Path(args.build) / "findings"
    artifacts.mkdir(exist_ok=True)
    failed = 0
    with tempfile.TemporaryDirectory() as temporary:
        planted, executions, _ = run(folder / "planted_fuzz", temporary, 60, seed, temporary)
        found = planted.returncode != 0 and "planted" in planted.stderr
        print(f"planted bug   {'found' if found else 'NOT FOUND'} after {executions or 'some'} executions", flush=True)
        failed += not found
    seconds = int((args.each or args.minutes / len(targets)) * 60)
    total = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:  # each target has a core of its own
        for target, (done, executions, coverage, seeds) in zip(targets, pool.map(lambda t: run_seeded(t, seconds, seed, artifacts), targets)):
            total += executions
            print(f"{target.name:20s} {executions:9d} executions  {coverage:6d} edges  {seeds:4d} seeds  "
                  f"{'clean' if done.returncode == 0 else 'FINDING, see ' + str(artifacts)}", flush=True)
            if done.returncode:
                failed += 1
                print(done.stderr[-3000:])
    print(f"{total} executions in all")
    print(f"{len(targets) + 1 - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
