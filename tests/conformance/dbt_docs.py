#!/usr/bin/env python3
"""What `weir docs generate` writes into catalog.json, and which files a build leaves in target/run, against what real dbt wrote: projects
of dbt/ on the DuckDB file of their own profile, with several flags. Recorded in dbt/docs.jsonl; to record again, with a Python that has
dbt-core 1.11.16 and dbt-duckdb 1.11.1:  dbt_docs.py --record
"""
import json
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile

import recorded

HERE = pathlib.Path(__file__).resolve().parent
EXPECTED = HERE / "dbt" / "docs.jsonl"

# Project -> the docs commands after its first build.
PROJECTS = {
    "own_incr_snap": ["", "--no-compile"],
    "own_selection": [""],
    "jaffle_shop_classic": [""],
    "jaffle_shop_core": ["", "-s +customers", "-s source:*", "--no-compile -s customers", "--empty-catalog",
                         "--exclude resource_type:seed"],
    "sushi_dbt": [""],
    "fx_layered": [""],
    "fx_failing_test": [""],
    "fx_freshness": [""],
    "codegen_it": [""],
}


def ready(project, place):
    root = pathlib.Path(place) / project
    shutil.copytree(HERE / "dbt" / project, root, ignore=shutil.ignore_patterns("expected*"))
    first = "build"
    if (recorded := HERE / "dbt" / project / "expected.json").exists():
        expected = json.loads(recorded.read_text())
        first = expected["steps"][0]["cmd"].removeprefix("dbt ")
        for package in expected.get("packages") or {}:
            if (shared := HERE / "dbt" / "packages" / package).exists():
                shutil.copytree(shared, root / "dbt_packages" / package)
    return root, shlex.split(first.replace("{", "'{").replace("}", "}'"))


def runs(program, project):
    """(case, what came of it): the files of target/run after the build, then each catalogue without what differs every time."""
    with tempfile.TemporaryDirectory(prefix="weir-docs-") as place:
        root, first = ready(project, place)
        environment = dict(os.environ, CORPUS_DB=str(pathlib.Path(place) / "corpus.duckdb"), NO_COLOR="1",
                           DBT_SEND_ANONYMOUS_USAGE_STATS="0")
        subprocess.run([*program, *first], cwd=root, env=environment, capture_output=True)
        yield "run", sorted(str(path.relative_to(root / "target")) for path in (root / "target" / "run").rglob("*") if path.is_file())
        for words in PROJECTS[project]:
            catalog = root / "target" / "catalog.json"
            catalog.unlink(missing_ok=True)
            done = subprocess.run([*program, "docs", "generate", *shlex.split(words)], cwd=root, env=environment, capture_output=True)
            found = json.loads(catalog.read_text()) if catalog.exists() else None
            if found:
                found = {"schema": found.pop("metadata")["dbt_schema_version"], **found}
            yield f"docs generate {words}".strip(), {"exit": 0 if done.returncode == 0 else "not 0", "catalog": found}


def record(only):
    kept = [line for line in (EXPECTED.read_text().splitlines(True) if EXPECTED.exists() else [])
            if only and json.loads(line)["project"] not in only]
    with EXPECTED.open("w") as out:
        out.writelines(kept)
        for project in PROJECTS:
            if not only or project in only:
                for case, result in runs([sys.executable, "-m", "dbt.cli.main"], project):
                    out.write(json.dumps({"project": project, "case": case, "result": result}, sort_keys=True) + "\n")
    print(f"{len(EXPECTED.read_text().splitlines())} cases recorded")


def difference(got, want):
    if isinstance(want, list):
        return f"more {sorted(set(got) - set(want))[:4]}, less {sorted(set(want) - set(got))[:4]}"
    if got["exit"] != want["exit"] or not got["catalog"] or not want["catalog"]:
        return f"exit {got['exit']}, dbt {want['exit']}; catalogue {bool(got['catalog'])}, dbt {bool(want['catalog'])}"
    for kind in ("nodes", "sources"):
        ours, theirs = got["catalog"][kind], want["catalog"][kind]
        for name in sorted(set(ours) | set(theirs)):
            if ours.get(name) != theirs.get(name):
                return f"{kind} {name}: {json.dumps(ours.get(name))[:300]}  <>  {json.dumps(theirs.get(name))[:300]}"
    return "other keys"


def check(weir, only):
    expected = {}
    for line in EXPECTED.read_text().splitlines():
        case = json.loads(line)
        expected.setdefault(case["project"], {})[case["case"]] = case["result"]
    passed = failed = 0
    for project in PROJECTS:
        if only and project not in only:
            continue
        for case, got in runs([weir], project):
            want = expected.get(project, {}).get(case)
            if want is not None and json.loads(json.dumps(got)) == want:
                passed += 1
                continue
            failed += 1
            print(f"FAIL {project} {case}: {difference(got, want) if want is not None else 'not recorded'}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or passed == 0 else 0


if __name__ == "__main__":
    sys.exit(recorded.run(__doc__, "a project", record, check))
