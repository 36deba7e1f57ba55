#!/usr/bin/env python3
"""The artefacts that weir writes, against dbt's published JSON schemas of them (manifest v12, run_results v6, sources v3, catalog v1):
projects of dbt/, each parsed, built and documented, on the DuckDB file of their own profile.

An artefact is one case. What a schema does not know is an error: the schemas close their objects.
"""
import gzip
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import dbt_docs
import recorded

HERE = pathlib.Path(__file__).resolve().parent
BROKEN = "fx_broken_ref"  # it is not read, and has no artefacts
KINDS = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}
# That say nothing of what is valid.
NOTES = {"$schema", "$id", "title", "description", "default", "format", "propertyNames"}
KNOWN = NOTES | {"type", "properties", "required", "additionalProperties", "anyOf", "const", "enum", "pattern", "items", "prefixItems",
                 "minItems", "maxItems"}


def is_kind(value, kind):
    if kind in ("integer", "number"):
        return isinstance(value, int if kind == "integer" else (int, float)) and not isinstance(value, bool)
    return isinstance(value, KINDS[kind])


def mistakes_of_list(value, schema, at):
    if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
        yield f"{at}: {len(value)} items"
    for i, item in enumerate(value):
        first = schema.get("prefixItems", [])
        yield from mistakes(item, first[i] if i < len(first) else schema.get("items", {}), f"{at}[{i}]")


def mistakes_of_object(value, schema, at):
    for key in schema.get("required", []):
        if key not in value:
            yield f"{at}: no {key}"
    others = schema.get("additionalProperties", True)
    for key, item in value.items():
        if key in schema.get("properties", {}):
            yield from mistakes(item, schema["properties"][key], f"{at}.{key}")
        elif others is False:
            yield f"{at}: {key} is no key of it"
        elif others is not True:
            yield from mistakes(item, others, f"{at}.{key}")


def mistakes(value, schema, at=""):
    if unknown := set(schema) - KNOWN:
        sys.exit(f"a schema says {sorted(unknown)}, which this program does not know")
    if "anyOf" in schema:
        found = [list(mistakes(value, one, at)) for one in schema["anyOf"]]
        if all(found):  # of the one that comes nearest: it is of the same kind of thing
            yield from min(found, key=lambda some: (any("resource_type:" in line for line in some), len(some)))
        return
    if "type" in schema and not is_kind(value, schema["type"]):
        yield f"{at}: {json.dumps(value)[:60]} is no {schema['type']}"
        return
    if "const" in schema and value != schema["const"] or "enum" in schema and value not in schema["enum"]:
        yield f"{at}: {json.dumps(value)[:60]} is none of {schema.get('enum', [schema.get('const')])}"
    if "pattern" in schema and isinstance(value, str) and not re.search(schema["pattern"], value):
        yield f"{at}: {json.dumps(value)[:60]} does not match {schema['pattern']}"
    if isinstance(value, list):
        yield from mistakes_of_list(value, schema, at)
    if isinstance(value, dict):
        yield from mistakes_of_object(value, schema, at)


def artifacts(weir, project):
    """(command, name, text) of what each command has written."""
    with tempfile.TemporaryDirectory(prefix="weir-artifacts-") as place:
        root, first = dbt_docs.ready(project, place)
        program = pathlib.Path(place, "dbt")
        program.symlink_to(weir)
        environment = dict(os.environ, CORPUS_DB=str(pathlib.Path(place) / "corpus.duckdb"), NO_COLOR="1")
        for words in (["parse"], first, ["source", "freshness"], ["docs", "generate"]):
            for old in (root / "target").glob("*.json"):
                old.unlink()
            done = subprocess.run([program, *words], cwd=root, env=environment, capture_output=True, check=False)
            if words == ["parse"] and done.returncode != 0:
                return  # a project that is not read has none
            for path in sorted((root / "target").glob("*.json")):
                yield " ".join(words), path.stem, path.read_text(encoding="utf-8")


def check(weir, only):
    with gzip.open(HERE / "dbt" / "schemas.json.gz", "rt", encoding="utf-8") as file:
        schemas = json.load(file)
    passed = failed = 0
    for folder in sorted(path.parent for path in (HERE / "dbt").glob("*/dbt_project.yml")):
        if only and folder.name not in only:
            continue
        written = set()
        for command, name, text in artifacts(weir, folder.name):
            if name not in schemas:
                continue
            written.add(name)
            found = list(mistakes(json.loads(text), schemas[name]))
            passed, failed = passed + (not found), failed + bool(found)
            for line in found[:10]:
                print(f"{folder.name}, {command}: {name}.json{line}")
            if len(found) > 10:
                print(f"    and {len(found) - 10} more")
        if "manifest" not in written and folder.name != BROKEN:
            failed += 1
            print(f"{folder.name}: no manifest.json was written")
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(recorded.run(__doc__.split("\n\n")[0], "a project", lambda only: sys.exit("nothing is recorded here"), check))
