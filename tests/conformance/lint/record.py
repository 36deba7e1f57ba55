#!/usr/bin/env python3
"""Makes rule_cases.jsonl and project_cases.jsonl anew: what sqlfluff finds and mends.

    pip install sqlfluff==4.5.0
    python3 record.py rules PATH-OF-SQLFLUFF/test/fixtures/rules/std_rule_cases > rule_cases.jsonl
    python3 record.py projects > project_cases.jsonl
"""
import copy
import glob
import json
import os
import sys

import yaml
from sqlfluff.core import FluffConfig, Linter

HERE = os.path.dirname(os.path.abspath(__file__))
FOREIGN = {"OR01", "PG01", "PG02", "TQ01", "TQ02", "TQ03", "TQ04"}  # of other dialects


def sections_of(configs, prefix=""):
    """Nested options as {"rules:layout.long_lines": {option: text}}."""
    found = {}
    for key, value in configs.items():
        path = f"{prefix}:{key}" if prefix else key
        if isinstance(value, dict):
            found.update(sections_of(value, path))
        else:
            found.setdefault(prefix or "core", {})[key] = str(value)
    return found


def judge(sql, configs, overrides):
    def config():
        return FluffConfig(configs=copy.deepcopy(configs), overrides=dict(overrides))

    linted = Linter(config=config()).lint_string(sql)
    violations = sorted([v.rule_code(), v.line_no, v.line_pos] for v in linted.get_violations(filter_warning=False))
    try:
        fixed, _ = Linter(config=config()).lint_string(sql, fix=True).fix_string()
    except AssertionError:  # the template could not be rendered
        fixed = sql
    return violations, fixed


def rules(folder):
    for path in sorted(glob.glob(os.path.join(folder, "*.yml"))):
        with open(path) as text:
            cases = yaml.safe_load(text)
        rule = cases.pop("rule")
        if rule in FOREIGN:
            continue
        for name, case in cases.items():
            configs = case.get("configs") or {}
            core = configs.get("core", {})
            sql = case.get("fail_str") or case.get("pass_str")
            if core.get("dialect", "ansi") not in ("ansi", "duckdb") or core.get("templater", "jinja") not in ("jinja", "raw") or sql is None:
                continue
            overrides = {"rules": rule}
            if "dialect" not in core:
                overrides["dialect"] = "ansi"
            sections = sections_of(configs)
            sections.setdefault("core", {})["rules"] = rule
            sections["core"].setdefault("dialect", "ansi")
            violations, fixed = judge(sql, configs or None, overrides)
            yield {"name": f"{os.path.basename(path)[:-4]}/{name}", "sections": sections, "sql": sql, "violations": violations, "fixed": fixed}


def projects():
    root = os.path.join(HERE, "..", "dbt")
    for path in sorted(glob.glob(os.path.join(root, "*", "**", "*.sql"), recursive=True)):
        name = os.path.relpath(path, root)
        if "dbt_packages" in name or name.startswith("packages" + os.sep) or os.path.getsize(path) > 20000:
            continue
        with open(path) as text:
            sql = text.read()
        violations, fixed = judge(sql, None, {"dialect": "duckdb"})
        if any(code == "TMP" for code, _, _ in violations):
            continue  # needs macros of the project, which this templater does not know
        yield {"name": name, "sections": {"core": {"dialect": "duckdb"}}, "violations": violations, "fixed": fixed if fixed != sql else None}


if __name__ == "__main__":
    for case in projects() if sys.argv[1] == "projects" else rules(sys.argv[2]):
        print(json.dumps(case), flush=True)
