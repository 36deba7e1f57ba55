#!/usr/bin/env python3
"""Projects of dbt, run by weir on the DuckDB file of their own profile, against what real dbt recorded for them:
each command's exit code, each node's status and count of failures, the compiled SQL of each node, the tables' columns and rows.
With --target lake the same projects are built on the lake: statuses, and the tables' rows as the types that dbt has. What a failing
test holds back there (and what waits for it) is listed by name and not compared.

A difference that is known and wished stands in KNOWN with its reason; one that is listed there and does not come is an error too.
"""
import argparse
import ast
import collections
import datetime
import decimal
import hashlib
import json
import math
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

import duckdb

HERE = pathlib.Path(__file__).resolve().parent

# (project, what, name) -> reason
KNOWN = {
    ("dbt_utils_it", "table", "main.recency_time_excluded"): "holds the day before the one it is asked on",
    ("dbt_date_it", "table", "main.dim_hour"): "hours up to the day it is built on",
    ("dbt_date_it", "table", "main.dim_week"): "weeks up to the day it is built on",
    ("dbt_date_it", "table", "main.test_dates"): "days relative to the one it is built on",
}
for (project_, what_, name_), reason_ in list(KNOWN.items()):
    KNOWN[project_, "lake " + what_, name_] = reason_
KNOWN["dbt_date_it", "compiled", "model.dbt_date_integration_tests.dim_week"] = KNOWN["dbt_date_it", "table", "main.dim_week"]
OF_THE_DAY = {("dbt_date_it", "compiled", "model.dbt_date_integration_tests.dim_week")}  # equal on some days of the week: 52 or 53 weeks
KNOWN["codegen_it", "lake status", "1:test.codegen_integration_tests.test_generate_source_some_tables"] = \
    "reads a seed that it does not ref(): on the lake nothing says that it comes after it"
for step_ in range(1, 5):
    name_ = "main_dbt_test__audit.relationships_inc_append_order_id__order_id__ref_stg_"
    KNOWN["own_incr_snap", "lake table", f"{step_}:{name_}"] = \
        "store_failures makes no table on the lake: weir show --failures shows them"
for name_ in ("data_nullcheck_table", "test_nullcheck_table"):
    KNOWN["dbt_utils_it", "lake table", "main." + name_] = \
        "'' in a seed stays text: DuckDB's COPY, by which dbt-duckdb loads, takes ' for the quote there"


# ---- rows in the form the digests were made of: see dbt/NOTICE.md

def canonical(value):
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        if math.isnan(value):
            return "NaN"
        if math.isinf(value):
            return "Inf" if value > 0 else "-Inf"
        return int(value) if value == int(value) and abs(value) <= 1e15 else float("%.9g" % value)
    if isinstance(value, decimal.Decimal):
        return "D" + format(value.normalize(), "f")
    if isinstance(value, (bytes, bytearray)):
        return "x" + bytes(value).hex()
    if isinstance(value, datetime.datetime):
        if value.tzinfo is not None:
            value = value.astimezone(datetime.timezone.utc).replace(tzinfo=None)
        return value.isoformat()
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: canonical(value[key]) for key in sorted(value)}
    if isinstance(value, (list, tuple)):
        return [canonical(item) for item in value]
    return str(value)


def digest(rows):
    lines = sorted(json.dumps([canonical(value) for value in row]) for row in rows)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def tokens(sql):
    """SQL as words; comments, and blanks beside punctuation, mean nothing."""
    words = re.findall(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|\"[^\"]*\"|[\w.]+|\S", sql, re.DOTALL)
    return [" ".join(word.split()) for word in words if not word.startswith(("--", "/*"))]


def words_of(command):
    """dbt's arguments; a mapping is one word."""
    return shlex.split(command.replace("{", "'{").replace("}", "}'"))[1:]


def python_meaning(program):
    """What a compiled Python model tells its function: its inputs, settings and itself. The words around that are each program's own."""
    names = {}
    exec(program, names)  # the project's own models, and what dbt or weir put behind them
    dicts = {}
    for part in ast.parse(program).body:
        if isinstance(part, ast.FunctionDef) and part.name in ("ref", "source"):
            dicts[part.name] = next(ast.literal_eval(line.value) for line in part.body if isinstance(line, ast.Assign))
            for key in dicts[part.name]:
                words, version = key, {}
                if found := re.fullmatch(r"(.+)\.v([^.]+)", key):
                    words, version = found[1], {"v": found[2]}
                assert getattr(names["dbtObj"](lambda name: name), part.name)(*words.split("."), **version) == dicts[part.name][key]
    dbt = names["dbtObj"](lambda name: name)
    this = dbt.this
    return {"inputs": dicts, "config": names["config_dict"], "meta": names["meta_dict"], "incremental": dbt.is_incremental,
            "this": [str(this), this.database, this.schema, this.identifier],
            "asked": [dbt.config.get("no such key", 5), dbt.config.meta_get("no such key", 6)]}


def compiled_files(root):
    """What lies in target/compiled, but for hooks and unit tests with what they are given, whose queries are weir's own."""
    top, manifest = root / "target/compiled", root / "target/manifest.json"
    tests = [node["name"] for node in json.loads(manifest.read_text())["nodes"].values()
             if node["resource_type"] == "test"] if manifest.exists() else []
    return {str(path.relative_to(top)): path.read_text() for path in sorted(top.rglob("*.*")) if path.suffix in (".sql", ".py") and "hooks" not in path.parts
            and (path.stem in tests or not any(part.endswith(".yml") for part in path.parts))}


def relations_of(path, root):
    found = {}
    if not path.exists():
        return found
    database = duckdb.connect(str(path), read_only=True)
    database.execute("set TimeZone = 'UTC'")
    database.execute(f"set file_search_path = '{root}'")  # views of files
    listed = database.execute(
        "select table_schema, table_name, table_type from information_schema.tables where table_catalog = current_database()"
    ).fetchall()
    for schema, name, kind in listed:
        try:
            columns = [row[:2] for row in database.execute(f'describe "{schema}"."{name}"').fetchall()]
            # A time with a zone comes as one of UTC: Python's client would ask for pytz.
            parts = ", ".join(f'"{column}"' + (" at time zone 'UTC'" if type_ == "TIMESTAMP WITH TIME ZONE" else "")
                              for column, type_ in columns)
            rows = database.execute(f'select {parts} from "{schema}"."{name}"').fetchall()
            found[f"{schema}.{name}"] = {"type": kind, "columns": [list(column) for column in columns],
                                         "rows": len(rows), "sha": digest(rows)}
        except duckdb.Error as error:
            found[f"{schema}.{name}"] = {"type": kind, "error": str(error)}
    return found


def lake_relations(weir, root, environment, expected):
    """The tables of the lake, each column cast to the type that dbt's table has: Delta has fewer types."""
    def sql(text, *flags):
        return subprocess.run([weir, "sql", *flags, text], cwd=root, env=environment, capture_output=True, text=True)

    found = {}
    listed = sql("select table_schema, table_name, table_type from information_schema.tables "
                 "where table_catalog = 'lake'", "--output", "json")
    for row in json.loads(listed.stdout or "[]"):
        schema, table, kind = row["table_schema"], row["table_name"], row["table_type"]
        name = f"{schema}.{table}"
        if name not in expected:
            continue
        types = expected[name].get("columns") or []
        parts = ", ".join(f'cast("{column}" as {type_})' + (" at time zone 'UTC'" if "ZONE" in type_ else "") +
                          f' as "{column}"' for column, type_ in types) or "*"
        file = root / f"{name}.parquet"
        done = sql(f'copy (select {parts} from lake."{schema}"."{table}") to \'{file}\' (format parquet)', "--write")
        if done.returncode != 0:
            found[name] = {"type": kind, "error": done.stderr.strip()[:300]}
            continue
        rows = duckdb.sql(f"select * from '{file}'").fetchall()
        columns = duckdb.sql(f"describe select * from '{file}'").fetchall()
        names = [column[0] for column in columns]
        found[name] = {"type": kind, "columns": types if names == [column for column, _ in types] else names,
                       "rows": len(rows), "sha": digest(rows)}
    return found


# ---- recording, by real dbt

def nodes_of(results, fixed_times):
    nodes = {}
    for result in json.loads(results.read_text())["results"]:
        node = {"status": result["status"], "failures": result["failures"]}
        if result.get("batch_results") and fixed_times:
            node["batch_results"] = result["batch_results"]
        nodes[result["unique_id"]] = node
    return dict(sorted(nodes.items()))


def record(dbt, folder):
    expected = json.loads((folder / "expected.json").read_text())
    with tempfile.TemporaryDirectory(prefix="weir-dbt-") as place:
        root = pathlib.Path(place) / "project"
        shutil.copytree(folder, root, ignore=shutil.ignore_patterns("expected*"))
        database = pathlib.Path(place) / "corpus.duckdb"
        environment = dict(os.environ, CORPUS_DB=str(database), NO_COLOR="1", DBT_SEND_ANONYMOUS_USAGE_STATS="0")
        for step in expected["steps"]:
            words = words_of(step["cmd"])
            results = root / "target/run_results.json"
            if words[0] != "retry":
                results.unlink(missing_ok=True)
            shutil.rmtree(root / "target/compiled", ignore_errors=True)
            done = subprocess.run([dbt, *words], cwd=root, env=environment, capture_output=True, text=True)
            step["exit_code"] = done.returncode
            print(done.returncode, step["cmd"])
            fixed = step.get("fixed_times", "event-time" in step["cmd"] or "--sample" in step["cmd"])
            step["nodes"] = nodes_of(results, fixed) if results.exists() else {}
            # batches up to now have names of the day
            step["compiled_files"] = {} if step.get("now") else compiled_files(root)
            step["relations_after"] = relations_of(database, root)
            for name in list(step["relations_after"]):  # what dbt forgets to drop behind an incremental Python model
                if re.search(r"__dbt_tmp\d+$", name):
                    del step["relations_after"][name]
            for name, relation in step["relations_after"].items():
                if name in expected["unstable_relations"]:
                    relation.update(unstable=True, sha=None)
            if step.get("keep"):
                shutil.copytree(root / "target", root / step["keep"])
    (folder / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


class Suite:
    def __init__(self, weir, verbose, target):
        self.weir, self.verbose, self.target = weir, verbose, target
        self.counts = collections.OrderedDict((what, [0, 0]) for what in ("command", "status", "compiled", "table"))
        self.met, self.failed = set(), 0

    def check(self, project, what, name, same, difference):
        self.counts[what][1] += 1
        key = (project, what, name) if self.target != "lake" else (project, "lake " + what, name)
        if same:
            self.counts[what][0] += 1
            if key in KNOWN and key not in OF_THE_DAY:
                print(f"FAIL {project} {what} {name}: listed as known to differ, but it does not")
                self.failed += 1
            return
        if key in KNOWN:
            self.met.add(key)
            print(f"known {project} {what} {name}: {KNOWN[key]}")
            return
        self.failed += 1
        print(f"FAIL {project} {what} {name}: {difference}")

    def run(self, project, folder):
        expected = json.loads((folder / "expected.json").read_text())
        if self.target == "lake" and expected.get("only_database"):
            return
        flipping = set(expected.get("flipping_nodes") or [])
        with tempfile.TemporaryDirectory(prefix="weir-dbt-") as place:
            root = pathlib.Path(place) / "project"
            shutil.copytree(folder, root, ignore=shutil.ignore_patterns("expected*"))
            for package in expected.get("packages") or {}:  # one copy serves the projects that name the same commit
                if (shared := folder.parent / "packages" / package).exists():
                    shutil.copytree(shared, root / "dbt_packages" / package)
            database = pathlib.Path(place) / "corpus.duckdb"
            environment = dict(os.environ, CORPUS_DB=str(database), NO_COLOR="1", WEIR_PYTHON=sys.executable)
            if expected.get("trust"):  # without it no other project may be asked for any
                environment["WEIR_TRUST"] = "1"
            compiled = {}
            for number, step in enumerate(expected["steps"], 1):
                words = words_of(step["cmd"])
                results = root / "target/run_results.json"
                if words[0] != "retry":
                    results.unlink(missing_ok=True)
                shutil.rmtree(root / "target/compiled", ignore_errors=True)
                if self.target:
                    words += ["--target", self.target]
                done = subprocess.run([self.weir, *words], cwd=root, env=environment, capture_output=True, text=True)
                if self.verbose:
                    print(done.stdout, done.stderr, sep="\n")
                tail = " | ".join((done.stderr.strip() or done.stdout.strip()).splitlines()[:3])[:300]
                self.check(project, "command", f"{number}", done.returncode == step["exit_code"],
                           f"exit {done.returncode}, dbt {step['exit_code']}: {tail}")
                nodes = {}
                if results.exists():
                    for result in json.loads(results.read_text())["results"]:
                        nodes[result["unique_id"]] = result
                    for unique_id, node in json.loads((root / "target/manifest.json").read_text())["nodes"].items():
                        if node.get("compiled_code") is not None:
                            compiled[unique_id] = node["compiled_code"]
                held = self.held_back(project, nodes) if self.target == "lake" else set()
                self.statuses(project, number, {key: value for key, value in step.get("nodes", {}).items()
                                                if key not in held}, nodes, flipping | held)
                wanted = step.get("relations_after")
                if wanted is None and number == len(expected["steps"]):
                    wanted = expected["relations"]
                if wanted is not None:
                    if self.target == "lake":  # views of files
                        wanted = {name: {**relation, "type": "BASE TABLE"} if name in expected.get("tables_on_lake", []) else relation
                                  for name, relation in wanted.items()}
                    found = lake_relations(self.weir, root, environment, wanted) if self.target == "lake" else \
                        relations_of(database, root)
                    prefix = f"{number}:" if "relations_after" in step else ""
                    self.tables(project, prefix, self.not_held(wanted, nodes, held), found)
                for name, text in step.get("compiled_files", {}).items() if self.target != "lake" else []:
                    path = root / "target/compiled" / name
                    self.same_sql(project, f"{number}:{name}", path.read_text() if path.exists() else None, text)
                if step.get("keep"):
                    shutil.copytree(root / "target", root / step["keep"])
            if self.target != "lake" and (folder / "expected_compiled.jsonl").exists():
                self.compiled(project, folder, compiled)

    @staticmethod
    def held_back(project, nodes):
        """Nodes that a failing test keeps unpublished, and what was skipped for their sake."""
        failing = any(node["status"] == "fail" for node in nodes.values())
        held = {unique_id for unique_id, node in nodes.items()
                if failing and node["status"] in ("error", "skipped") and not unique_id.startswith("test.")}
        for unique_id in sorted(held):
            print(f"held  {project} {unique_id}")
        return held | {unique_id for unique_id, node in nodes.items() if held and node["status"] == "skipped"}

    @staticmethod
    def not_held(wanted, nodes, held):
        hidden = {(nodes[unique_id].get("relation_name") or "").replace('"', "").split(".", 1)[-1] for unique_id in held}
        return {name: value for name, value in wanted.items() if name not in hidden}

    def statuses(self, project, number, expected, nodes, flipping):
        for unique_id, want in expected.items():
            got = nodes.get(unique_id, {"status": "missing"})
            name = f"{number}:{unique_id}"
            if unique_id in flipping:
                continue
            same = got["status"] == want["status"] and got.get("failures") == want.get("failures")
            if want.get("batch_results"):
                same = same and got.get("batch_results") == want["batch_results"]
            message = (got.get("message") or "").replace("\n", " ")[:200]
            self.check(project, "status", name, same, f"{got['status']} {got.get('failures')}, dbt {want['status']} "
                                                      f"{want.get('failures')}  {message}")
        for unique_id in nodes:
            if unique_id not in expected and unique_id not in flipping:
                self.check(project, "status", f"{number}:{unique_id}", False, "dbt has no such node")

    def tables(self, project, prefix, expected, found):
        for name, want in expected.items():
            got = found.get(name)
            if got is None:
                self.check(project, "table", prefix + name, False, "missing")
                continue
            if "error" in got or want.get("error"):
                self.check(project, "table", prefix + name, bool(want.get("error")) == ("error" in got), str(got))
                continue
            keys = ["type", "columns", "rows"] + ([] if want.get("unstable") or want.get("sha") is None else ["sha"])
            wrong = [f"{key}: {got[key]}, dbt {want[key]}" for key in keys if got[key] != want[key]]
            self.check(project, "table", prefix + name, not wrong, "; ".join(wrong)[:400])
        for name in found:
            if name not in expected and self.target != "lake":
                self.check(project, "table", prefix + name, False, "dbt makes no such table")

    def compiled(self, project, folder, compiled):
        for line in (folder / "expected_compiled.jsonl").read_text().splitlines():
            want = json.loads(line)
            if want.get("unstable"):
                continue
            self.same_sql(project, want["unique_id"], compiled.get(want["unique_id"]), want["compiled_code"])

    def same_sql(self, project, name, got, want):
        if got is None:
            self.check(project, "compiled", name, False, "missing")
            return
        if name.endswith(".py"):
            ours, theirs = python_meaning(got), python_meaning(want)
            self.check(project, "compiled", name, ours == theirs, f"{ours}  <>  {theirs}")
            return
        ours, theirs = tokens(got), tokens(want)
        at = next((i for i, (a, b) in enumerate(zip(ours, theirs)) if a != b), min(len(ours), len(theirs)))
        self.check(project, "compiled", name, ours == theirs,
                   f"{' '.join(ours[max(0, at - 3):at + 8])}  <>  {' '.join(theirs[max(0, at - 3):at + 8])}")

    def close(self, whole):
        if whole:
            lake = self.target == "lake"
            for key in sorted(key for key in set(KNOWN) - self.met - OF_THE_DAY if key[1].startswith("lake ") == lake):
                print(f"FAIL {' '.join(key)}: listed as known to differ, but it was not met")
                self.failed += 1
        for what, (same, all_) in self.counts.items():
            print(f"{what:10} {same:4} of {all_:4} equal")
        passed = sum(same for same, _ in self.counts.values())
        print(f"{passed} passed, {self.failed} failed, {len(self.met)} skipped")
        return 1 if self.failed or passed == 0 else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", default=HERE / "dbt", type=pathlib.Path)
    parser.add_argument("--weir", default=HERE.parents[1] / "build/dev/weir")
    parser.add_argument("--only", action="append", default=[], help="name of a project")
    parser.add_argument("--target", default=None, choices=["lake"])
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--record", metavar="PROJECT", help="run the commands of its expected.json by dbt and write down what came of each")
    parser.add_argument("--dbt", default="dbt", help="dbt-core 1.11.16 with dbt-duckdb 1.11.1 and DuckDB 1.5.5")
    arguments = parser.parse_args()
    if arguments.record:
        record(arguments.dbt, arguments.folder / arguments.record)
        return 0
    suite = Suite(str(pathlib.Path(arguments.weir).resolve()), arguments.verbose, arguments.target)
    projects = sorted(path.parent for path in arguments.folder.glob("*/expected.json"))
    if not projects:
        print(f"no projects in {arguments.folder}")
        return 1
    for folder in projects:
        if not arguments.only or folder.name in arguments.only:
            suite.run(folder.name, folder)
    return suite.close(not arguments.only and arguments.folder == HERE / "dbt")


if __name__ == "__main__":
    sys.exit(main())
