#!/usr/bin/env python3
"""Iceberg tables of other writers, read by weir: the queries of another project's tests (tests/conformance/iceberg).

Prints how many gave the rows that the test wants, how many were refused as it wants, and each that differs with its reason.
"""
import argparse, csv, datetime, io, pathlib, re, struct, subprocess, sys, tempfile

root = pathlib.Path(__file__).resolve().parent.parent.parent
suite = root / "tests/conformance/iceberg"
# (file, a part of the query) -> why weir's answer is another one.
DIFFERENT = {
    ("equality_delete_extra_column", ""): "the writer gave a snapshot id of more than 63 bits, which Iceberg's long does not hold",
    ("timestamptz_ns_type", ""): "Delta has no times of nanoseconds: the column's type is refused by name",
    ("equality_deletes", "filename"): "the virtual column filename is not there where equality deletes are joined in",
    ("legacy_bare_deletion_vector", "SELECT id, source"): "wants an error unless a setting of DuckDB's is on: the vector alone lies in "
                                                           "the file, without Puffin's frame, and is read by its place in it",
}


def statements(path):
    """(directive, SQL, the lines wanted) of a test."""
    text = path.read_text().replace("__WORKING_DIRECTORY__", "{WORKING_DIRECTORY}").replace("{WORKING_DIRECTORY}/", f"{suite}/")
    text = re.sub(r"(?i)iceberg_scan\(\s*'data/", f"iceberg_scan('{suite}/data/", text)
    for block in re.split(r"\n[ \t]*\n", text):
        lines = [line for line in block.split("\n") if not line.startswith("#")]
        while lines and not lines[0].strip():
            lines.pop(0)
        if not lines or not re.match(r"(query|statement) ", lines[0]):
            continue
        sql, _, wanted = "\n".join(lines[1:]).partition("----")
        yield lines[0], sql.strip(), wanted.strip("\n").split("\n") if wanted.strip("\n") else []


def rows_of(weir, sql, lake):
    done = subprocess.run([weir, "sql", "--lake", lake, "--output", "csv", sql], capture_output=True, text=True, timeout=120, cwd=suite)
    if done.returncode:
        return None, done.stderr.strip()
    rows = list(csv.reader(io.StringIO(done.stdout)))[1:]
    return ["\t".join(cell if cell else "NULL" for cell in row) for row in rows], ""


def in_utc(line):
    """Times of the zone +00, whatever offset the test's session printed them with."""
    def utc(found):
        shift = datetime.timedelta(hours=int(found[3]))
        time = datetime.datetime.fromisoformat(found[1]) - shift
        return time.strftime("%Y-%m-%d %H:%M:%S") + (found[2] or "") + "+00"
    return re.sub(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(\.\d+)?([+-]\d\d)\b", utc, line)


def cells_equal(cell, wanted):
    """Truth values are 1 and 0 in these tests, and a float is any number that is nearest to it."""
    if cell == wanted or (cell, wanted) in (("true", "1"), ("false", "0")):
        return True
    try:
        return struct.pack("f", float(cell)) == struct.pack("f", float(wanted)) and "." in wanted
    except (ValueError, OverflowError):
        return False


def equal(got, wanted):
    return len(got) == len(wanted) and all(
        len(g) == len(w) and all(map(cells_equal, g, w))
        for g, w in ((line.split("\t"), other.split("\t")) for line, other in zip(got, wanted)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--weir", default=str(root / "build/dev/weir"))
    parser.add_argument("cases", nargs="*", help="names of tests; all by default")
    args = parser.parse_args()
    weir = str(pathlib.Path(args.weir).resolve())
    same = refused = different = wrong = 0
    seen = set()  # of DIFFERENT, by file
    with tempfile.TemporaryDirectory() as lake:
        for path in sorted((suite / "cases").glob("*.test")):
            if args.cases and path.stem not in args.cases:
                continue
            for directive, sql, wanted in statements(path):
                if "iceberg_scan" not in sql.lower() or re.match(r"(?i)(explain|create)", sql) or "foreach" in sql:
                    continue
                got, error = rows_of(weir, sql, lake)
                wants_error = directive.startswith("statement error")
                if directive.startswith("statement"):
                    fits = (got is None) == wants_error
                else:
                    wanted, got_lines = [in_utc(line) for line in wanted], got
                    if "rowsort" in directive and got is not None:
                        wanted, got_lines = sorted(wanted), sorted(got)
                    fits = got_lines is not None and equal(got_lines, wanted)
                reason = next((why for (name, part), why in DIFFERENT.items() if name == path.stem and part in sql), None)
                if fits:
                    refused += wants_error
                    same += not wants_error
                elif reason:
                    different += 1
                    seen.add(path.stem)
                    print(f"differs  {path.stem}: {reason}")
                else:
                    wrong += 1
                    print(f"WRONG    {path.stem}: {' '.join(sql.split())[:300]}\n  wanted {wanted[:5]}\n  got    {(got or [error])[:5]}")
    if not args.cases and (unused := {name for name, _ in DIFFERENT} - seen):
        wrong += 1
        print(f"these do not differ any more: {', '.join(sorted(unused))}")
    print(f"{same} equal, {refused} refused as wanted, {different} different for a reason, {wrong} wrong")
    sys.exit(1 if wrong or not same else 0)


main()
