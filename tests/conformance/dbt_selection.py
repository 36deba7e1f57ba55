#!/usr/bin/env python3
"""What `weir ls` selects, against what real dbt listed: many expressions over projects of dbt/, of which own_selection
has what the others lack (versions, groups, exposures, a unit test, selectors.yml), and over edited copies of that one with the state of before.
The set of unique_ids is compared, and whether the expression is refused. Recorded in dbt/selection.jsonl; to record again, with a
Python that has dbt-core 1.11.16 and dbt-duckdb 1.11.1:  dbt_selection.py --record

A difference that is known and wished stands in KNOWN with its reason; one that is listed there and does not come is an error too.
"""
import argparse
import contextlib
import io
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import recorded

HERE = pathlib.Path(__file__).resolve().parent
EXPECTED = HERE / "dbt" / "selection.jsonl"
SHOP = "own_selection"
PROJECTS = [SHOP, "own_incr_snap", "jaffle_shop_core", "sushi_dbt", "fx_layered"]

# (project, edits, arguments as one text) -> reason
KNOWN = {("own_selection", None, "-s config.meta.level:2"): "dbt finds no number by its text; weir does"}

# Name -> what is done to a copy of shop after its state was taken: (file, old, new); new None removes the file, old "" makes it.
EDITS = {
    "nothing": [],
    "body": [("models/marts/report.sql", "sum(o.amount)", "max(o.amount)")],
    "blanks": [("models/marts/report.sql", "group by 1\n", "group by 1\n\n\n")],
    "seed": [("seeds/countries.csv", "Norway", "Norge")],
    "config": [("models/marts/core/orders.sql", "unique_key='id'", "unique_key='customer_id'")],
    "config in the project file": [("dbt_project.yml", "+materialized: view", "+materialized: table")],
    "tags": [("dbt_project.yml", "+tags: [stg]", "+tags: [staging]")],
    "meta": [("dbt_project.yml", "owner: ann", "owner: eve")],
    "schema": [("dbt_project.yml", "'marts'", "'shop'")],
    "alias": [("models/marts/by_country.sql", "per_country", "countries_of")],
    "persisted description": [("models/marts/core/core.yml", "all orders", "each order")],
    "persisted column": [("models/marts/core/core.yml", "in euro", "in dollar")],
    "other description": [("models/staging/staging.yml", "orders as they come", "orders, raw")],
    "contract": [("models/marts/marts.yml", "data_type: varchar", "data_type: text")],
    "new column in contract": [("models/marts/marts.yml", "      - {name: country", "      - {name: x, data_type: int}\n      - {name: country")],
    "macro": [("macros/rates.sql", "1.5", "1.6")],
    "macro that is called": [("macros/rates.sql", "{{ base_rate() }}", "1 * {{ base_rate() }}")],
    "new model": [("models/marts/new.sql", "", "select * from {{ ref('report') }}")],
    "removed model": [("models/marts/report.sql", "", None), ("tests/sums_agree.sql", "", None), ("analyses/look.sql", "", None),
                      ("models/marts/marts.yml", "ref('report'), ", "")],
    "moved model": [("models/marts/report.sql", "", None),
                    ("models/marts/core/report.sql", "", "{{ config(tags='weekly') }}\nselect c.name, sum(o.amount) as amount from "
                     "{{ ref('orders') }} o join {{ ref('customers') }} c on c.id = o.customer_id group by 1\n")],
    "access": [("models/staging/staging.yml", "access: private", "access: protected")],
    "latest version": [("models/marts/core/core.yml", "latest_version: 2", "latest_version: 3")],
    "severity": [("models/staging/staging.yml", "severity: warn", "severity: error")],
    "a test's argument": [("models/staging/staging.yml", "['no', 'it']", "['no', 'it', 'de']")],
    "a test's tag": [("models/staging/staging.yml", "tags: [slow]", "tags: [quick]")],
    "singular test": [("tests/amounts_are_positive.sql", "< 0", "<= 0")],
    "unit test": [("models/marts/core/core.yml", "amount: 3", "amount: 4")],
    "source identifier": [("models/sources.yml", "crm_customers", "crm_people")],
    "source freshness": [("models/sources.yml", "count: 1", "count: 2")],
    "source tags": [("models/sources.yml", "tags: [big]", "tags: [small]")],
    "new source": [("models/sources.yml", "      - name: items", "      - name: items\n      - name: parcels")],
    "exposure": [("models/marts/marts.yml", "type: dashboard", "type: notebook")],
    "snapshot": [("snapshots/history.yml", "[name]", "[name, code]")],
    "persist_docs off": [("models/marts/core/core.yml", "columns: true", "columns: false")],
}
STATE = ["state:modified", "state:new", "state:old", "state:unmodified", "state:modified.body", "state:modified.configs",
         "state:modified.persisted_descriptions", "state:modified.relation", "state:modified.macros", "state:modified.contract",
         "state:modified+", "state:modified,tag:nightly"]
RESULTS = {"model.shop.orders": "error", "model.shop.report": "skipped", "test.shop.amounts_are_positive": "fail",
           "seed.shop.countries": "success", "test.shop.sums_agree": "warn"}


def expressions(nodes):
    """Argument lists for a project whose nodes (name, type, tags, file, fqn) are known. The same for weir and dbt."""
    out = [["-s", "*"], [], ["-s", "nothing_like_this"], ["-s", "fqn:*"], ["-s", "source:*"], ["-s", "exposure:*"], ["-s", "unit_test:*"],
           ["-s", "test_type:generic"], ["-s", "test_type:singular"], ["-s", "test_type:unit"], ["-s", "test_type:data"],
           ["-s", "test_name:unique"], ["-s", "test_name:not*"], ["-s", "package:this"], ["-s", "package:*utils*"],
           ["-s", "access:protected"], ["-s", "access:public"], ["-s", "access:private"], ["-s", "group:*"], ["-s", "group:sales"],
           ["-s", "version:none"], ["-s", "version:latest"], ["-s", "version:old"], ["-s", "version:prerelease"],
           ["-s", "path:models"], ["-s", "path:seeds/*"], ["-s", "models/*"], ["-s", "models/**/*.sql"], ["-s", "path:tests"],
           ["-s", "file:*.yml"], ["-s", "file:*.csv"], ["-s", "config.materialized:table+"], ["-s", "config.materialized:view"],
           ["-s", "config.severity:WARN"], ["-s", "config.severity:error"], ["-s", "config.enabled:true"], ["-s", "config.unique_key:id"],
           ["-s", "config.meta.pii:false"], ["-s", "config.meta.owner:bob"], ["-s", "config.meta.areas:crm"], ["-s", "config.tags:nightly"],
           ["-s", "config.schema:marts"], ["-s", "config.contract.enforced:true"], ["-s", "config.nothing:x"],
           ["--exclude", "config.materialized:view"], ["-s", "nosuch:thing"], ["-s", "@a+"], ["-s", "state:modified"],
           ["--resource-type", "model"], ["--resource-type", "test", "unit_test"], ["--exclude-resource-type", "test"],
           ["--resource-type", "analysis"]]
    out += [["-s", f"resource_type:{kind}"] for kind in ("model", "seed", "source", "snapshot", "test", "analysis", "exposure", "metric",
                                                        "unit_test", "semantic_model", "saved_query", "odd")]
    models = [node for node in nodes if node["resource_type"] == "model"]
    chosen = models[:: max(1, len(models) // 4)][:4]
    for node in chosen:
        name = node["name"]
        for form in ("{}", "+{}", "{}+", "@{}", "1+{}", "{}+1", "2+{}+2", "+{}+"):
            out.append(["-s", form.format(name)])
        out += [["-s", ".".join(node["fqn"])], ["-s", ".".join(node["fqn"][1:])], ["-s", ".".join(node["fqn"][:-1])],
                ["-s", ".".join(node["fqn"][:-1]) + ".*"], ["-s", name[:3] + "*"], ["-s", "*" + name[-3:]], ["-s", name[:-1] + "?"],
                ["-s", "path:" + node["original_file_path"]], ["-s", str(pathlib.Path(node["original_file_path"]).parent)],
                ["-s", "file:" + pathlib.Path(node["original_file_path"]).name], ["-s", pathlib.Path(node["original_file_path"]).name],
                ["-s", f"+{name},config.materialized:table"], ["-s", f"{name}+", "--exclude", name], ["--exclude", f"{name}+"],
                ["--exclude", f"{name}", "--indirect-selection", "cautious"]]
        for how in ("eager", "cautious", "buildable", "empty"):
            out += [["-s", name, "--indirect-selection", how], ["-s", f"{name}+1", "--indirect-selection", how],
                    ["-s", f"+{name}", "--indirect-selection", how]]
    for one, two in zip(chosen, chosen[1:]):
        for how in ("eager", "cautious", "buildable", "empty"):
            out += [["-s", f"{one['name']} {two['name']}", "--indirect-selection", how],
                    ["-s", f"+{one['name']},+{two['name']}", "--indirect-selection", how],
                    ["-s", one["name"], two["name"], "--exclude", f"{two['name']}+", "--indirect-selection", how]]
    for tag in sorted({tag for node in nodes for tag in node["tags"]}):
        out += [["-s", f"tag:{tag}"], ["-s", f"tag:{tag[:2]}*"], ["-s", f"tag:{tag}+"], ["-s", f"1+tag:{tag}"],
                ["-s", f"tag:{tag}", "--exclude", "resource_type:test"], ["-s", f"tag:{tag}", "--indirect-selection", "cautious"]]
    for source in sorted({tuple(node["fqn"][-2:]) for node in nodes if node["resource_type"] == "source"})[:6]:
        out += [["-s", f"source:{source[0]}"], ["-s", f"source:{'.'.join(source)}"], ["-s", f"source:{'.'.join(source)}+"],
                ["-s", f"source:*.{source[1]}+1"], ["-s", f"source:this.{source[0]}.{source[1]}"], ["-s", f"source:a.b.{source[0]}.c"]]
    return out


SHOP_ONLY = [["--selector", name] for name in ("nightly", "orders_and_below", "staged_with_tests", "nightly_without_tests", "less", "near",
                                              "missing")] + [
    ["-s", "customers.v1"], ["-s", "customers_v2+"], ["-s", "customers.v*"], ["-s", "shop.marts.core.customers"], ["-s", "cust*"],
    ["-s", "+exposure:board"], ["-s", "+exposure:shop.board"], ["-s", "exposure:bo*", "letter"], ["-s", "source:crm+"],
    ["-s", "unit_test:rates_apply"], ["-s", "unit_test:shop.rates*"], ["-s", "tag:weekly", "--resource-type", "exposure"],
    ["-s", "+group:sales"], ["-s", "config.meta.level:2"], ["-s", "config.check_cols:name"], ["--resource-type", "exposure"],
    ["--exclude-resource-type", "exposure", "source"], ["-s", "test_name:rates*"], ["-s", "customers_history"]]


def ready(project, place):
    root = pathlib.Path(place) / "project"
    shutil.copytree(HERE / "dbt" / project, root, ignore=shutil.ignore_patterns("expected*", "target", "logs"))
    packages = HERE / "dbt" / "packages"
    expected = HERE / "dbt" / project / "expected.json"
    for package in (json.loads(expected.read_text()).get("packages") or {}) if expected.exists() else {}:
        if (packages / package).exists():
            shutil.copytree(packages / package, root / "dbt_packages" / package)
    return root


def edit(root, changes):
    for file, old, new in changes:
        path = root / file
        if new is None:
            path.unlink()
        elif not old:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(new)
        else:
            text = path.read_text()
            assert old in text, (file, old)
            path.write_text(text.replace(old, new, 1))


def state_of(root, folder):
    """The folder of the state: the manifest that lies in target/, and results of a run as both write them."""
    folder.mkdir()
    shutil.copy(root / "target/manifest.json", folder)
    results = [{"status": status, "unique_id": unique_id, "timing": [], "thread_id": "1", "execution_time": 0.0, "adapter_response": {},
                "message": None, "failures": None, "compiled": None, "compiled_code": None, "relation_name": None,
                "batch_results": None} for unique_id, status in RESULTS.items()]
    metadata = {"dbt_schema_version": "https://schemas.getdbt.com/dbt/run-results/v6.json", "dbt_version": "1.11.16",
                "generated_at": "2026-01-01T00:00:00Z", "invocation_id": None, "invocation_started_at": None, "env": {}}
    (folder / "run_results.json").write_text(json.dumps({"metadata": metadata, "results": results, "elapsed_time": 0.0, "args": {}}))


def cases(project, nodes):
    return expressions(nodes) + (SHOP_ONLY if project == SHOP else [])


class Dbt:
    """Real dbt in this process: a project is parsed once by `dbt parse`, then dbt's own selection is asked many times, as `dbt ls` asks it."""

    def __init__(self, root):
        from dbt.cli.main import dbtRunner
        self.root, self.runner = root, dbtRunner
        os.environ["CORPUS_DB"] = str(root / "corpus.duckdb")
        self.parse()

    def parse(self):
        from dbt.compilation import Linker
        from dbt.graph import Graph
        done = self.runner().invoke(["parse", "--project-dir", str(self.root), "--profiles-dir", str(self.root), "--quiet"])
        assert done.success, done.exception
        self.manifest = done.result
        linker = Linker()
        linker.link_graph(self.manifest)
        self.graph = Graph(linker.graph)

    def ls(self, arguments):
        from dbt.config.selectors import selector_config_from_data, selector_data_from_root
        from dbt.contracts.state import PreviousState
        from dbt.flags import get_flags
        from dbt.graph import ResourceTypeSelector
        from dbt.graph.cli import parse_difference
        from dbt.node_types import NodeType
        from dbt.task.list import ListTask
        from dbt_common.events.contextvars import set_task_contextvars
        parser = argparse.ArgumentParser()
        for flag in ("--select", "--exclude", "--resource-type", "--exclude-resource-type"):
            parser.add_argument(flag, *(["-s"] if flag == "--select" else []), nargs="+")
        parser.add_argument("--selector")
        parser.add_argument("--state")
        parser.add_argument("--indirect-selection", default="eager")
        given = parser.parse_args(arguments)
        object.__setattr__(get_flags(), "INDIRECT_SELECTION", given.indirect_selection)
        set_task_contextvars(project_root=str(self.root))
        types = {NodeType(word) for word in given.resource_type or ListTask.DEFAULT_RESOURCE_VALUES}
        types -= {NodeType(word) for word in given.exclude_resource_type or []}
        state = given.state and PreviousState(pathlib.Path(given.state), self.root / "target", self.root)
        try:
            if given.selector:
                spec = selector_config_from_data(selector_data_from_root(str(self.root)))[given.selector]["definition"]
            else:
                spec = parse_difference(given.select, given.exclude)
            selector = ResourceTypeSelector(self.graph, self.manifest, state, sorted(types), include_empty_nodes=True)
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                return sorted(selector.get_selected(spec))
        except Exception as error:  # whatever dbt refuses with
            return None if type(error).__name__ not in ("AttributeError", "TypeError", "NameError") else self.broken(error)

    @staticmethod
    def broken(error):
        raise error

    def nodes(self):
        items = [*self.manifest.nodes.values(), *self.manifest.sources.values(), *self.manifest.exposures.values()]
        return sorted(({"name": str(item.name), "resource_type": str(item.resource_type), "tags": list(item.tags), "fqn": list(item.fqn),
                        "original_file_path": str(item.original_file_path)} for item in items if item.package_name == self.own()),
                      key=lambda node: node["fqn"])

    def own(self):
        return self.manifest.metadata.project_name


def record(only):
    """Writes as it goes: what is recorded of other projects stays when --only names some."""
    kept = [line for line in (EXPECTED.read_text().splitlines(True) if EXPECTED.exists() else [])
            if only and json.loads(line)["project"] not in only]
    with EXPECTED.open("w") as out:
        out.writelines(kept)

        def put(project, name, arguments, nodes):
            out.write(json.dumps({"project": project, "edits": name, "arguments": arguments, "nodes": nodes}) + "\n")
            out.flush()

        for project in PROJECTS:
            if only and project not in only:
                continue
            with tempfile.TemporaryDirectory(prefix="weir-select-") as place:
                root = ready(project, place)
                dbt = Dbt(root)
                for arguments in cases(project, dbt.nodes()):
                    put(project, None, arguments, dbt.ls(arguments))
                if project == SHOP:
                    record_edits(dbt, root, pathlib.Path(place), put)
    print(f"{len(EXPECTED.read_text().splitlines())} expressions recorded")


def record_edits(dbt, root, place, put):
    state = place / "state"
    state_of(root, state)
    for name, changes in EDITS.items():
        shutil.rmtree(root)
        ready(SHOP, place)
        edit(root, changes)
        dbt.parse()
        for word in state_words(name):
            put(SHOP, name, ["-s", word], dbt.ls(["-s", word, "--state", str(state)]))


def state_words(name):
    results = [f"result:{word}" for word in ("error", "fail", "skipped", "warn", "success", "pass")]
    return STATE + (results + ["result:error+", "1+result:fail", "state:odd"] if name == "nothing" else [])


def weir_ls(weir, root, arguments):
    environment = dict(os.environ, CORPUS_DB=str(root / "corpus.duckdb"), NO_COLOR="1")
    done = subprocess.run([weir, "ls", *arguments, "--output", "json"], cwd=root, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        return None, done.stderr.strip()[:200]
    return sorted(json.loads(line)["unique_id"] for line in done.stdout.splitlines()), ""


def check(weir, only):
    groups = {}
    for line in EXPECTED.read_text().splitlines():
        case = json.loads(line)
        if only and case["project"] not in only and case["edits"] not in only:
            continue
        groups.setdefault((case["project"], case["edits"]), []).append(case)
    passed, failed, met = 0, 0, set()
    for (project, name), found in groups.items():
        with tempfile.TemporaryDirectory(prefix="weir-select-") as place:
            root = ready(project, place)
            more = []
            if name is not None:
                subprocess.run([weir, "parse"], cwd=root, check=True, capture_output=True)
                state_of(root, pathlib.Path(place) / "state")
                edit(root, EDITS[name])
                more = ["--state", str(pathlib.Path(place) / "state")]
            same = 0
            for case in found:
                got, message = weir_ls(weir, root, case["arguments"] + more)
                key = (project, name, " ".join(case["arguments"]))
                equal = got == case["nodes"]
                same += equal
                if equal and key in KNOWN:
                    print(f"FAIL {key}: listed as known to differ, but it does not")
                    failed += 1
                elif equal:
                    passed += 1
                elif key in KNOWN:
                    met.add(key)
                    print(f"known {key}: {KNOWN[key]}")
                else:
                    failed += 1
                    ours, theirs = set(got or []), set(case["nodes"] or [])
                    what = message if got is None else "dbt refuses it" if case["nodes"] is None else \
                        f"more {sorted(ours - theirs)[:4]}, less {sorted(theirs - ours)[:4]}"
                    print(f"FAIL {project} [{name}] {' '.join(case['arguments'])}: {what}")
            print(f"{project}{f' [{name}]' if name else '':40} {same:4} of {len(found):4} equal")
    for key in sorted(set(map(str, KNOWN)) - set(map(str, met))) if not only else []:
        print(f"FAIL {key}: listed as known to differ, but it was not met")
        failed += 1
    print(f"{passed} passed, {failed} failed, {len(met)} skipped")
    return 1 if failed or passed == 0 else 0


if __name__ == "__main__":
    sys.exit(recorded.run(__doc__, "a project or of an edit", record, check))
