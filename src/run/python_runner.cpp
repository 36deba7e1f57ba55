#include "run/python_runner.h"

namespace weir::run {

// NOLINTNEXTLINE(readability-function-size): one text
std::string_view python_runner() {
  return R"py(
import json
import linecache
import os
import re
import signal
import sys
import threading
import traceback


class Missing(Exception):
    """The interpreter lacks a module."""


def end_with_weir():
    pipe = os.dup(0)
    os.set_inheritable(pipe, False)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)

    def wait():
        while os.read(pipe, 4096):
            pass
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=wait, daemon=True).start()


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


# Types that Parquet does not have, and those whose values it would change, go as texts.
UNLIKE_PARQUET = re.compile(
    r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\b(?:UHUGEINT|HUGEINT|BIGNUM|VARINT|INTERVAL|BIT|TIME WITH TIME ZONE|TIMETZ|TIME_NS)\b")


def carried(sql_type):
    """The type in which values of a type go through Parquet."""
    if sql_type.startswith("ENUM"):
        return "VARCHAR"
    return UNLIKE_PARQUET.sub(lambda found: found[0] if found[0][0] in "'\"" else "VARCHAR", sql_type)


def of_table(sql_type):
    """A column of nothing but NULL becomes a number in a table."""
    return "INTEGER" if sql_type.strip('"') == "NULL" else sql_type


class WithDuckDB:
    def __init__(self, duckdb, request):
        self.duckdb = duckdb
        self.session = duckdb.connect(":memory:")
        if request["time_zone"]:
            try:
                self.session.execute("SET TimeZone = '" + request["time_zone"] + "'")
            except duckdb.Error:
                pass  # without the extension of time zones
        self.names = {}
        for place in [request["place"]] + [entry["place"][:2] for entry in request["inputs"]]:
            self.make_schema(*place)
        self.session.execute("USE " + ".".join(map(quoted, request["place"])))
        for number, entry in enumerate(request["inputs"]):
            self.make_input(number, entry)

    def make_schema(self, database, schema):
        if database.lower() != "memory":
            self.session.execute("ATTACH IF NOT EXISTS ':memory:' AS " + quoted(database))
        self.session.execute("CREATE SCHEMA IF NOT EXISTS " + quoted(database) + "." + quoted(schema))

    def make_input(self, number, entry):
        columns = ", ".join("CAST(" + quoted(name) + " AS " + sql_type + ") AS " + quoted(name) for name, sql_type in entry["columns"])
        view, kind = ".".join(map(quoted, entry["place"])), "VIEW "
        if entry["relation"] != view:
            view, kind = "weir_input_" + str(number), "TEMP VIEW "
        file = "'" + entry["file"].replace("'", "''") + "'"
        self.session.execute("CREATE " + kind + view + " AS SELECT " + columns + " FROM read_parquet(" + file + ")")
        self.names[entry["relation"]] = view

    def load(self, relation):
        return self.session.query("select * from " + self.names.get(relation, relation))

    def write(self, result, file):
        if not isinstance(result, self.duckdb.DuckDBPyRelation):
            # A cursor of its own: the result may be read in batches of a query of the session.
            cursor = self.session.cursor()
            try:
                cursor.register("weir_result", result)
                result = cursor.query("select * from weir_result")
            except self.duckdb.InvalidInputException:
                raise TypeError("the function model returned " + article(result) + ", which is no table") from None
        columns = [[name, of_table(str(kind))] for name, kind in zip(result.columns, result.types)]
        casts = ("CAST(" + quoted(name) + " AS " + carried(kind) + ") AS " + quoted(name) for name, kind in columns)
        result.project(", ".join(casts)).write_parquet(file)
        return columns


class WithPyArrow:
    session = None

    def __init__(self, pyarrow, request):
        import pyarrow.parquet
        self.pyarrow = pyarrow
        self.tables = {}
        for entry in request["inputs"]:
            table = pyarrow.parquet.read_table(entry["file"])
            for place, (name, kind) in enumerate(entry["columns"]):
                if kind in ("HUGEINT", "UHUGEINT"):
                    table = table.set_column(place, name, table.column(place).cast(pyarrow.decimal128(38, 0)))
            self.tables[entry["relation"]] = table

    def load(self, relation):
        return self.tables[relation]

    def write(self, result, file):
        pyarrow = self.pyarrow
        if isinstance(result, pyarrow.RecordBatchReader):
            result = result.read_all()
        elif isinstance(result, pyarrow.RecordBatch):
            result = pyarrow.Table.from_batches([result])
        elif type(result).__module__.split(".")[0] == "pandas":
            result = pyarrow.Table.from_pandas(result, preserve_index=False)
        elif type(result).__module__.split(".")[0] == "polars":
            result = result.to_arrow()
        if not isinstance(result, pyarrow.Table):
            raise TypeError("the function model returned " + article(result) + ", which is no table")
        pyarrow.parquet.write_table(result, file)
        return None


def article(value):
    name = type(value).__name__
    return "None" if value is None else ("an " if name[0] in "aeiou" else "a ") + name


def exchange(request):
    try:
        import duckdb
        return WithDuckDB(duckdb, request)
    except ImportError:
        pass
    try:
        import pyarrow
        return WithPyArrow(pyarrow, request)
    except ImportError:
        raise Missing(sys.executable + " has neither the module duckdb nor pyarrow") from None


def failure(error, model):
    """What went wrong, in one line, and the line of the model where."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == model]
    line = frames[-1].lineno if frames else 0
    if isinstance(error, SyntaxError) and error.filename == model:
        line = error.lineno or 0
        text = type(error).__name__ + ": " + error.msg
    else:
        text = "".join(traceback.format_exception_only(type(error), error)).strip()
    # The frames of this program say nothing to the model's author.
    step = error.__traceback__
    while step is not None and step.tb_frame.f_code.co_filename != model:
        step = step.tb_next
    if step is not None:
        traceback.print_exception(type(error), error, step)
    return {"error": text, "line": line, "missing": isinstance(error, ModuleNotFoundError),
            "unlike_relation": isinstance(error, AttributeError) and "pyarrow" in text and "duckdb" not in sys.modules}


def main(path):
    end_with_weir()
    with open(path, encoding="utf-8") as file:
        request = json.load(file)
    sys.path[0:1] = request["module_paths"]
    model, program = request["model"], request["program"]
    linecache.cache[model] = (len(program), None, program.splitlines(True), model)
    try:
        world = exchange(request)
        names = {"__name__": "weir_model", "__file__": model}
        exec(compile(program, model, "exec"), names)
        answer = {"columns": world.write(names["model"](names["dbtObj"](world.load), world.session), request["result"])}
    except Missing as error:
        answer = {"error": str(error), "line": 0, "missing": True}
    except SystemExit as error:
        answer = failure(RuntimeError("the model ended the interpreter: exit code " + str(error.code)).with_traceback(
            error.__traceback__), model)
    except Exception as error:
        answer = failure(error, model)
    sys.stdout.flush()
    sys.stderr.flush()
    with open(request["answer"], "w", encoding="utf-8") as file:
        json.dump(answer, file)
    os._exit(0)  # threads that the model has left running are not waited for


main(sys.argv[1])
)py";
}

}  // namespace weir::run
