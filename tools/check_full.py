#!/usr/bin/env python3
"""./dev check --full: everything, the long suites included, in parts that can be resumed.

Parts that passed for the present commit are remembered in build/full/<commit>.json and not run again; --again forgets them.
"""
import argparse, json, pathlib, subprocess, sys, time

root = pathlib.Path(__file__).resolve().parent.parent
python = str(root / ".venv/bin/python")
weir = "build/release/weir"
PARTS = {  # name -> (minutes at most, command)
    "setup": (20, "./dev setup --full"),
    "test": (60, "./dev test"),
    "asan": (60, "./dev --function asan_all"),
    "tsan": (60, "./dev --function tsan_all"),
    "release": (20, "./dev build release"),
    **{f"sweep_{name}": (60, f"{python} tests/fault/sweep.py --weir {weir} {name}") for name in
       ("first_build", "next_build", "ingest", "checkpoint", "rollback", "restore", "gc")},
    "kills": (30, f"{python} tests/fault/random_kills.py --weir {weir} --kills 200"),
    "failpoints": (60, f"{python} tests/fault/failpoints.py --weir {weir}"),
    "readers": (30, f"{python} tests/fault/readers.py --weir {weir} --builds 200"),
    "hostile": (60, f"{python} tests/fault/hostile.py --weir {weir}"),
    "tidy": (40, "python3 tools/check_tidy.py"),
    "fuzz": (60, "./dev build fuzz && python3 tools/fuzz.py --build build/fuzz --each 2 --seed $(git rev-parse HEAD)"),
    "bench": (60, "./dev bench --gate"),
    "readme": (60, "python3 tools/check_readme.py"),
}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--again", action="store_true")
    parser.add_argument("parts", nargs="*", help=", ".join(PARTS))
    args = parser.parse_args()
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=root, capture_output=True, text=True).stdout.strip()
    book = root / "build/full" / f"{commit}.json"
    book.parent.mkdir(parents=True, exist_ok=True)
    done = {} if args.again or not book.exists() else json.loads(book.read_text())
    failed = []
    for name, (minutes, command) in PARTS.items():
        if args.parts and name not in args.parts:
            continue
        if name in done:
            print(f"ok    {name:18s} (already passed for this commit, {done[name]:.0f} s)")
            continue
        log, start = root / "build/full" / f"{name}.log", time.monotonic()
        with open(log, "wb") as out:
            try:
                code = subprocess.run(command, shell=True, cwd=root, stdout=out, stderr=out, timeout=minutes * 60).returncode
            except subprocess.TimeoutExpired:
                code = f"over {minutes} minutes"
        seconds = time.monotonic() - start
        last = [l for l in log.read_text(errors="replace").splitlines() if l.strip()][-1:] or [""]
        print(f"{'ok   ' if code == 0 else 'FAIL '} {name:18s} {seconds:6.0f} s  {last[0][:100]}" + ("" if code == 0 else f"  ({code}; {log})"), flush=True)
        if code == 0:
            # Another `--full` may run other parts beside this one.
            done = {**(json.loads(book.read_text()) if book.exists() else {}), **done, name: seconds}
            book.write_text(json.dumps(done))
        else:
            failed.append(name)
    print(f"{len(done)} of {len(PARTS)} parts passed, {len(failed)} failed")
    sys.exit(1 if failed else 0)


main()
