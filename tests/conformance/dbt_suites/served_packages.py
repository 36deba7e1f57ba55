"""The packages that dbt-core's cases install, served on loopback from clones of their repositories.

A folder holds them as OWNER/NAME, made by `git clone --mirror https://github.com/OWNER/NAME FOLDER/OWNER/NAME` (with branches: some
revisions are branches). Git is told by its own configuration to look there; the hub and the tarballs are answered by a server on 127.0.0.1,
made of the repositories' tags, as the hub and GitHub make theirs. The addresses of tarballs that a project names are rewritten to that
server's before `dbt deps` (`to_loopback`), since they are of https. Everything else of the network is refused.
"""
import os
import pathlib
import re
import subprocess
import sys

import yaml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import package_hub  # noqa: E402

NAMED = ["calogica/dbt-date", "calogica/dbt-expectations", "dbt-labs/dbt-audit-helper", "dbt-labs/dbt-external-tables",
         "dbt-labs/dbt-integration-project", "dbt-labs/dbt-multipe-packages", "dbt-labs/dbt-utils", "dbt-labs/spark-utils",
         "fivetran/dbt_amplitude", "fivetran/dbt_fivetran_utils"]
MOVED = {"calogica/dbt_date": {"redirectnamespace": "godatadriven", "redirectname": "dbt_date"},
         "fishtown-analytics/dbt_utils": {"redirectnamespace": "dbt-labs"}}
# And the last version under the name. The hub does not tell which dbt these are for.
OLD_NAMES = {"fishtown-analytics/dbt_utils": ("dbt-labs/dbt-utils", (0, 7, 0))}
GITHUB = ["https://github.com/", "https://abc123@github.com/"]  # the second with the token of a case
VERSION = re.compile(r"v?((\d+)\.(\d+)\.(\d+)(-[0-9A-Za-z.-]+)?)")
TARBALL = re.compile(r"https://(\{\{[^}]*\}\}@)?(codeload\.github\.com/|github\.com/[\w.-]+/[\w.-]+/archive/)")


def to_loopback(folder):
    """Rewrites the addresses of tarballs in a project's lists of packages, where there is a server for them."""
    server = os.environ.get("WEIR_PACKAGE_SERVER")
    for path in (pathlib.Path(folder, name) for name in ("packages.yml", "dependencies.yml") if server):
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            if (served := TARBALL.sub(rf"http://\g<1>{server}/\g<2>", text)) != text:
                path.write_text(served, encoding="utf-8")


class Repository:
    def __init__(self, folder):
        self.folder = folder

    def git(self, *words, **options):
        return subprocess.run(["git", *words], cwd=self.folder, capture_output=True, check=True, **options).stdout

    def versions(self):
        """version -> tag"""
        found = {}
        for tag in self.git("tag", text=True).split():
            if match := VERSION.fullmatch(tag):
                found.setdefault(match[1], tag)
        return found

    def files(self, names):
        """The texts of what REVISION:PATH names; "" of what there is not."""
        out, at, texts = self.git("cat-file", "--batch", input="".join(f"{name}\n" for name in names).encode()), 0, []
        for _ in names:
            head, _, _ = out[at:].partition(b"\n")
            size = int(head.split()[-1]) if not head.endswith(b"missing") else -1
            begin = at + len(head) + 1
            texts.append(out[begin:begin + max(size, 0)].decode("utf-8", "replace"))
            at = begin + size + 1
        return texts

    def tarball(self, tag):
        tops = f"{self.folder.name.removesuffix('.git')}-{tag.removeprefix('v')}/"
        return self.git("archive", "--format=tar.gz", f"--prefix={tops}", f"refs/tags/{tag}")


class Packages:
    def __init__(self, folder):
        self.folder, self.repositories, self.answers = folder.resolve(), {}, {}
        for name in NAMED:
            place = next((p for p in (self.folder / name, self.folder / f"{name}.git") if p.is_dir()), None)
            if place:
                self.repositories[name] = Repository(place)
        self.left_out = [name for name in NAMED if name not in self.repositories]
        self.on_hub = {}  # "namespace/name" -> (repository, its last version under this name or None)
        for name, repository in self.repositories.items():
            project = yaml.safe_load(repository.files(["HEAD:dbt_project.yml"])[0])
            if project and repository.versions():
                self.on_hub[f"{name.split('/')[0]}/{project['name']}"] = (name, None)
        self.on_hub.update({name: old for name, old in OLD_NAMES.items() if old[0] in self.repositories})

    def hub(self, name, server):
        """What the hub answers on a package; None if it has none."""
        if name == "index":
            return sorted(self.on_hub)
        if name not in self.on_hub:
            return None
        if name not in self.answers:
            self.answers[name] = self.package(name, *self.on_hub[name], server)
        return self.answers[name]

    def package(self, name, of, last, server):
        repository, versions = self.repositories[of], {}
        tags = {version: tag for version, tag in repository.versions().items()
                if last is None or tuple(map(int, VERSION.fullmatch(version).group(2, 3, 4))) <= last}
        names = [f"refs/tags/{tag}:{file}" for tag in tags.values() for file in ("dbt_project.yml", "packages.yml")]
        texts = iter(repository.files(names))
        for (version, tag), project, needs in zip(tags.items(), texts, texts):
            project, needs = yaml.safe_load(project), yaml.safe_load(needs)
            if isinstance(project, dict) and "name" in project:
                dbt_versions = project.get("require-dbt-version", []) if last is None else None
                versions[version] = package_hub.version_of(
                    name, version, project["name"], (needs or {}).get("packages") or [],
                    [dbt_versions] if isinstance(dbt_versions, str) else dbt_versions,
                    f"http://{server}/codeload.github.com/{of}/tar.gz/{tag}")
        return package_hub.package_of(name, versions, MOVED.get(name))

    def tarball(self, path):
        """Of an address of codeload.github.com or github.com; None if there is no such tag."""
        match = (re.fullmatch(r"/codeload\.github\.com/([^/]+/[^/]+)/tar\.gz/(?:refs/tags/)?(.+)", path)
                 or re.fullmatch(r"/github\.com/([^/]+/[^/]+)/archive/(?:refs/tags/)?(.+)\.tar\.gz", path))
        repository = self.repositories.get(match[1]) if match else None
        if repository is None or match[2] not in repository.git("tag", text=True).split():
            return None
        return repository.tarball(match[2])

    def environment(self, server):
        """For the programs that fetch: where the packages are, and that there is nothing else."""
        settings = [(f"url.file://{repository.folder}.insteadOf", f"{github}{name}{ending}")
                    for name, repository in self.repositories.items() for github in GITHUB for ending in ("", ".git")]
        out = {"GIT_CONFIG_COUNT": str(len(settings)), "GIT_ALLOW_PROTOCOL": "file", "GIT_TERMINAL_PROMPT": "0",
               "DBT_PACKAGE_HUB_URL": f"http://{server}/", "WEIR_PACKAGE_SERVER": server,
               "http_proxy": f"http://{server}", "https_proxy": f"http://{server}", "no_proxy": "127.0.0.1,localhost"}
        for number, (key, value) in enumerate(settings):
            out[f"GIT_CONFIG_KEY_{number}"], out[f"GIT_CONFIG_VALUE_{number}"] = key, value
        return out


class Served:
    """The packages of a folder while it is entered; `environment` is for the programs that fetch them."""

    def __init__(self, folder):
        self.packages = packages = Packages(folder)

        class Web(package_hub.Web):
            def do_GET(self):
                server = self.headers["Host"]
                if self.path.startswith("/api/v1/"):
                    self.answer_json(packages.hub(self.path[8:].removesuffix(".json"), server))
                else:
                    found = packages.tarball(self.path)
                    self.answer(404) if found is None else self.answer(200, found)

        self.server = package_hub.Server(Web)

    def __enter__(self):
        self.server.__enter__()
        self.environment = self.packages.environment(f"127.0.0.1:{self.server.port}")
        return self

    def __exit__(self, *_):
        self.server.__exit__()
