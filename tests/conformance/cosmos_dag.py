#!/usr/bin/env python3
"""Astronomer Cosmos with weir as its dbt: a dbt project as an Airflow DAG, a task for each model, each of which calls `dbt`.

Cosmos reads a project by `dbt ls` or from a manifest, runs `dbt run`, `dbt seed` and `dbt test` in tasks, and takes the tests that warned
out of what is printed. Here it does all of that with a program named dbt that is weir, and:
  - the nodes that it finds by weir's `ls` and in weir's manifest.json are those that it finds by real dbt's, where there is one;
  - every task of the DAG ends well, in Airflow itself, and the tables hold what real dbt recorded;
  - a test that warns reaches on_warning_callback, with its name;
  - a model that fails fails its task, and what follows is not run.
It needs Python packages of its own: ./dev setup --full.
"""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PYTHON = ROOT / ".venv-cosmos/bin/python"
DBT = ROOT / ".venv-dbt/bin/dbt"
PROJECT = HERE / "dbt/jaffle_shop_duckdb"


def prepare(folder, weir):
    project = folder / "jaffle_shop"
    shutil.copytree(PROJECT, project)
    (project / "tests").mkdir(exist_ok=True)
    (project / "tests/all_have_ordered.sql").write_text(
        "{{ config(severity='warn') }}\nselect * from {{ ref('customers') }} where number_of_orders is null\n", encoding="utf-8")
    link = folder / "dbt"
    link.symlink_to(weir)
    return project, link


def inside(script, folder, **arguments):
    """Runs a function of this file in Cosmos' own Python; what it prints last is JSON."""
    environment = {**os.environ, "AIRFLOW_HOME": str(folder / "airflow"), "CORPUS_DB": str(folder / "shop.duckdb"),
                   "AIRFLOW__CORE__LOAD_EXAMPLES": "False", "AIRFLOW__CORE__UNIT_TEST_MODE": "False", "DO_NOT_TRACK": "1",
                   "AIRFLOW__COSMOS__ENABLE_CACHE": "False", "AIRFLOW__COSMOS__ENABLE_TELEMETRY": "False",
                   "AIRFLOW__COSMOS__PROPAGATE_LOGS": "True"}
    done = subprocess.run([PYTHON, __file__, "--inside", script, json.dumps(arguments, default=str)], env=environment, cwd=folder,
                          capture_output=True, text=True, check=False, timeout=600)
    last = done.stdout.strip().splitlines()[-1:] or [""]
    try:
        return json.loads(last[0])
    except ValueError:
        sys.exit(f"{script}: exit {done.returncode}\n{done.stdout[-6000:]}\n{done.stderr[-6000:]}")


# ---------------------------------------------------------------- in Cosmos' Python
def configurations(project, dbt, manifest=None):
    from cosmos import ExecutionConfig, ProfileConfig, ProjectConfig
    from cosmos.constants import InvocationMode

    path = pathlib.Path(project)
    profile = ProfileConfig(profile_name="jaffle_shop", target_name="duckdb", profiles_yml_filepath=path / "profiles.yml")
    execution = ExecutionConfig(dbt_executable_path=dbt, invocation_mode=InvocationMode.SUBPROCESS)
    return ProjectConfig(dbt_project_path=path, manifest_path=manifest), profile, execution


def render(dbt, mode):
    from cosmos import RenderConfig
    from cosmos.constants import InvocationMode, LoadMode, TestBehavior

    return RenderConfig(load_method=LoadMode(mode), dbt_executable_path=dbt, invocation_mode=InvocationMode.SUBPROCESS, dbt_deps=False,
                        test_behavior=TestBehavior.AFTER_EACH)


def nodes(project, dbt, mode, manifest=None):
    from cosmos.constants import LoadMode
    from cosmos.dbt.graph import DbtGraph

    project_config, profile, execution = configurations(project, dbt, manifest)
    execution.project_path = pathlib.Path(project)
    graph = DbtGraph(project=project_config, profile_config=profile, execution_config=execution, render_config=render(dbt, mode))
    graph.load(method=LoadMode(mode))
    return {name: {"type": node.resource_type.value, "depends_on": sorted(node.depends_on), "tags": sorted(node.tags), "fqn": node.fqn,
                   "materialized": node.config.get("materialized"), "severity": str(node.config.get("severity")).lower(),
                   "file": str(node.file_path.relative_to(pathlib.Path(project).parent)) if mode != "dbt_manifest" else None}
            for name, node in graph.nodes.items()}


WARNED = "warned.txt"  # in the working folder: names of tests, as on_warning_callback gets them


def dag_of(project, dbt):
    import pendulum
    from cosmos import DbtDag

    def note(context):
        with open(WARNED, "a", encoding="utf-8") as out:
            out.writelines(f"{name}\n" for name in context["test_names"])

    project_config, profile, execution = configurations(project, dbt)
    return DbtDag(dag_id="shop", schedule=None, start_date=pendulum.datetime(2026, 1, 1), project_config=project_config, profile_config=profile,
                  execution_config=execution, render_config=render(dbt, "dbt_ls"), operator_args={"install_deps": False},
                  on_warning_callback=note)


def run(project, dbt):
    # Airflow takes DAGs from files in its own folder.
    folder = pathlib.Path(os.environ["AIRFLOW_HOME"], "dags")
    folder.mkdir(exist_ok=True)
    (folder / "shop.py").write_text(f"# airflow DAG\nimport sys\nsys.path.insert(0, {str(HERE)!r})\nimport cosmos_dag\n"
                                    f"shop = cosmos_dag.dag_of({project!r}, {dbt!r})\n", encoding="utf-8")
    sys.path.insert(0, str(folder))
    import shop

    pathlib.Path(WARNED).write_text("", encoding="utf-8")
    outcome = shop.shop.test()
    states = {one.task_id: str(one.state) for one in outcome.get_task_instances()}
    return {"states": states, "warned": pathlib.Path(WARNED).read_text(encoding="utf-8").split()}


# ---------------------------------------------------------------- beside it
class Judge:
    def __init__(self):
        self.passed = self.failed = 0

    def check(self, what, good, why=""):
        self.passed, self.failed = self.passed + bool(good), self.failed + (not good)
        if not good:
            print(f"FAIL  {what}  {why}", flush=True)


def compare(judge, what, found, wanted):
    for name in sorted(set(found) | set(wanted)):
        judge.check(f"{what}: {name}", found.get(name) == wanted.get(name), f"{found.get(name)} != {wanted.get(name)}")


def tables(file, names):
    import duckdb

    with duckdb.connect(str(file), read_only=True) as db:
        return {name: sorted(map(repr, db.execute(f'SELECT * FROM main."{name}"').fetchall())) for name in names}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--weir", default=ROOT / "build/dev/weir", type=pathlib.Path)
    parser.add_argument("--inside", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.inside:
        import airflow  # noqa: F401  before Cosmos, which is loaded as its plugin

        script, given = arguments.inside
        print("\n" + json.dumps(globals()[script](**json.loads(given))))
        return
    if not PYTHON.exists():
        sys.exit("no .venv-cosmos: ./dev setup --full makes it")
    judge = Judge()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        project, link = prepare(folder, arguments.weir.resolve())
        subprocess.run([PYTHON.parent / "airflow", "db", "migrate"], check=True, capture_output=True,
                       env={**os.environ, "AIRFLOW_HOME": str(folder / "airflow"), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"})
        # What it finds.
        own = inside("nodes", folder, project=project, dbt=link, mode="dbt_ls")
        if DBT.exists():
            compare(judge, "ls", own, inside("nodes", folder, project=project, dbt=DBT, mode="dbt_ls"))
        environment = {**os.environ, "CORPUS_DB": str(folder / "shop.duckdb")}
        subprocess.run([link, "parse", "--project-dir", project, "--profiles-dir", project], check=True, capture_output=True, env=environment)
        by_manifest = inside("nodes", folder, project=project, dbt=link, mode="dbt_manifest", manifest=project / "target/manifest.json")
        without_file = {node: {**found, "file": None} for node, found in own.items()}
        compare(judge, "manifest", by_manifest, without_file)
        # What it runs.
        ran = inside("run", folder, project=project, dbt=link)
        judge.check("tasks of the DAG", len(ran["states"]) >= 8, str(len(ran["states"])))
        for task, state in ran["states"].items():
            judge.check(f"task {task}", state == "success", state)
        judge.check("the test that warns", ran["warned"] == ["all_have_ordered"], str(ran["warned"]))
        if DBT.exists():
            subprocess.run([DBT, "-q", "build", "--project-dir", project, "--profiles-dir", project, "--target-path", folder / "theirs"], check=True,
                           capture_output=True, env={**os.environ, "CORPUS_DB": str(folder / "theirs.duckdb"), "DO_NOT_TRACK": "1"})
            names = ["customers", "orders", "stg_payments", "raw_orders"]
            compare(judge, "rows", tables(folder / "shop.duckdb", names), tables(folder / "theirs.duckdb", names))
        # What fails.
        (project / "models/orders.sql").write_text("select no_such_column from {{ ref('stg_orders') }}\n", encoding="utf-8")
        broken = inside("run", folder, project=project, dbt=link)["states"]
        judge.check("orders fails", broken.get("orders.run") == "failed", str(broken.get("orders.run")))
        judge.check("its tests do not run", broken.get("orders.test") == "upstream_failed", str(broken.get("orders.test")))
        judge.check("customers does", broken.get("customers.run") == "success", str(broken.get("customers.run")))
    print(f"{judge.passed} passed, {judge.failed} failed")
    sys.exit(1 if judge.failed else 0)


if __name__ == "__main__":
    main()
