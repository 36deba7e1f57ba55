#!/usr/bin/env python3
"""Partial parsing: after each of many random edits of a project, the manifest that weir makes with what it remembers of earlier
readings must equal the one that it makes without.

Edits: a line of SQL, YAML, a macro or a docs block changed, a config() added, a file added, removed, renamed or put back, lines and
whole entries of properties files removed or doubled, another model path, another target schema, a macro that names tables, flags,
environment variables, --vars; now and then the file of what is remembered is cut or has a bit flipped. Mistakes that an edit makes
must be the same ones too. Prints what differs; closes with a count, and with how many files were not parsed anew: none at all is a
failure.
"""
import argparse, collections, json, os, pathlib, random, re, shutil, subprocess, sys, tempfile

HERE = pathlib.Path(__file__).resolve().parent
PROJECTS = ["own_selection", "own_inputs", "own_incr_snap", "jaffle_shop_core", "sushi_dbt", "own_microbatch", "dbt_utils_it"]
EXTRA_MODEL = """{{ config(tags=['edited']) }}
select 1 as id, '{{ var("edited_var", "none") }}' as word, '{{ env_var("EDITED_ENV", "unset") }}' as env
"""
EXTRA_YAML = """version: 2
models:
  - name: edited_model
    description: "{{ doc('edited_doc') }}"
    config: {meta: {env: "{{ env_var('EDITED_ENV', 'unset') }}"}}
    columns:
      - name: id
        data_tests: [unique, not_null]
"""
EXTRA_DOC = "{% docs edited_doc %}\nWhat it is.\n{% enddocs %}\n"


def copy_project(name, root):
    source = HERE / "dbt" / name
    shutil.copytree(source, root, ignore=shutil.ignore_patterns("expected*", "target", ".weir"))
    expected = source / "expected.json"
    for package in (json.loads(expected.read_text()).get("packages") or {}) if expected.exists() else {}:
        if (shared := HERE / "dbt/packages" / package).exists():
            shutil.copytree(shared, root / "dbt_packages" / package)
    models = root / ("models" if (root / "models").exists() else "transform")
    models.mkdir(exist_ok=True)
    (models / "edited_model.sql").write_text(EXTRA_MODEL)
    (models / "edited_model.yml").write_text(EXTRA_YAML)
    (models / "edited.md").write_text(EXTRA_DOC)


class Editor:
    def __init__(self, root, rng):
        self.root, self.rng, self.removed = root, rng, []
        self.env, self.vars, self.known = {}, {}, 0

    def files(self, *endings):
        return sorted(p for p in self.root.rglob("*") if p.is_file() and p.suffix in endings
                      and not {"target", ".weir", "lake"} & set(p.relative_to(self.root).parts))

    def edit(self):
        """Makes one edit and tells of it."""
        kinds = [self.sql, self.sql, self.sql, self.yaml, self.yaml, self.yaml, self.doc, self.remove, self.put_back, self.put_back, self.add, self.rename,
                 self.project, self.environment, self.variables, self.damage, self.double, self.double, self.paths, self.schema, self.naming]
        while True:
            if told := self.rng.choice(kinds)():
                return told

    def write(self, path, text):
        path.write_text(text)
        return f"{path.relative_to(self.root)}"

    def sql(self):
        path = self.rng.choice(self.files(".sql"))
        text = path.read_text()
        others = [p.stem for p in self.files(".sql") if "models" in p.parts] or ["nothing"]
        how = self.rng.randrange(5)
        if how == 0:
            return "a comment in " + self.write(path, text + f"\n-- {self.rng.randrange(1000)}\n")
        if how == 1 and "macros" not in path.parts:
            return "a config in " + self.write(path, "{{ config(tags=['t%d'], meta={'n': %d}) }}\n" % (self.rng.randrange(3), self.rng.randrange(9)) + text)
        if how == 2 and "models" in path.parts:
            return "a ref in " + self.write(path, text + "\n-- depends_on: {{ ref('%s') }}\n" % self.rng.choice(others))
        if how == 3 and (digits := list(re.finditer(r"\d", text))):
            at = self.rng.choice(digits).start()
            return "a digit in " + self.write(path, text[:at] + str(self.rng.randrange(10)) + text[at + 1:])
        return "its end of " + self.write(path, text.rstrip() + " " * self.rng.randrange(3) + "\n")

    def yaml(self):
        path = self.rng.choice([p for p in self.files(".yml") if p.name not in ("profiles.yml", "dbt_project.yml")] or [None])
        if not path:
            return None
        lines = path.read_text().splitlines()
        how, at = self.rng.randrange(4), self.rng.randrange(max(len(lines), 1))
        if how == 0:
            found = [i for i, line in enumerate(lines) if "description:" in line]
            if not found:
                return None
            at = self.rng.choice(found)
            lines[at] = lines[at].split("description:")[0] + f"description: words {self.rng.randrange(100)}"
        elif how == 1:
            del lines[at:at + 1]
        elif how == 2:
            found = [i for i, line in enumerate(lines) if line.strip() in ("- unique", "- not_null")]
            if not found:
                return None
            del lines[self.rng.choice(found)]
        else:
            lines.append(f"# {self.rng.randrange(100)}")
        return "a line of " + self.write(path, "\n".join(lines) + "\n")

    def doc(self):
        files = self.files(".md")
        if not files:
            return None
        path = self.rng.choice(files)
        return "the text of " + self.write(path, path.read_text().replace("What", "What " + str(self.rng.randrange(9)), 1))

    def remove(self):
        files = [p for p in self.files(".sql", ".yml", ".csv", ".md") if p.name not in ("profiles.yml", "dbt_project.yml")]
        path = self.rng.choice(files)
        self.removed.append((path, path.read_bytes()))
        path.unlink()
        return f"removed {path.relative_to(self.root)}"

    def put_back(self):
        if not self.removed:
            return None
        path, content = self.removed.pop(self.rng.randrange(len(self.removed)))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return f"put back {path.relative_to(self.root)}"

    def add(self):
        folder = self.rng.choice([p.parent for p in self.files(".sql")])
        number = self.rng.randrange(20)
        return "added " + self.write(folder / f"added_{number}.sql", "select %d as id {# {{ this }} #}" % number)

    def rename(self):
        path = self.rng.choice(self.files(".sql", ".yml"))
        if path.name in ("profiles.yml", "dbt_project.yml"):
            return None
        target = path.with_name(path.stem + "_x" + path.suffix) if not path.stem.endswith("_x") else path.with_name(path.stem[:-2] + path.suffix)
        if target.exists():
            return None
        path.rename(target)
        return f"renamed {path.relative_to(self.root)}"

    def project(self):
        path = self.root / "dbt_project.yml"
        text = path.read_text()
        text = re.sub(r"\n# edited begin.*", "", text, flags=re.S)
        addition = self.rng.choice(["# nothing", "query-comment: null", "flags: {some_flag: %s}" % self.rng.choice(["true", "false"])])
        return "of " + self.write(path, text + "\n# edited begin\n" + ("" if addition.split(":")[0] in text else addition) + "\n")

    def double(self):
        """An entry that stands in two files, or stands there no more."""
        files = [p for p in self.files(".yml") if p.name not in ("profiles.yml", "dbt_project.yml")]
        copy = self.root / "models/doubled.yml"
        if copy.exists():
            return f"removed {copy.relative_to(self.root)}" if not copy.unlink() else None
        names = [p.stem for p in self.files(".sql") if "models" in p.parts]
        if not names or not copy.parent.exists():
            return None
        return "doubled " + self.write(copy, f"version: 2\nmodels:\n  - name: {self.rng.choice([*names, 'edited_model'])}\n    description: said twice {self.rng.randrange(9)}\n")

    def paths(self):
        path = self.root / "dbt_project.yml"
        text = path.read_text()
        folders = sorted({f.parent for f in self.files(".sql") if "models" in f.relative_to(self.root).parts[:1]})
        if not folders:
            return None
        wanted = self.rng.choice(["models", str(self.rng.choice(folders).relative_to(self.root))])
        kept = "\n".join(line for line in text.splitlines() if not re.match(r"(model|source)-paths:", line))
        return f"model-paths {wanted} of " + self.write(path, f"model-paths: [{json.dumps(wanted)}]\n" + kept + "\n")

    def schema(self):
        path = self.root / "profiles.yml"
        text = path.read_text()
        wanted = f"schema: s{self.rng.randrange(3)}"
        if re.search(r"\bschema: *\w+", text):
            return "schema of " + self.write(path, re.sub(r"\bschema: *\w+", wanted, text))
        if "{" in text:  # outputs in one line
            return "schema of " + self.write(path, re.sub(r"type: *duckdb", f"type: duckdb, {wanted}", text, count=1))
        return "schema of " + self.write(path, re.sub(r"( *)type: *duckdb", lambda m: f"{m[1]}{wanted}\n{m[0]}", text, count=1))

    def naming(self):
        path = self.root / "macros/naming.sql"
        if path.exists():
            path.unlink()
            return "naming macro removed"
        path.parent.mkdir(exist_ok=True)
        return "naming macro " + self.write(path, "{% macro generate_alias_name(custom_alias_name=none, node=none) %}{{ node.name }}_{{ target.schema }}{% endmacro %}\n")

    def environment(self):
        self.env = {} if self.env and self.rng.random() < 0.5 else {"EDITED_ENV": f"e{self.rng.randrange(3)}"}
        return f"environment {self.env}"

    def variables(self):
        self.vars = {} if self.vars and self.rng.random() < 0.5 else {"edited_var": self.rng.randrange(3)}
        return f"vars {self.vars}"

    def damage(self):
        path = self.root / "target/partial_parse.weir"
        if not path.exists() or self.rng.random() < 0.5:
            return None
        content = bytearray(path.read_bytes())
        if self.rng.random() < 0.5:
            content = content[:self.rng.randrange(len(content))]
        else:
            content[self.rng.randrange(len(content))] ^= 1 << self.rng.randrange(8)
        path.write_bytes(content)
        return "the remembered file damaged"


def without_times(value):
    """A manifest without what differs from call to call."""
    value["metadata"] = {k: v for k, v in value["metadata"].items() if k not in ("generated_at", "invocation_id", "invocation_started_at", "run_started_at")}
    return value


def first_difference(a, b, path=""):
    if type(a) is not type(b):
        return f"{path}: {a!r:.200} instead of {b!r:.200}"
    if isinstance(a, dict):
        for key in [*b, *(k for k in a if k not in b)]:
            if key not in a or key not in b:
                return f"{path}.{key}: {'missing' if key not in a else 'only here'}"
            if found := first_difference(a[key], b[key], f"{path}.{key}"):
                return found
        return None if list(a) == list(b) else f"{path}: another order"
    if isinstance(a, list):
        for i, (x, y) in enumerate(zip(a, b)):
            if found := first_difference(x, y, f"{path}[{i}]"):
                return found
        return None if len(a) == len(b) else f"{path}: {len(a)} instead of {len(b)}"
    return None if a == b else f"{path}: {a!r:.200} instead of {b!r:.200}"


PARSED = re.compile(r"\(\d+(?:\.\d+)? m?s(?:, (\d+) of (\d+) files parsed anew)?\)")


def parse(weir, root, editor, flag):
    env = {**os.environ, "CORPUS_DB": "corpus.duckdb", **editor.env}
    manifest = root / "target/manifest.json"
    manifest.unlink(missing_ok=True)
    done = subprocess.run([weir, "parse", flag, "--vars", json.dumps(editor.vars)], cwd=root, env=env, capture_output=True, text=True)
    out = {"exit": done.returncode, "told": PARSED.sub("", done.stderr)}
    if (found := PARSED.search(done.stderr)) and found[1]:
        editor.known += int(found[2]) - int(found[1])
    if done.returncode == 0:
        out["manifest"] = without_times(json.loads(manifest.read_text()))
    return out


def check(weir, name, edits, seed, counts):
    rng = random.Random(f"{seed}.{name}")
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder) / name
        copy_project(name, root)
        editor, told = Editor(root, rng), "as it came"
        for step in range(edits + 1):
            partial = parse(weir, root, editor, "--partial-parse")
            whole = parse(weir, root, editor, "--no-partial-parse")
            counts["parsed" if whole["exit"] == 0 else "refused"] += 1
            if difference := first_difference(partial, whole):
                counts["failed"] += 1
                print(f"FAIL {name} step {step} (seed {seed}): after {told}: {difference}", flush=True)
                if partial["exit"] != whole["exit"]:
                    print(f"partial: {partial['told']}whole: {whole['told']}", flush=True)
            else:
                counts["passed"] += 1
            if whole["exit"] != 0 and rng.random() < 0.7:  # a project that does not parse is put right again
                shutil.rmtree(root / "models", ignore_errors=True)
                kept = (root / "target/partial_parse.weir").read_bytes() if (root / "target/partial_parse.weir").exists() else None
                shutil.rmtree(root)
                copy_project(name, root)
                editor.removed.clear()
                if kept:
                    (root / "target").mkdir(exist_ok=True)
                    (root / "target/partial_parse.weir").write_bytes(kept)
                told = "put right"
            else:
                told = editor.edit()
        counts["known"] += editor.known


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weir", default=HERE.parents[1] / "build/dev/weir")
    parser.add_argument("--edits", type=int, default=15, help="for each project")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--only", action="append", default=[])
    args = parser.parse_args()
    counts = collections.Counter()
    for name in PROJECTS:
        if not args.only or name in args.only:
            check(str(pathlib.Path(args.weir).resolve()), name, args.edits, args.seed, counts)
    print(f"{counts['parsed']} projects parsed, {counts['refused']} refused, both ways; {counts['known']} files were not parsed anew")
    print(f"{counts['passed']} passed, {counts['failed']} failed")
    sys.exit(1 if counts["failed"] or counts["parsed"] < counts["refused"] or not counts["known"] else 0)


main()
