#!/usr/bin/env python3
"""Column lineage of weir against sqlglot's, on the compiled SQL of the projects in tests/conformance/dbt.

For each column of each model that both can tell of: are the columns of tables that its values are made of the same? sqlglot tells of no
filters and joins, so what decides the rows is left out. What only decides a value (the condition of a CASE, the order of a window) is
an input like any other there, and one of another kind here: such columns are counted apart. Needs sqlglot (PyPI), which the tests of weir do without:

    python3 -m venv /tmp/sqlglot && /tmp/sqlglot/bin/pip install sqlglot==30.30.0
    /tmp/sqlglot/bin/python tests/conformance/lineage_sqlglot.py
"""
import argparse
import collections
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import sqlglot
from sqlglot import exp
from sqlglot.lineage import lineage

HERE = pathlib.Path(__file__).resolve().parent

KNOWN = {  # (project, model.column) -> reason
    ("own_external", "rows.m"): "of a call that reads a file, which has no name in sqlglot",
    ("own_external", "rows.e"): "of a star over a file, which sqlglot does not resolve",
}


def weir_lineage(weir, root, environment):
    done = subprocess.run([weir, "docs", "generate", "-q"], cwd=root, env=environment, capture_output=True, text=True)
    page = root / "target" / "index.html"
    if not page.exists():
        print(f"{root.name}: no page: {done.stderr.splitlines()[0]}")
        return None
    return json.loads(re.search(r'id="data">(.*?)</script>', page.read_text(), re.S)[1])


def sources_of(node):
    found = set()
    for each in node.walk():
        if each.downstream or not isinstance(each.expression, exp.Table):
            continue
        table = each.expression
        found.add((table.db.lower() or "main", table.name.lower(), each.name.split(".")[-1].strip('"').lower()))
    return found


def main():
    sys.stdout.reconfigure(line_buffering=True)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weir", default=HERE.parents[1] / "build/dev/weir")
    parser.add_argument("--all", action="store_true", help="print every difference")
    parser.add_argument("projects", nargs="*")
    arguments = parser.parse_args()
    weir = str(pathlib.Path(arguments.weir).resolve())
    total = collections.Counter()
    for project in sorted(HERE.glob("dbt/*/dbt_project.yml")):
        name = project.parent.name
        if arguments.projects and name not in arguments.projects or name == "packages":
            continue
        count = collections.Counter()
        with tempfile.TemporaryDirectory(prefix="weir-lineage-") as place:
            root = pathlib.Path(place) / name
            shutil.copytree(project.parent, root, ignore=shutil.ignore_patterns("expected*"))
            expected = project.parent / "expected.json"
            for package in json.loads(expected.read_text()).get("packages") or {} if expected.exists() else {}:
                if (shared := HERE / "dbt" / "packages" / package).exists():
                    shutil.copytree(shared, root / "dbt_packages" / package)
            environment = dict(os.environ, CORPUS_DB=str(pathlib.Path(place) / "corpus.duckdb"), NO_COLOR="1", HOME=place)
            # Nothing needs to be built, but by what looks at its tables while it is rendered.
            subprocess.run([weir, "build" if name == "own_incr_snap" else "seed", "-q"], cwd=root, env=environment, capture_output=True)
            data = weir_lineage(weir, root, environment)
            if not data:
                continue
        nodes = {node["id"]: node for node in data["nodes"]}
        schema = collections.defaultdict(lambda: collections.defaultdict(dict))
        for node in nodes.values():
            if node.get("relation_name") and node.get("columns"):
                parts = node["relation_name"].replace('"', "").lower().split(".")
                if len(parts) != 3:  # a source that is a file
                    continue
                schema[parts[0]][parts[1]][parts[2]] = {c["name"]: c.get("type") or "varchar" for c in node["columns"]}
        plain = {d: {s: dict(t) for s, t in ss.items()} for d, ss in schema.items()}
        for node in nodes.values():
            if node["type"] != "model" or not node.get("compiled") or not any("from" in c for c in node.get("columns", [])):
                continue
            for column in node["columns"]:
                ours, deciding = set(), set()
                for id, input, kinds in column.get("from", []):
                    other = nodes.get(id)
                    named = (other["relation_name"].replace('"', "") if other else id).lower()
                    parts = ["main", named.strip("'")] if named.startswith("'") else named.split(".")  # 'a/file.csv'
                    direct = re.search("identity|transformation|aggregation", kinds)
                    (ours if direct else deciding).add((parts[-2] if len(parts) > 1 else "", parts[-1], input.lower()))
                try:
                    theirs = sources_of(lineage(column["name"], node["compiled"], schema=plain, dialect="duckdb"))
                except Exception as error:  # what sqlglot cannot tell of
                    count["not told by sqlglot"] += 1
                    if arguments.all:
                        print(f"  {name} {node['name']}.{column['name']}: sqlglot: {str(error).splitlines()[0][:100]}")
                    continue
                if ours == theirs:
                    count["same"] += 1
                elif ours < theirs <= ours | deciding:
                    count["same with what decides the value"] += 1
                elif (name, f"{node['name']}.{column['name']}") in KNOWN:
                    count["known"] += 1
                else:
                    count["different"] += 1
                    print(f"  {name} {node['name']}.{column['name']}: only weir {sorted(ours - theirs)}, only sqlglot {sorted(theirs - ours - deciding)}")
        print(f"{name}: " + ", ".join(f"{number} {what}" for what, number in sorted(count.items())))
        total.update(count)
    print(f"sqlglot {sqlglot.__version__}: " + ", ".join(f"{number} {what}" for what, number in sorted(total.items())))
    return 1 if total["different"] else 0


if __name__ == "__main__":
    sys.exit(main())
