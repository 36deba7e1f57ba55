"""A lake that weir writes, and rows in a form in which those of several readers can be compared."""
import datetime as dt, os, subprocess

import pyarrow.parquet


class Lake:
    """A folder of tables that weir writes. `unwanted` are texts that no command that succeeds may say."""

    def __init__(self, folder, weir, unwanted=()):
        self.folder, self.weir, self.unwanted = folder, weir, unwanted

    def run(self, *words, env=None, code=0):
        done = subprocess.run([self.weir, *words, "--lake", self.folder], capture_output=True, text=True, stdin=subprocess.DEVNULL,
                              env={**os.environ, **(env or {})})
        if done.returncode != code:
            raise AssertionError(f"weir {' '.join(map(str, words))}: exit {done.returncode}\n{done.stderr}")
        if code == 0 and (found := [text for text in self.unwanted if text in done.stderr]):
            raise AssertionError(f"weir {' '.join(map(str, words))}: {found[0]}: {done.stderr}")
        return done.stdout + done.stderr

    def sql(self, text, **kwargs):
        return self.run("sql", "--write", text, **kwargs)

    def rows(self, table, version=None, where="true", columns="*"):
        at = f" AT (VERSION => {version})" if version is not None else ""
        file = self.folder / "rows.parquet"
        file.unlink(missing_ok=True)
        self.sql(f"COPY (SELECT {columns} FROM {table}{at} WHERE {where}) TO '{file}'")
        return plain(pyarrow.parquet.read_table(file)) if file.exists() else []


def cell(value):
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.timezone.utc).isoformat() if value.tzinfo else value.isoformat()
    if isinstance(value, list):
        return [cell(v) for v in value]
    if isinstance(value, tuple):
        return tuple(cell(v) for v in value)
    if isinstance(value, dict):
        return {k: cell(v) for k, v in value.items()}
    return value


def plain(table):
    """Rows in an order of their own, columns by name."""
    return sorted((sorted((k, repr(cell(v))) for k, v in row.items() if v is not None) for row in table.to_pylist()))
