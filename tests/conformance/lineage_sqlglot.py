#!/usr/bin/env python3
"""Column lineage of weir against sqlglot's, on the compiled SQL of the projects in tests/conformance/dbt.

For each column of each model that both can tell of: are the columns of tables that its values are made of the same? sqlglot tells of no
filters and joins, so what decides the rows is left out. What only decides a value (the condition of a CASE, the order of a window) is
an input like any other there, and one of another kind here: such columns are counted apart.

It fails on a difference; on a project, a model or a column of which one of the two tells nothing and no reason is written here; on a
written reason that holds no more; and if a wrong input, planted in a column of each project, is not found. Needs sqlglot (PyPI), which
the tests of weir do without:

    python3 -m venv build/sqlglot && build/sqlglot/bin/pip install sqlglot==30.30.0
    build/sqlglot/bin/python tests/conformance/lineage_sqlglot.py
"""
import argparse
import collections
import copy
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
from sqlglot.errors import SqlglotError
from sqlglot.lineage import lineage

HERE = pathlib.Path(__file__).resolve().parent

KNOWN = {  # (project, model.column) -> reason
    ("own_external", "rows.m"): "of a call that reads a file, which has no name in sqlglot",
    ("own_external", "rows.e"): "of a star over a file, which sqlglot does not resolve",
}
OF_STAR = "sqlglot does not find it among the columns of a star"
UNTOLD = {  # (project, model.column) -> why sqlglot cannot tell of it
    ("jaffle_shop_classic", "customers.total_order_amount"): OF_STAR,
    ("jaffle_shop_core", "customers.first_ordered_at"): OF_STAR,
    ("jaffle_shop_core", "customers.last_ordered_at"): OF_STAR,
    ("jaffle_shop_duckdb", "customers.total_order_amount"): OF_STAR,
}
NO_SOURCES = "it reads sources whose tables are not there and whose columns are not declared"
OF_PYTHON = "it reads Python models, which have no lineage and no tables"
NO_LINEAGE = {  # (project, model) -> why weir tells of none
    **{("own_selection", name): NO_SOURCES for name in ("customers", "orders", "report", "stg_customers", "stg_items", "stg_orders")},
    **{("own_python", name): OF_PYTHON for name in ("after", "after_failing")},
}
NO_PAGE = {"fx_broken_ref": "it does not parse"}
# Projects whose templates look at tables that must be there; seeds are enough for the others.
BUILT = ["own_incr_snap", "dbt_utils_it", "codegen_it"]


def recorded_of(project):
    recorded = project.parent / "expected.json"
    return json.loads(recorded.read_text()) if recorded.exists() else {}


def refused_by_dbt(expected):
    """Models that dbt could not make on this target either."""
    nodes = [node for step in expected.get("steps", []) for node in step.get("nodes", {}).items()]
    return sorted(id.split(".")[-1] for id, node in nodes if id.startswith("model.") and node["status"] == "error")


def page_of(weir, project, place):
    """What weir's documentation page knows of the project, or None and what it said instead."""
    name, expected = project.parent.name, recorded_of(project)
    root = pathlib.Path(place) / name
    shutil.copytree(project.parent, root, ignore=shutil.ignore_patterns("expected*"))
    for package in expected.get("packages") or {}:
        if (shared := HERE / "dbt" / "packages" / package).exists():
            shutil.copytree(shared, root / "dbt_packages" / package)
    environment = dict(os.environ, CORPUS_DB=str(pathlib.Path(place) / "corpus.duckdb"), NO_COLOR="1", HOME=place)
    refused = refused_by_dbt(expected) if name in BUILT else []  # others compile at least
    exclude = ["--exclude", "resource_type:test", "resource_type:unit_test", *refused]
    first = ["run", "--exclude", *refused] if refused else ["run"]
    for words in [["seed"], ["snapshot"], first, ["snapshot"]] if name in BUILT else [["seed"]]:
        subprocess.run([weir, *words, "-q"], cwd=root, env=environment, capture_output=True)
    done = subprocess.run([weir, "docs", "generate", "-q", *exclude], cwd=root, env=environment, capture_output=True, text=True)
    page = root / "target" / "index.html"
    if done.returncode != 0 or not page.exists():
        return None, done.stderr.strip()
    return json.loads(re.search(r'id="data">(.*?)</script>', page.read_text(), re.S)[1]), ""


def sources_of(node):
    found = set()
    for each in node.walk():
        if each.downstream or not isinstance(each.expression, exp.Table):
            continue
        table = each.expression
        found.add((table.db.lower() or "main", table.name.lower(), each.name.split(".")[-1].strip('"').lower()))
    return found


def schema_of(nodes):
    schema = collections.defaultdict(lambda: collections.defaultdict(dict))
    for node in nodes.values():
        if node.get("relation_name") and node.get("columns"):
            parts = node["relation_name"].replace('"', "").lower().split(".")
            if len(parts) == 3:  # else a source that is a file
                schema[parts[0]][parts[1]][parts[2]] = {c["name"]: c.get("type") or "varchar" for c in node["columns"]}
    return {d: {s: dict(t) for s, t in ss.items()} for d, ss in schema.items()}


def told_by_weir(nodes, column):
    """What the column's values are made of, and what decides them."""
    made, deciding = set(), set()
    for id, input, kinds in column.get("from", []):
        other = nodes.get(id)
        named = (other["relation_name"].replace('"', "") if other else id).lower()
        parts = ["main", named.strip("'")] if named.startswith("'") else named.split(".")  # 'a/file.csv'
        direct = re.search("identity|transformation|aggregation", kinds)
        (made if direct else deciding).add((parts[-2] if len(parts) > 1 else "", parts[-1], input.lower()))
    return made, deciding


def judge(nodes, node, column, schema):
    """(verdict, what to say of it)"""
    ours, deciding = told_by_weir(nodes, column)
    try:
        theirs = sources_of(lineage(column["name"], node["compiled"], schema=schema, dialect="duckdb"))
    except (SqlglotError, ValueError) as error:  # ValueError: it finds no such column
        return "not told by sqlglot", f"{type(error).__name__}: {str(error).splitlines()[0][:100]}"
    if ours == theirs:
        return ("same" if ours or deciding else "of no column, both say"), ""
    if ours < theirs <= ours | deciding:
        return "same with what decides the value", ""
    return "different", f"only weir {sorted(ours - theirs)}, only sqlglot {sorted(theirs - ours - deciding)}"


def planted_is_found(nodes, node, column, schema):
    """Whether a column that was the same is another one with each input left out, and with one that is not there."""
    for i in range(len(column["from"])):
        wrong = copy.deepcopy(column)
        del wrong["from"][i]
        if told_by_weir(nodes, wrong)[0] != told_by_weir(nodes, column)[0] and judge(nodes, node, wrong, schema)[0] != "different":
            return False
    wrong = copy.deepcopy(column)
    wrong["from"][0][1] += "_planted"
    return judge(nodes, node, wrong, schema)[0] == "different"


def compare(name, data, refused, arguments, met):
    """Verdicts of a project, counted, without its models that dbt refuses. Prints what is amiss; `met`: the written reasons that were needed."""
    count, planted = collections.Counter(), None
    nodes = {node["id"]: node for node in data["nodes"]}
    schema = schema_of(nodes)
    for node in nodes.values():
        if node["type"] != "model" or node["file"].endswith(".py"):
            continue
        if (name, node["name"]) in NO_LINEAGE and not any("from" in column for column in node.get("columns", [])):
            met.add((name, node["name"]))
            count["models known to have no lineage"] += 1
            continue
        if node["name"] in refused:
            count["models that dbt refuses"] += 1
            continue
        if not node.get("compiled") or not node.get("columns"):
            count["without columns"] += 1
            print(f"  {name} {node['name']}: weir tells of no columns, or gives no SQL")
            continue
        for column in node["columns"]:
            key = (name, f"{node['name']}.{column['name']}")
            verdict, said = judge(nodes, node, column, schema)
            reason = {"different": KNOWN, "not told by sqlglot": UNTOLD}.get(verdict, {}).get(key)
            if reason:
                met.add(key)
                verdict = f"known ({verdict})"
            elif said:
                print(f"  {name} {key[1]}: {verdict}: {said}")
            if arguments.all and reason:
                print(f"  {name} {key[1]}: {verdict}: {said} ({reason})")
            count[verdict] += 1
            if verdict == "same" and planted is None and told_by_weir(nodes, column)[0]:
                planted = planted_is_found(nodes, node, column, schema)
    if planted is False:
        count["planted and not found"] += 1
        print(f"  {name}: a planted wrong input was not found")
    return count


BAD = ["different", "not told by sqlglot", "without columns", "planted and not found", "without a page", "with a page, unlike written"]


def main():
    sys.stdout.reconfigure(line_buffering=True)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weir", default=HERE.parents[1] / "build/dev/weir")
    parser.add_argument("--all", action="store_true", help="print the known differences too")
    parser.add_argument("projects", nargs="*")
    arguments = parser.parse_args()
    weir = str(pathlib.Path(arguments.weir).resolve())
    projects = [p for p in sorted(HERE.glob("dbt/*/dbt_project.yml")) if p.parent.name != "packages"]
    if unknown := set(arguments.projects) - {p.parent.name for p in projects}:
        parser.error(f"no such project: {', '.join(sorted(unknown))}")
    total, met = collections.Counter(), set()
    for project in projects:
        name = project.parent.name
        if arguments.projects and name not in arguments.projects:
            continue
        with tempfile.TemporaryDirectory(prefix="weir-lineage-") as place:
            data, said = page_of(weir, project, place)
        if data is None and name in NO_PAGE:
            print(f"{name}: left out: {NO_PAGE[name]}")
            continue
        if data is None:
            count = collections.Counter({"without a page": 1})
            print(f"  {name}: no page: {said}")
        else:
            count = compare(name, data, refused_by_dbt(recorded_of(project)) if name in BUILT else [], arguments, met)
            if name in NO_PAGE:
                count["with a page, unlike written"] += 1
            if not count:
                count["without columns"] += 1
        print(f"{name}: " + ", ".join(f"{number} {what}" for what, number in sorted(count.items())))
        total.update(count)
    print(f"sqlglot {sqlglot.__version__}: " + ", ".join(f"{number} {what}" for what, number in sorted(total.items())))
    idle = [key for key in [*KNOWN, *UNTOLD, *NO_LINEAGE] if key not in met and (not arguments.projects or key[0] in arguments.projects)]
    for key in idle:
        print(f"{' '.join(key)}: a reason is written for it, and holds no more")
    compared = total["same"] + total["same with what decides the value"]
    if not compared:
        print("nothing was compared")
    bad = sum(total[what] for what in BAD) + len(idle)
    print(f"{compared} passed, {bad} failed")
    return 1 if bad or not compared else 0


if __name__ == "__main__":
    sys.exit(main())
