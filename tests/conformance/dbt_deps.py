#!/usr/bin/env python3
"""`weir deps` against what real dbt did with the same projects: exit codes, package-lock.yml byte for byte, the files that were installed,
and packages.yml after --add-package. The hub, the tarballs and the repositories are made here: a server on loopback plays the hub's API
(reached as a proxy, so that addresses are the same in each run) and git finds its repositories in a folder. Recorded in dbt/deps.jsonl; to
record again, with a Python that has dbt-core 1.11.16 and dbt-duckdb 1.11.1:  dbt_deps.py --record

One thing is compared a command later: after --add-package dbt writes the hash of an entry as it does at no other time, so that its
next `dbt deps` resolves anew; weir writes the one that holds.
"""
import gzip
import hashlib
import io
import json
import os
import pathlib
import shlex
import subprocess
import sys
import tarfile
import tempfile

import package_hub
import recorded

HERE = pathlib.Path(__file__).resolve().parent
EXPECTED = HERE / "dbt" / "deps.jsonl"
HUB, LATER = "http://hub.example/", "http://later.example/"


def project(name, more=""):
    return f"name: {name}\nversion: '1.0'\n{more}"


def package(name, needs=None, more=None):
    files = {"dbt_project.yml": project(name), f"macros/{name}.sql": "{% macro " + name + "() %}" + name + "{% endmacro %}\n"}
    if needs:
        files["packages.yml"] = "packages:\n" + needs
    return {**files, **(more or {})}


# ---- the hub: name -> version -> (project name, needs, require_dbt_version)
def hub_of(later):
    packages = {
        "acme/utils": {version: ("utils", [], []) for version in
                       ["0.9.0", "1.0.0", "1.1.0", "1.10.0", "2.0.0", "2.1.0-rc1", "2.1.0-rc2"] + (["1.11.0", "2.2.0"] if later else [])},
        "acme/dates": {"0.5.0": ("dates", [{"package": "acme/utils", "version": [">=1.0.0", "<2.0.0"]}], []),
                       "0.6.0": ("dates", [{"package": "acme/utils", "version": "2.0.0"}], [])},
        "acme/newest": {"1.0.0": ("newest", [], [">=1.0.0", "<2.0.0"]), "2.0.0": ("newest", [], ">=1.99.0"),
                        "3.0.0": ("newest", [], [">=99.0.0"])},
        "acme/moved": {"1.0.0": ("moved", [], [])},
        "acme/with_git": {"1.0.0": ("with_git", [{"git": "https://git.example/plain.git", "revision": "v1"}], [])},
        "acme/clash": {"1.0.0": ("utils", [], [])},
        "acme/ring_a": {"1.0.0": ("ring_a", [{"package": "acme/utils", "version": "1.0.0"}], [])},
    }
    return packages


def hub_answer(name, later):
    packages = hub_of(later)
    if name == "index":
        return sorted(packages)
    if name not in packages:
        return None
    versions = {version: package_hub.version_of(name, version, title, needs, dbt, f"http://files.example/hub/{name}/{version}.tar.gz")
                for version, (title, needs, dbt) in packages[name].items()}
    moved = {"redirectnamespace": "other", "redirectname": "place"} if name == "acme/moved" else None
    return package_hub.package_of(name, versions, moved)


def archive(top, files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT, pax_headers={"comment": "a" * 40}) as tar:
        for name in sorted(files):
            entry = tarfile.TarInfo(f"{top}/{name}" if top else name)
            entry.size = len(files[name].encode())
            tar.addfile(entry, io.BytesIO(files[name].encode()))
    return gzip.compress(out.getvalue(), mtime=0)


TARBALLS = {
    "/good.tar.gz": archive("good-1.0", package("inner", more={"models/" + "long" * 30 + "/" + "name" * 20 + ".sql": "select 1\n"})),
    "/two.tar.gz": archive("", {"a/dbt_project.yml": project("a"), "b/dbt_project.yml": project("b")}),
    "/no_project.tar.gz": archive("x", {"readme": "none"}),
    "/text.tar.gz": b"this is no archive",
}


class Web(package_hub.Web):
    def do_GET(self):
        host, _, path = self.path.removeprefix("http://").partition("/")
        path = "/" + path
        if host in ("hub.example", "later.example") and path.startswith("/api/v1/"):
            self.answer_json(hub_answer(path[8:].removesuffix(".json"), host == "later.example"))
        elif host == "files.example" and path.startswith("/hub/"):
            if path.startswith("/hub/acme/ring_a"):
                return self.answer(302, Location="http://files.example/elsewhere/ring_a.tar.gz")
            _, _, space, name, file = path.split("/")
            title, needs, _ = hub_of(True)[f"{space}/{name}"][file.removesuffix(".tar.gz")]
            lines = "".join(f"  - {json.dumps(need)}\n" for need in needs)
            self.answer(200, archive(f"{name}-{file.removesuffix('.tar.gz')}",
                                     package(title, lines, {"version.txt": file.removesuffix(".tar.gz")})))
        elif host == "files.example" and path == "/elsewhere/ring_a.tar.gz":
            self.answer(200, archive("ring", package("ring_a")))
        elif host == "files.example" and path in TARBALLS:
            self.answer(200, TARBALLS[path])
        else:
            self.answer(404)


# ---- the repositories, their commits the same in each run
def git(folder, *words):
    environment = dict(os.environ, GIT_AUTHOR_NAME="a", GIT_AUTHOR_EMAIL="a@b.c", GIT_COMMITTER_NAME="a", GIT_COMMITTER_EMAIL="a@b.c",
                       GIT_AUTHOR_DATE="2024-01-01T00:00:00Z", GIT_COMMITTER_DATE="2024-01-01T00:00:00Z", GIT_CONFIG_GLOBAL=os.devnull)
    return subprocess.run(["git", *words], cwd=folder, env=environment, check=True, capture_output=True, text=True).stdout.strip()


def write(folder, files):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def repository(folder, commits):
    """commits: (files, tag or None, branch)"""
    folder.mkdir(parents=True)
    git(folder, "init", "-q", "-b", "main")
    for number, (files, tag, branch) in enumerate(commits):
        if number and branch != "main":
            git(folder, "checkout", "-q", "-B", branch)
        write(folder, files)
        git(folder, "add", "-A")
        git(folder, "commit", "-q", "-m", f"commit {number}")
        if tag:
            git(folder, "tag", tag)
        if branch != "main":
            git(folder, "checkout", "-q", "main")


def repositories(place):
    repository(place / "plain.git", [(package("plain"), "v1", "main"), ({"new.txt": "2"}, "v2", "main"),
                                     ({"side.txt": "side"}, None, "side")])
    repository(place / "deep.git", [({**{f"pkgs/one/{name}": text for name, text in package("one", "  - package: acme/utils\n    version: 1.0.0\n").items()},
                                      **{f"pkgs/two/{name}": text for name, text in package("two").items()}, "readme.md": "two packages"},
                                     "1.0", "main")])
    repository(place / "needs.git", [(package("needs", "  - git: https://git.example/plain\n    revision: v1\n"
                                              "  - package: acme/dates\n    version: [\">=0.5.0\"]\n"), "v1", "main")])
    repository(place / "no_project.git", [({"readme.md": "none"}, "v1", "main")])
    repository(place / "same.git", [(package("root"), "v1", "main")])
    return git(place / "plain.git", "rev-parse", "v1")


def packages(text, name="packages.yml"):
    return {name: "packages:\n" + text}


HUB_ONE = "  - package: acme/utils\n    version: 1.0.0\n"
LOCAL = {**{f"near/{name}": text for name, text in package("near", "  - local: near/below\n").items()},
         **{f"near/below/{name}": text for name, text in package("below").items()}}


def cases(commit):
    """name -> (files, commands); a command may begin with NAME=value."""
    def hub(version, more=""):
        return packages(f"  - package: acme/utils\n    version: {version}\n{more}")

    return {
        "hub, one version": (hub("1.0.0"), ["deps"]),
        "hub, a range": (hub('[">=1.0.0", "<2.0.0"]'), ["deps"]),
        "hub, newest": (hub('">0.0.0"'), ["deps"]),
        "hub, below a release come no prereleases of it": (hub('["<2.1.0"]', "    install_prerelease: true\n"), ["deps"]),
        "hub, prereleases": (hub('">=1.0.0"', "    install_prerelease: true\n"), ["deps"]),
        "hub, a prerelease by name": (hub("2.1.0-rc1"), ["deps"]),
        "hub, open bounds": (hub('[">1.0.0", "<=1.10.0"]'), ["deps"]),
        "hub, bounds that leave nothing": (hub('[">=2.0.0", "<1.0.0"]'), ["deps"]),
        "hub, no such version": (hub("7.0.0"), ["deps"]),
        "hub, no version": (hub('"1.0"'), ["deps"]),
        "hub, a number": (hub("1.0"), ["deps"]),
        "hub, ranges in one text": (hub('">=1.0.0,<2.0.0"'), ["deps"]),
        "hub, no such package": (packages("  - package: acme/nothing\n    version: 1.0.0\n"), ["deps"]),
        "hub, what is needed in turn": (packages("  - package: acme/dates\n    version: 0.5.0\n"), ["deps"]),
        "hub, narrowed from two sides": (packages('  - package: acme/dates\n    version: 0.5.0\n  - package: acme/utils\n    version: "<1.10.0"\n'), ["deps"]),
        "hub, a conflict": (packages("  - package: acme/dates\n    version: 0.6.0\n  - package: acme/utils\n    version: 1.0.0\n"), ["deps"]),
        "hub, versions for another dbt": (packages('  - package: acme/newest\n    version: ">=1.0.0"\n'), ["deps", "deps --upgrade --no-version-check"]),
        "hub, only for another dbt": (packages("  - package: acme/newest\n    version: 3.0.0\n"), ["deps"]),
        "hub, moved": (packages("  - package: acme/moved\n    version: 1.0.0\n"), ["deps"]),
        "hub, needs a repository": (packages("  - package: acme/with_git\n    version: 1.0.0\n"), ["deps"]),
        "hub, a redirected tarball": (packages("  - package: acme/ring_a\n    version: 1.0.0\n"), ["deps"]),
        "two of one name": (packages(HUB_ONE + "  - package: acme/clash\n    version: 1.0.0\n"), ["deps"]),
        "git, a tag": (packages("  - git: https://git.example/plain.git\n    revision: v1\n"), ["deps"]),
        "git, a commit": (packages(f"  - git: https://git.example/plain.git\n    revision: {commit}\n"), ["deps"]),
        "git, a branch": (packages("  - git: https://git.example/plain.git\n    revision: side\n"), ["deps"]),
        "git, main": (packages("  - git: https://git.example/plain.git\n    revision: main\n    warn-unpinned: false\n"), ["deps"]),
        "git, nothing said": (packages("  - git: https://git.example/plain.git\n"), ["deps"]),
        "git, a tag that is a number": (packages("  - git: https://git.example/deep.git\n    revision: 1.0\n    subdirectory: pkgs/two\n"), ["deps"]),
        "git, subdirectories": (packages("  - git: https://git.example/deep.git\n    revision: \"1.0\"\n    subdirectory: pkgs/one\n"
                                         "  - git: https://git.example/deep.git\n    revision: \"1.0\"\n    subdirectory: pkgs/two\n"), ["deps"]),
        "git, no such subdirectory": (packages("  - git: https://git.example/deep.git\n    revision: \"1.0\"\n    subdirectory: nowhere\n"), ["deps"]),
        "git, no such revision": (packages("  - git: https://git.example/plain.git\n    revision: v9\n"), ["deps"]),
        "git, no such repository": (packages("  - git: https://git.example/nothing.git\n    revision: v1\n"), ["deps"]),
        "git, no project in it": (packages("  - git: https://git.example/no_project.git\n    revision: v1\n"), ["deps"]),
        "git, twice the same": (packages("  - git: https://git.example/plain.git\n    revision: v1\n  - git: https://git.example/plain\n    revision: v1\n"), ["deps"]),
        "git, two revisions": (packages("  - git: https://git.example/plain.git\n    revision: v1\n  - git: https://git.example/plain\n    revision: v2\n"), ["deps"]),
        "git, with needs of its own": (packages("  - git: https://git.example/needs.git\n    revision: v1\n"), ["deps"]),
        "git, called like the project": (packages("  - git: https://git.example/same.git\n    revision: v1\n"), ["deps"]),
        "local": ({**packages("  - local: near\n"), **LOCAL}, ["deps"]),
        "local, not there": (packages("  - local: far\n"), ["deps"]),
        "tarball": (packages("  - tarball: http://files.example/good.tar.gz\n    name: given\n"), ["deps"]),
        "tarball without a name": (packages("  - tarball: http://files.example/good.tar.gz\n"), ["deps"]),
        "tarball of two folders": (packages("  - tarball: http://files.example/two.tar.gz\n    name: two\n"), ["deps"]),
        "tarball without a project": (packages("  - tarball: http://files.example/no_project.tar.gz\n    name: x\n"), ["deps"]),
        "private": (packages("  - private: acme/secret\n"), ["deps"]),
        "dependencies.yml": (packages(HUB_ONE, "dependencies.yml"), ["deps"]),
        "dependencies.yml with projects": ({"dependencies.yml": "packages:\n" + HUB_ONE + "projects:\n  - name: other\n"}, ["deps"]),
        "both files": ({**packages(HUB_ONE, "dependencies.yml"), **packages(HUB_ONE)}, ["deps"]),
        "jinja": (packages("  - package: acme/utils\n    version: \"{{ var('utils') }}\"\n  - git: \"{{ env_var('REPOSITORIES') }}/plain.git\"\n    revision: v1\n"),
                  ["REPOSITORIES=https://git.example deps --vars '{utils: 1.1.0}'"]),
        "a secret in an address": (packages("  - git: \"https://{{ env_var('DBT_ENV_SECRET_HOST') }}/plain.git\"\n    revision: v1\n"),
                                   ["DBT_ENV_SECRET_HOST=git.example deps", "DBT_ENV_SECRET_HOST=git.example deps"]),
        "unknown key": (packages("  - package: acme/utils\n    version: 1.0.0\n    revision: x\n"), ["deps"]),
        "unknown kind": (packages("  - hub: acme/utils\n"), ["deps"]),
        "no namespace": (packages("  - package: utils\n    version: 1.0.0\n"), ["deps"]),
        "install path": ({**packages(HUB_ONE), "dbt_project.yml": project("root", "profile: root\npackages-install-path: vendored/packages\n")}, ["deps"]),
        "the lock holds": (hub('">=1.0.0"'), ["deps", f"DBT_PACKAGE_HUB_URL={LATER} deps", f"DBT_PACKAGE_HUB_URL={LATER} deps --upgrade"]),
        "only the lock": (hub('">=1.0.0"'), ["deps --lock", "deps --lock", f"DBT_PACKAGE_HUB_URL={LATER} deps --lock --upgrade"]),
        "add to nothing": ({}, ["deps --add-package acme/utils@1.0.0 --lock", "deps --lock"]),
        "add a range": (packages("  - local: near\n"), ["deps --add-package 'acme/utils@>=1.0.0,<2.0.0' --lock", "deps --lock"]) ,
        "add in the place of another": (packages("  - git: https://git.example/acme/utils.git\n    revision: v1\n  - package: acme/dates\n    version: 0.5.0\n"),
                                        ["deps --add-package acme/utils@1.1.0 --lock", "deps --lock"]),
        "add a repository": (packages(HUB_ONE), ["deps --add-package https://git.example/plain.git@v1 --source git --lock", "deps --lock"]),
        "add a folder": ({**packages(HUB_ONE), **LOCAL}, ["deps --add-package near --source local --lock", "deps --lock"]),
        "add without a version": (packages(HUB_ONE), ["deps --add-package acme/dates --lock"]),
    }


def installed(root):
    found = {}
    for folder in ("dbt_packages", "vendored/packages"):
        for name in sorted(os.listdir(root / folder)) if (root / folder).is_dir() else []:
            place = root / folder / name
            if place.is_symlink():
                found[f"{folder}/{name}"] = "-> " + os.path.relpath(os.path.realpath(place), root)
                continue
            for path in sorted(place.rglob("*")):
                if path.is_file() and ".git" not in path.parts:
                    found[str(path.relative_to(root))] = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    return found


def run_case(program, parse_yaml, name, files, commands, repositories_at, port):
    with tempfile.TemporaryDirectory(prefix="weir-deps-") as place:
        root = pathlib.Path(place) / "root"
        write(root, {"dbt_project.yml": project("root", "profile: root\n"),
                     "profiles.yml": "root: {target: dev, outputs: {dev: {type: duckdb, path: x.duckdb}}}\n", **files})
        if name == "add a range":
            write(root, LOCAL)
        results = []
        for command in commands:
            words = shlex.split(command)
            environment = dict(os.environ, NO_COLOR="1", DBT_SEND_ANONYMOUS_USAGE_STATS="0", DBT_PACKAGE_HUB_URL=HUB,
                               http_proxy=f"http://127.0.0.1:{port}", no_proxy="", GIT_CONFIG_GLOBAL=os.devnull, GIT_CONFIG_COUNT="2",
                               GIT_CONFIG_KEY_0=f"url.file://{repositories_at}/.insteadOf", GIT_CONFIG_VALUE_0="https://git.example/",
                               GIT_CONFIG_KEY_1="safe.directory", GIT_CONFIG_VALUE_1="*")
            while "=" in words[0] and words[0].split("=")[0].isupper():
                key, _, value = words.pop(0).partition("=")
                environment[key] = value
            done = subprocess.run([*program, *words], cwd=root, env=environment, capture_output=True, text=True)
            lock = root / "package-lock.yml"
            result = {"exit": 0 if done.returncode == 0 else "not 0", "lock": lock.read_text() if lock.exists() else None}
            if done.returncode == 0:
                result["files"] = installed(root)
            if "--add-package" in words and result["lock"]:
                result["lock"] = result["lock"].partition("sha1_hash")[0]
            if "--add-package" in words and (root / "packages.yml").exists():
                result["packages"] = parse_yaml((root / "packages.yml").read_text())
            results.append((result, done.stdout + done.stderr))
        return results


def simple_yaml(text):
    """packages.yml of these cases: a list of flat mappings, values texts or lists of them."""
    entries, under = [], None
    for line in text.splitlines():
        line = line.split(" #")[0].rstrip()
        if not line or line == "packages:" or line.startswith("#"):
            continue
        content = line.lstrip()
        if content.startswith("- ") and ": " not in content and not content.endswith(":"):
            entries[-1][under].append(content[2:].strip("'\""))
            continue
        if content.startswith("- "):
            entries.append({})
            content = content[2:]
        key, _, value = content.partition(":")
        under = key
        entries[-1][key] = value.strip().strip("'\"") if value.strip() else []
    return entries


class World:
    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="weir-repositories-")
        self.place = pathlib.Path(self.folder.name)
        self.commit = repositories(self.place)
        self.server = package_hub.Server(Web).__enter__()
        return self

    def __exit__(self, *_):
        self.server.__exit__()
        self.folder.cleanup()

    def each(self, program, only):
        for name, (files, commands) in cases(self.commit).items():
            if not only or name in only:
                yield name, run_case(program, simple_yaml, name, files, commands, self.place, self.server.port)


def record(only):
    kept = [line for line in (EXPECTED.read_text().splitlines(True) if EXPECTED.exists() else [])
            if only and json.loads(line)["case"] not in only]
    with EXPECTED.open("w") as out, World() as world:
        out.writelines(kept)
        for name, results in world.each([sys.executable, "-m", "dbt.cli.main"], only):
            out.write(json.dumps({"case": name, "results": [result for result, _ in results]}, sort_keys=True) + "\n")
            out.flush()
    print(f"{len(EXPECTED.read_text().splitlines())} cases recorded")


def difference(got, want):
    for key in want:
        if got.get(key) != want[key]:
            return f"{key}: {json.dumps(got.get(key))[:500]}  <>  {json.dumps(want[key])[:500]}"
    return "more than dbt"


def check(weir, only, verbose):
    expected = {case["case"]: case["results"] for case in map(json.loads, EXPECTED.read_text().splitlines())}
    passed = failed = 0
    with World() as world:
        for name, results in world.each([weir], only):
            want = expected.get(name)
            problem = "not recorded" if want is None or len(want) != len(results) else ""
            for number, (got, told) in enumerate(results):
                if verbose:
                    print(f"--- {name} {number + 1}\n{told.strip()}")
                if not problem and got != want[number]:
                    problem = f"command {number + 1}: {difference(got, want[number])}\n     {told.strip()[:300]}"
            passed += not problem
            failed += bool(problem)
            if problem:
                print(f"FAIL {name}: {problem}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or passed == 0 else 0


if __name__ == "__main__":
    sys.exit(recorded.run(__doc__, "a case", record, check, verbose=True))
