"""A pytest plugin: dbt's own test suites with weir in dbt's place.

All suites run dbt through `dbtRunner.invoke` of dbt-core. Here it runs a program named `dbt`, which is weir, in a process of its own,
and makes of its exit code, its output and the files in `target/` the objects that dbt would have returned. What a test then asks of
the warehouse goes through dbt-duckdb itself, on the same DuckDB file; its connections are closed while weir runs, since a file has
one writer.

A case passes only if it shows something of weir: it called weir, itself or by a fixture that it uses, each call ended by itself and wrote
the results that it told of, and the exit codes are those that dbt had in the same case (`exit_codes.txt`).

With `--dbt-itself` nothing is replaced: what fails then, fails for a reason that is none of weir's.
"""

import importlib
import inspect
import json
import os
import re
import subprocess
import sys
import tempfile
import types
from datetime import datetime
from pathlib import Path

import dbt.cli.main as dbt_main
import dbt.deprecations
import dbt.tests.fixtures.project as fixtures
import dbt.tests.util as util
import pytest
import yaml
from dbt.artifacts.resources import GenericTest
from dbt.artifacts.schemas.batch_results import BatchResults
from dbt.artifacts.schemas.catalog import CatalogArtifact
from dbt.artifacts.schemas.freshness import FreshnessResult
from dbt.artifacts.schemas.manifest import WritableManifest
from dbt.artifacts.schemas.results import FreshnessStatus, RunStatus, TestStatus, TimingInfo
from dbt.artifacts.schemas.run import RunExecutionResult, RunResult, RunResultsArtifact
from dbt.contracts.graph.manifest import Manifest
from dbt.contracts.graph.nodes import GenericTestNode
from dbt.parser.manifest import ManifestLoader

import manifest_files
import served_packages

TIME_LIMIT = 60  # seconds for one command
WITH_RESULTS = {"build", "clone", "compile", "retry", "run", "run-operation", "seed", "show", "snapshot", "test"}
MAKES_RELATIONS = {"build", "clone", "retry", "run", "seed", "snapshot"}
WITHOUT_NODES = {"clean", "deps", "debug", "init"}


class Dbt:
    """The program that is called `dbt`, and what its last command printed."""

    program = None
    listener = None  # what dbt.tests.util captures in
    calls = []  # of the case that runs: [exit code, what is wrong with the call itself or ""]

    @classmethod
    def run(cls, args, environment=None):
        let_go_of_the_file()
        call = [None, f"weir did not end within {TIME_LIMIT} s: dbt {' '.join(args)}"]
        cls.calls.append(call)
        done = subprocess.run([cls.program, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                              timeout=TIME_LIMIT, check=False, env={**os.environ, **(environment or {})})
        call[:] = done.returncode, f"weir ended by signal {-done.returncode}: dbt {' '.join(args)}" if done.returncode < 0 else ""
        cls.printed = done.stdout.decode("utf-8", "replace")  # without what was said beside it
        text = cls.printed + done.stderr.decode("utf-8", "replace")
        print(f"$ dbt {' '.join(args)}\n{text}[exit {done.returncode}]")
        if cls.listener is not None:
            cls.listener.write(text)
        return done.returncode, text

    @classmethod
    def complain(cls, what):
        """The last call is none that a case may pass by."""
        cls.calls[-1][1] = what
        return cls.error(what)


def let_go_of_the_file():
    """Closes what dbt-duckdb holds open, and has it forget what it knows of the database."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.adapters.factory import FACTORY

    for adapter in FACTORY.adapters.values():
        adapter.connections.cleanup_all()
        adapter.cache.clear()
    if DuckDBConnectionManager._ENV is not None:
        DuckDBConnectionManager._ENV.close()
        DuckDBConnectionManager._ENV = None


def remember_relations(results):
    """What a command has made is in dbt's cache after it. Here: what weir's run_results.json tells to be made, where its manifest.json says
    that it is. No schema counts as known, so that who asks what is in one still asks the database."""
    from dbt.adapters.factory import FACTORY

    made = [result.node for result in results if result.status == RunStatus.Success and getattr(result.node, "relation_name", None)
            and result.node.resource_type in ("model", "seed", "snapshot")]
    for adapter in FACTORY.adapters.values():
        for node in made:
            kind = "view" if node.config.materialized in ("external", "view") else "table"
            adapter.cache.add(adapter.Relation.create(database=node.database, schema=node.schema, identifier=node.alias, type=kind))
        adapter.cache.schemas.clear()


def list_relations_without_a_cache():
    """What is in a schema dbt knows by its cache after a command: it needs no connection for that, and begins no transaction. Here the
    database is asked, what weir has left there."""
    from dbt.adapters.base.impl import BaseAdapter

    real = BaseAdapter.list_relations

    def list_relations(self, database, schema):
        connection = self.connections.get_if_exists()
        if connection is None:
            with self.connection_named("master"):
                return real(self, database, schema)
        within = connection.transaction_open
        found = real(self, database, schema)
        if connection.transaction_open and not within:
            self.connections.commit()
        return found

    BaseAdapter.list_relations = list_relations


# ---------------------------------------------------------------- what dbt would have returned
def all_errors_of_dbt():
    """A class that is every exception of dbt at once: which one it is says nothing of a program that is not Python. Where dbt has none of
    its own, a ValueError (of its graph) or an AssertionError (of its parser) is what a caller gets."""
    import dbt.adapters.exceptions
    import dbt.artifacts.exceptions
    import dbt.cli.exceptions
    import dbt.exceptions
    import dbt_common.exceptions
    from dbt_common.dataclass_schema import ValidationError

    bases = []
    for module in (dbt.exceptions, dbt_common.exceptions, dbt.adapters.exceptions, dbt.artifacts.exceptions, dbt.cli.exceptions):
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, Exception) and value not in bases:
                bases.append(value)
    bases += [ValidationError, ValueError, AssertionError]
    # The most special ones are enough: they bring what they are made of.
    bases = [c for c in bases if not any(d is not c and issubclass(d, c) for d in bases)]
    taken = []
    for one in bases:
        try:
            type("Probe", (*taken, one), {})
            taken.append(one)
        except TypeError:
            pass

    class DbtError(*taken):
        def __init__(self, text):
            Exception.__init__(self, text)
            self.text = self.msg = self.message = text
            self.node = None

        def __str__(self):
            return self.text

        def __repr__(self):  # pytest shortens it: without what was said before, as in dbt
            return f"DbtError({self.text.partition('Encountered an error:' + chr(10))[2] or self.text!r})"

    return DbtError


def value_of(args, *names):
    for i, arg in enumerate(args):
        for name in names:
            if arg == name and i + 1 < len(args):
                return args[i + 1]
            if name.startswith("--") and str(arg).startswith(name + "="):
                return arg[len(name) + 1:]
    return None


def target_folder(args):
    project = Path(value_of(args, "--project-dir") or os.environ.get("DBT_PROJECT_DIR") or os.getcwd())
    named = value_of(args, "--target-path") or os.environ.get("DBT_TARGET_PATH")
    if named is None:
        try:
            named = yaml.safe_load((project / "dbt_project.yml").read_text(encoding="utf-8")).get("target-path")
        except (OSError, AttributeError, yaml.YAMLError):
            named = None
    if isinstance(named, str) and "{{" in named:  # known when it is there
        made = sorted(project.glob(re.sub(r"{{.*?}}", "*", named)), key=lambda folder: folder.stat().st_mtime)
        return made[-1] if made else project / "target"
    return project / (named if isinstance(named, str) else "target")


def read_manifest(folder):
    path = Path(folder) / "manifest.json"
    if not path.exists():
        return None
    data = json.loads(path.read_text(encoding="utf-8"))
    manifest = Manifest.from_writable_manifest(WritableManifest.upgrade_schema_version(data))
    # To dbt's reader each test is a singular one, as that is the first class that its fields fit.
    for unique_id, entry in data["nodes"].items():
        manifest.nodes[unique_id] = generic_test_of(entry) or manifest.nodes[unique_id]
    for unique_id, entries in (data["disabled"] or {}).items():
        manifest.disabled[unique_id] = [generic_test_of(entry) or node for entry, node in zip(entries, manifest.disabled[unique_id])]
    manifest.files = manifest_files.files_of(manifest)
    return manifest


def manifest_as_parsed(folder):
    """As dbt has it in its memory before it runs anything: only a test that keeps its rows has a relation then."""
    manifest = read_manifest(folder)
    for node in manifest.nodes.values() if manifest else ():
        if node.resource_type == "test" and node.config.store_failures is not True:
            node.relation_name = None
    return manifest


def generic_test_of(entry):
    if entry["resource_type"] == "test" and entry.get("test_metadata"):
        return GenericTestNode.from_resource(GenericTest.from_dict(entry))
    return None


def node_of(manifest, unique_id):
    for group in (manifest.nodes, manifest.sources, manifest.unit_tests, manifest.exposures, manifest.saved_queries, manifest.functions,
                  manifest.semantic_models, manifest.metrics):
        if unique_id in group:
            return group[unique_id]
    return types.SimpleNamespace(unique_id=unique_id, name=unique_id.rsplit(".", 1)[-1], resource_type=unique_id.split(".", 1)[0])


def status_of(unique_id, text):
    kinds = (TestStatus, RunStatus) if unique_id.split(".", 1)[0] in ("test", "unit_test") else (RunStatus, TestStatus)
    for kind in (*kinds, FreshnessStatus):
        try:
            return kind(text)
        except ValueError:
            pass
    return text


def times_of(entries):
    def moment(text):
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ") if text else None

    return [TimingInfo(name=e["name"], started_at=moment(e.get("started_at")), completed_at=moment(e.get("completed_at"))) for e in entries]


def result_of(entry, manifest):
    node = node_of(manifest, entry["unique_id"])
    batches = entry.get("batch_results")
    if entry["unique_id"].startswith("unit_test.") and hasattr(node, "depends_on"):
        node.tested_node_unique_id = node.depends_on.nodes[0]
    if hasattr(node, "update_event_status"):
        node.update_event_status(node_status=entry["status"])
    if entry.get("compiled_code") is not None and (hasattr(node, "compiled_code") or isinstance(node, types.SimpleNamespace)):
        node.compiled_code = entry["compiled_code"]
        node.compiled = bool(entry.get("compiled"))
    return RunResult(
        status=status_of(entry["unique_id"], entry["status"]), timing=times_of(entry.get("timing", [])), thread_id=entry["thread_id"],
        execution_time=entry["execution_time"], adapter_response=entry["adapter_response"], message=entry.get("message"),
        failures=entry.get("failures"), node=node, batch_results=BatchResults.from_dict(batches) if batches else None)


def run_results(folder, manifest):
    data = json.loads((folder / "run_results.json").read_text(encoding="utf-8"))
    return RunExecutionResult(results=[result_of(entry, manifest) for entry in data["results"]], elapsed_time=data["elapsed_time"],
                              args=data.get("args", {}))


def tells_its_results(logged):
    return any(line["info"]["name"] == "FinishedRunningStats" for line in logged)


def logged_results(logged):
    """With --no-write-json: the nodes that the log tells to be finished. There is no manifest.json that would tell more of them."""
    manifest, results, elapsed = Manifest(), [], 0.0
    for line in logged:
        data = line["data"]
        if line["info"]["name"] == "NodeFinished":
            told, info = data["run_result"], data["node_info"]
            results.append(RunResult(
                status=status_of(info["unique_id"], told["status"]), timing=[], thread_id=told["thread"], execution_time=told["execution_time"],
                adapter_response=told.get("adapter_response", {}), message=told["message"], failures=told["num_failures"],
                node=node_of(manifest, info["unique_id"]), batch_results=None))
        elif line["info"]["name"] == "FinishedRunningStats":
            elapsed = data["execution_time"]
    return RunExecutionResult(results=results, elapsed_time=elapsed, args={})


def freshness_results(file, manifest):
    data = json.loads(file.read_text(encoding="utf-8"))
    results = []
    for entry in data["results"]:
        result = types.SimpleNamespace(**entry)
        result.node = node_of(manifest, entry["unique_id"])
        result.status = FreshnessStatus(entry["status"])
        result.message = entry.get("error")
        results.append(result)
    return FreshnessResult.from_node_results(results, data["elapsed_time"], datetime.now())


def stamp(path):
    try:
        return path.stat().st_mtime_ns, path.stat().st_ino
    except OSError:
        return None


def verb_of(args):
    known = WITH_RESULTS | WITHOUT_NODES | {"docs", "list", "ls", "parse", "source"}
    return next((a for a in args if a in known), "")


def shown_tables(text):
    """The table in each JSON object of `dbt show --output json`; what is a table for people has none."""
    from dbt_common.clients.agate_helper import table_from_data

    out, decoder, at = [], json.JSONDecoder(), text.find('{\n')
    while at >= 0:
        try:
            shown, end = decoder.raw_decode(text, at)
        except ValueError:
            break
        rows = shown.get("show")
        out.append(table_from_data(rows, list(rows[0])) if rows else rows)
        at = text.find('{\n', end)
    return out or [None]


def retries_a_macro(folder):
    results = json.loads((folder / "run_results.json").read_text(encoding="utf-8"))["results"]
    return any(entry["unique_id"].startswith("macro.") for entry in results)


def result_object(verb, args, folder, text):
    made = result_of_command(verb, args, folder, text)
    if verb in MAKES_RELATIONS and isinstance(made, RunExecutionResult):
        remember_relations(made.results)
    return made


def result_of_command(verb, args, folder, text):
    if verb in ("list", "ls"):
        return [line for line in Dbt.printed.splitlines() if line]
    if verb == "parse":
        return read_manifest(folder)
    if verb == "debug" or verb in WITHOUT_NODES:
        return True if verb == "debug" else None
    if verb == "docs" and "generate" in args:
        return CatalogArtifact.from_dict(json.loads((folder / "catalog.json").read_text(encoding="utf-8")))
    if verb == "source":
        return freshness_results(what_it_writes(verb, args, folder), read_manifest(folder))
    if verb == "show":  # the rows stand in what was printed
        rows = shown_tables(Dbt.printed)
        kept = "--inline-direct" not in args and (folder / "run_results.json").exists()
        results = run_results(folder, read_manifest(folder)).results if kept else []
        nodes = [result.node for result in results] if len(results) == len(rows) else [None] * len(rows)
        results = [types.SimpleNamespace(agate_table=shown, node=node, status=RunStatus.Success) for shown, node in zip(rows, nodes)]
        return types.SimpleNamespace(results=results, args={"limit": int(value_of(args, "--limit") or 5)})
    if verb == "run-operation" or (verb == "retry" and retries_a_macro(folder)):
        return RunResultsArtifact.from_dict(json.loads((folder / "run_results.json").read_text(encoding="utf-8")))
    if verb in WITH_RESULTS:
        return run_results(folder, read_manifest(folder))
    return None


def what_it_writes(verb, args, folder):
    """The file whose contents a command returns. None where it returns what it printed, or nothing."""
    if verb == "source":
        return Path(value_of(args, "-o", "--output") or folder / "sources.json")
    if verb == "docs":
        return folder / "catalog.json" if "generate" in args else None
    if verb == "parse":
        return folder / "manifest.json"
    return folder / "run_results.json" if verb in WITH_RESULTS - {"show"} else None


def event_of(line):
    """A line of the JSON log, read, as an object with the attributes that dbt's events have."""
    def deep(value):
        if isinstance(value, dict):
            return types.SimpleNamespace(**{key: deep(inner) for key, inner in value.items()})
        return [deep(inner) for inner in value] if isinstance(value, list) else value

    return deep(line)


def log_file(args):
    folder = value_of(args, "--log-path") or os.environ.get("DBT_LOG_PATH")
    return (Path(folder) if folder else Path(value_of(args, "--project-dir") or os.getcwd()) / "logs") / "dbt.log"


def remember_deprecations(log):
    """What dbt remembers of a call in its process, by what weir's log of it tells."""
    known = {d._event: d.name for d in dbt.deprecations.deprecations.values()}
    for name, count in counted_in(log) or [(name, 1) for name in events_in(log)]:
        if name in known:
            dbt.deprecations.active_deprecations[known[name]] += count


def counted_in(log):
    """The deprecations that are counted at the end of a log, as text or as JSON: also those that are not told one by one."""
    for line in log.splitlines():
        if line.startswith("{") and '"name":"DeprecationsSummary"' in line:
            return [(entry["event_name"], entry["occurrences"]) for entry in json.loads(line)["data"]["summaries"]]
    summary = log.partition("[WARNING][DeprecationsSummary]: ")[2]
    return [(name, int(count)) for name, count in re.findall(r"^- (\w+): (\d+) occurrences?$", summary, re.MULTILINE)]


def events_in(text):
    """The names of the warnings in a piece of a log, as text or as JSON."""
    return re.findall(r"\[WARNING\]\[(\w+)\]: ", text) + re.findall(r'"info":\{"name":"(\w+)","level":"warn"', text)


def invoke(self, args, **kwargs):
    args = [str(a) for a in args]
    for key, value in kwargs.items():
        flag = key.replace("_", "-")
        if isinstance(value, bool):
            args.append(f"--{flag}" if value else f"--no-{flag}")
        elif value is not None:
            args += [f"--{flag}", *(map(str, value) if isinstance(value, (list, tuple)) else [str(value)])]
    verb, folder = verb_of(args), target_folder(args)
    if verb == "deps":
        served_packages.to_loopback(value_of(args, "--project-dir") or os.getcwd())
    if verb == "show" and Dbt.listener is None and "--output" not in args:
        args += ["--output", "json"]
    written = what_it_writes(verb, args, folder)
    before = stamp(written) if written else None
    only_logged = "--no-write-json" in args and verb in WITH_RESULTS
    logged = []
    if self.callbacks or only_logged:
        with tempfile.TemporaryDirectory() as log_folder:
            code, text = Dbt.run(args, {"DBT_LOG_PATH": log_folder, "DBT_LOG_FORMAT_FILE": "json"})
            log = Path(log_folder) / "dbt.log"
            told = log.read_text(encoding="utf-8") if log.exists() else ""
        logged = [json.loads(line) for line in told.splitlines()]
        remember_deprecations(told)
        for event in map(event_of, logged):
            for callback in self.callbacks:
                callback(event)
    else:
        log = log_file(args)
        known = log.stat().st_size if log.exists() else 0
        code, text = Dbt.run(args)
        if log.exists():
            with log.open(encoding="utf-8", errors="replace") as lines:
                lines.seek(known)
                remember_deprecations(lines.read())
    folder = target_folder(args)
    written = what_it_writes(verb, args, folder)
    wrote = written is not None and stamp(written) != before
    if only_logged and code in (0, 1) and tells_its_results(logged):
        return dbt_main.dbtRunnerResult(success=code == 0, result=logged_results(logged))
    if code == 0:
        if written is not None and not wrote:
            return dbt_main.dbtRunnerResult(success=False, exception=Dbt.complain(f"exit 0, and {written.name} was not written: dbt {' '.join(args)}"))
        if verb in ("show", "debug") and not Dbt.printed.strip():
            return dbt_main.dbtRunnerResult(success=False, exception=Dbt.complain(f"exit 0, and nothing was printed: dbt {' '.join(args)}"))
        result = result_object(verb, args, folder, text)
        if verb == "parse":
            (folder / "partial_parse.msgpack").write_bytes(result.to_msgpack())  # which dbt writes beside, and tests look into
        return dbt_main.dbtRunnerResult(success=True, result=result)
    if code == 1 and verb == "debug":
        return dbt_main.dbtRunnerResult(success=False, result=False)
    if code == 1 and wrote and verb in WITH_RESULTS | {"source"}:
        return dbt_main.dbtRunnerResult(success=False, result=result_object(verb, args, folder, text))
    return dbt_main.dbtRunnerResult(success=False, exception=Dbt.error(text))


def redirect(program):
    Dbt.program, Dbt.error = program, all_errors_of_dbt()
    dbt_main.dbtRunner.invoke = invoke
    list_relations_without_a_cache()

    def capture(stream):
        Dbt.listener = stream

    def stop():
        Dbt.listener = None

    util.capture_stdout_logs, util.stop_capture_stdout_logs = capture, stop
    util.get_manifest = lambda project_root: manifest_as_parsed(target_folder(["--project-dir", str(project_root)]))


# ---------------------------------------------------------------- the fixtures that differ
@pytest.fixture(scope="class")
def dbt_profile_target(tmpdir_factory):
    """Each class has a database of its own. It is called as the suites' own is."""
    return {"type": "duckdb", "threads": 4, "path": str(tmpdir_factory.mktemp("database") / "dbt.duckdb")}


@pytest.fixture(scope="class")
def profile_user(dbt_profile_target):
    return None


@pytest.fixture(scope="class")
def test_data_dir(request):
    """Beside the test, or beside the class of dbt-tests-adapter that it inherits."""
    places = [str(request.fspath), *(inspect.getfile(c) for c in (request.cls.__mro__[:-1] if request.cls else ()))]
    return next((str(d) for d in (Path(p).parent / "data" for p in places) if d.is_dir()), str(Path(places[0]).parent / "data"))


@pytest.fixture(scope="class")
def logs_dir(tmpdir_factory):
    os.environ["DBT_LOG_PATH"] = str(tmpdir_factory.mktemp("logs"))
    yield os.environ["DBT_LOG_PATH"]
    del os.environ["DBT_LOG_PATH"]


@pytest.fixture(scope="session")
def profile_type():
    return "file"


@pytest.fixture(scope="session")
def database_type():
    return "duckdb"


@pytest.fixture(scope="session")
def test_data_path(request):
    return os.path.join(request.config.rootdir, "tests", "data")


def pytest_addoption(parser):
    parser.addoption("--dbt", help="the program that is run as dbt")
    parser.addoption("--dbt-itself", action="store_true", help="run dbt-core and dbt-duckdb, which the suites are of")
    parser.addoption("--suite-name", help="which suite it is, for exit_codes.txt")
    parser.addoption("--only-cases", help="a file with the names of the cases to run, one a line")
    parser.addoption("--outcomes", help="a file that gets a line of JSON for each case, as soon as it is known")


def remember_macros():
    """dbt's own macros are parsed for each class anew, which is most of the time a class takes. They are always the same."""
    slow, remembered = ManifestLoader.load_macros.__func__, []

    def load(cls, root_config, macro_hook, base_macros_only=False):
        if not base_macros_only:
            return slow(cls, root_config, macro_hook, base_macros_only=base_macros_only)
        if not remembered:
            remembered.append(slow(cls, root_config, macro_hook, base_macros_only=True))
        return remembered[0]

    ManifestLoader.load_macros = classmethod(load)


STAND_INS = {
    "testcontainers": (), "testcontainers.postgres": ("PostgresContainer",),
    "tests.unit": (), "tests.unit.utils": ("config_from_parts_or_dicts",),
    "dbt.adapters.postgres": ("PostgresAdapter", "PostgresRelation", "PostgresCredentials", "PostgresConnectionManager", "Plugin"),
    "dbt.adapters.postgres.relation_configs": ("MAX_CHARACTERS_IN_IDENTIFIER",),
    "dbt.adapters.postgres.connections": ("PostgresCredentials",),
}


def stand_in_for_what_is_excluded():
    """Modules that only excluded cases use, but that are imported where those are collected."""
    for name, inside in STAND_INS.items():
        if Path(*name.split(".")).with_suffix(".py").exists() or Path(*name.split(".")).is_dir():
            continue
        try:
            importlib.import_module(name)
        except ImportError:
            sys.modules[name] = types.ModuleType(name)
            for attribute in inside:
                setattr(sys.modules[name], attribute, None)


def pytest_configure(config):
    stand_in_for_what_is_excluded()
    config.addinivalue_line("markers", "skip_profile: profiles of dbt-duckdb's tests")
    config.addinivalue_line("markers", "skip_database_type: likewise")
    config.addinivalue_line("markers", "with_s3_creds: needs an account")
    config.addinivalue_line("markers", "requires_ducklake: needs an extension of DuckDB")
    for own in (dbt_profile_target, profile_user, test_data_dir, logs_dir):
        setattr(fixtures, own.__name__ if hasattr(own, "__name__") else own._fixture_function.__name__, own)
    if not config.pluginmanager.has_plugin("dbt.tests.fixtures.project"):
        config.pluginmanager.import_plugin("dbt.tests.fixtures.project")
    if config.getoption("--outcomes"):
        codes = {} if config.getoption("--dbt-itself") else read_exit_codes(config.getoption("--suite-name"))
        config.pluginmanager.register(Outcomes(config.getoption("--outcomes"), codes), "outcomes")
    if config.getoption("--dbt-itself"):
        count_calls_of_dbt()
    else:
        program = config.getoption("--dbt")
        if not program and not config.option.collectonly:
            raise pytest.UsageError("--dbt PROGRAM or --dbt-itself is needed")
        redirect(program)
    remember_macros()


def count_calls_of_dbt():
    """With --dbt-itself: dbt's exit codes, as its program would have had them."""
    real = dbt_main.dbtRunner.invoke

    def invoke_and_note(self, args, **kwargs):
        call = [2, ""]
        Dbt.calls.append(call)
        if "deps" in args:
            served_packages.to_loopback(value_of(args, "--project-dir") or os.getcwd())
        result = real(self, args, **kwargs)
        call[0] = 0 if result.success else 2 if result.exception is not None else 1
        return result

    dbt_main.dbtRunner.invoke = invoke_and_note


def read_exit_codes(suite):
    """case -> the exit codes of its calls, as dbt had them."""
    codes, file = {}, ""
    for line in (Path(__file__).parent / "exit_codes.txt").read_text(encoding="utf-8").splitlines():
        if not line.startswith("  "):
            file = line
        elif file.startswith(suite + "/"):
            name, _, numbers = line.strip().rpartition(" :")
            codes[f"{file[len(suite) + 1:]}::{name}"] = [int(number) for number in numbers.split()]
    return codes


class Outcomes:
    """What came of each case: the worst of its setup, itself and its end, and whether it has shown anything."""

    def __init__(self, path, codes):
        self.file = open(path, "w", encoding="utf-8")
        self.codes = codes  # that dbt had
        self.reports = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef, request):
        if fixturedef.scope == "function":
            return (yield)
        before, Dbt.calls = Dbt.calls, []
        try:
            return (yield)
        finally:
            fixturedef.calls_of_dbt, Dbt.calls = Dbt.calls, before

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item, nextitem):
        Dbt.calls, self.item = [], item
        return (yield)

    def calls(self):
        definitions = [d for name in self.item.fixturenames for d in (self.item._fixtureinfo.name2fixturedefs.get(name) or ())[-1:]]
        return [call for d in definitions for call in getattr(d, "calls_of_dbt", ())] + Dbt.calls

    def worth(self, case):
        """What is wrong with a case that has passed, or ""."""
        calls = self.calls()
        if not calls:
            return "weir was not called"
        if problem := next((problem for _, problem in calls if problem), ""):
            return problem
        codes, expected = [code for code, _ in calls], self.codes.get(case)
        return f"exit codes {codes}, where dbt has {expected}" if expected is not None and codes != expected else ""

    def skipped(self, why):
        """A mark of the case itself takes it out, whoever runs it. What skips itself while it runs may do so for what weir has done."""
        marked = any(True for name in ("skip", "skipif") for _ in self.item.iter_markers(name))
        return ("skipped", why) if marked and not Dbt.calls else ("failed", f"it skips itself: {why}")

    def pytest_runtest_logreport(self, report):
        outcome, why = "passed", ""
        if report.failed:
            crash = getattr(report.longrepr, "reprcrash", None)
            outcome, why = "failed", crash.message if crash else str(report.longrepr)
        elif report.skipped:
            outcome, why = self.skipped(report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr))
        if self.reports.get(report.nodeid, ("passed",))[0] == "passed":
            self.reports[report.nodeid] = (outcome, why)
        if report.when == "teardown":
            outcome, why = self.reports.pop(report.nodeid)
            if outcome == "passed" and (why := self.worth(report.nodeid)):
                outcome = "failed"
                print(f"\n{report.nodeid}: {why}")
            self.file.write(json.dumps({"case": report.nodeid, "outcome": outcome, "why": why, "codes": [code for code, _ in self.calls()]}) + "\n")
            self.file.flush()


def pytest_collection_modifyitems(config, items):
    named = config.getoption("--only-cases")
    if named:
        wanted = set(Path(named).read_text(encoding="utf-8").splitlines())
        left = [item for item in items if item.nodeid not in wanted]
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item.nodeid in wanted]
