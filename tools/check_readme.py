#!/usr/bin/env python3
"""Runs README's code blocks in a bare Debian 12 folder, in order, and compares their outputs.

A block is run if its fence says ```console: lines starting with "$ " are commands (a trailing backslash continues), what follows
is the expected output. In it `…` stands for any text within a line, a line `...` for any lines; times, durations, sizes in bytes, ids
of runs and the width of columns are not compared. A command without expected output, and ./dev, must succeed. Needs root and
debootstrap.

--here WEIR runs the blocks with that binary in a copy of the sources on this machine instead, without the commands that
build (./dev); --update then writes the outputs of commands that have no `...` and no `…` anew.
"""
import argparse, os, pathlib, re, shutil, subprocess, sys, tempfile

import spec

root = pathlib.Path(__file__).resolve().parent.parent
CARRIED = ["/etc/resolv.conf", "/etc/hosts", "/etc/pip.conf", "/etc/apt/sources.list.d/debian.sources",
           "/etc/ssl/certs/ca-certificates.crt"]


def make_bare(folder):
    if (folder / "etc/debian_version").exists():
        return
    sources = pathlib.Path("/etc/apt/sources.list.d/debian.sources")
    text = sources.read_text() if sources.exists() else pathlib.Path("/etc/apt/sources.list").read_text()
    mirror = re.search(r"^(?:URIs:|deb(?:\s+\[.*?\])?)\s*(\S+)", text, re.M).group(1)
    subprocess.run(["debootstrap", "--variant=minbase", "--include=ca-certificates,git", "bookworm", folder, mirror], check=True,
                   stdout=subprocess.DEVNULL)
    home = pathlib.Path.home()
    extra = [home / ".config/pip/pip.conf", home / ".config/go/env"]
    for path in CARRIED + [str(p) for p in extra] + [str(p) for p in pathlib.Path("/etc/apt/apt.conf.d").glob("99*")]:
        if os.path.exists(path):
            target = folder / path.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    certificates = pathlib.Path("/usr/local/share/ca-certificates")
    if certificates.is_dir():
        shutil.copytree(certificates, folder / "usr/local/share/ca-certificates", dirs_exist_ok=True)
    if sources.exists():
        (folder / "etc/apt/sources.list").write_text("")


class Bare:
    """The bare folder with /proc and /dev mounted while it is used, terminals and shared memory included."""

    def __init__(self, folder):
        self.folder = folder

    def __enter__(self):
        make_bare(self.folder)
        subprocess.run(["mount", "-t", "proc", "proc", self.folder / "proc"], check=True)
        for name in ("dev", "dev/pts", "dev/shm"):
            subprocess.run(["mount", "--bind", f"/{name}", self.folder / name], check=True)
        return self

    def __exit__(self, *_):
        for name in ("dev/shm", "dev/pts", "dev", "proc"):
            subprocess.run(["umount", "-l", self.folder / name], check=False)

    def run(self, script):
        keep = {k: v for k, v in os.environ.items()
                if re.match(r"(PIP_|GOPROXY|GOSUMDB|GONOSUM|GOFLAGS|HTTPS?_PROXY|https?_proxy|NO_PROXY|no_proxy|SSL_CERT)", k)}
        env = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "TERM": "dumb",
               "DEBIAN_FRONTEND": "noninteractive", **keep}
        return subprocess.run(["chroot", self.folder, "/bin/bash", "-c", script], env=env, text=True, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def blocks(text):
    """(command, expected lines, line number) of every console block."""
    found, number, inside = [], 0, False
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("```"):
            inside = line.strip() == "```console"
        elif inside and line.startswith("$ "):
            found.append([line[2:], [], number])
        elif inside and found and found[-1][0].endswith("\\"):
            found[-1][0] = found[-1][0][:-1] + line.strip()
        elif inside and found:
            found[-1][1].append(line.rstrip())
    return found


def plain(line):
    """A line without what differs from run to run."""
    line = re.sub(r"20[2-9]\d-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|\+00)?", "<time>", line)
    line = re.sub(r"\b%s\b" % spec.MARKS["run"], "<run>", line)
    line = re.sub(r"\b(bytes|ms)=\d+", r"\1=<n>", line)
    line = re.sub(r"(?<![\w.])%s(?!\w)" % spec.MARKS["ms"], "<ms>", line)
    line = re.sub(r"(?<![\w.])%s(?!\w)" % spec.MARKS["bytes"], "<bytes>", line)
    return re.sub(r"─+", "─", re.sub(r" +", " ", line.rstrip()))


def matches(expected, actual):
    """Whether the actual lines fit the expected ones with their wildcards."""
    expected, actual = [plain(line) for line in expected], [plain(line) for line in actual]
    pattern = ""
    for line in expected:
        pattern += r"(?:.*\n)*" if line == "..." else ".*".join(re.escape(p) for p in line.split("…")) + "\n"
    return re.fullmatch(pattern, "".join(line.rstrip() + "\n" for line in actual)) is not None


class Here:
    """This machine, in a copy of the committed sources, with a binary that is built already."""

    def __init__(self, folder, weir):
        self.folder, self.weir = folder, weir

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def run(self, script):
        env = {"PATH": f"{self.weir.parent}:{os.environ['PATH']}", "HOME": str(self.folder), "LANG": "C.UTF-8", "TZ": "UTC",
               "COLUMNS": "120", "WEIR_THREADS": "1"}
        return subprocess.run(["bash", "-c", script], env=env, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)


def updated(text, outputs):
    """The document with new outputs: {line number of the command: lines}."""
    out, number, skipping, lines = [], 0, False, text.splitlines()
    for number, line in enumerate(lines, 1):
        if skipping and (line.startswith("$ ") or line.startswith("```")):
            skipping = False
        if not skipping:
            out.append(line)
        if number in outputs:
            out += outputs[number]
            skipping = True
    return "\n".join(out) + "\n"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=pathlib.Path, help="keep the bare folder here")
    parser.add_argument("--here", type=pathlib.Path, metavar="WEIR", help="this machine and this binary, without ./dev")
    parser.add_argument("--update", action="store_true", help="with --here: write the outputs anew")
    parser.add_argument("--documents", nargs="*", default=["README.md", "docs/my-dbt-project.md"])
    args = parser.parse_args()
    if not args.here and os.geteuid() != 0:
        sys.exit("check_readme: needs root (chroot), or --here")
    temporary = None if args.folder else tempfile.TemporaryDirectory(prefix="weir-bare-")
    folder = args.folder or pathlib.Path(temporary.name)
    passed = failed = 0
    with Here(folder, args.here.resolve()) if args.here else Bare(folder) as bare:
        clone = folder / ("tour/weir" if args.here else "root/tour/weir")
        shutil.rmtree(clone.parent, ignore_errors=True)  # with what an earlier check left beside it
        clone.parent.mkdir(parents=True)
        subprocess.run(["git", "clone", "--quiet", root, clone], check=True)
        for document in args.documents:
            place, outputs, text = "~/tour/weir", {}, (root / document).read_text()  # a bare folder's, or that of Here
            path = "" if args.here else 'export PATH="$HOME/tour/weir/build/release:$PATH" WEIR_THREADS=1; '
            for command, expected, line in blocks(text):
                if args.here and command.startswith("./dev"):
                    continue
                marker = "__now_at__"
                done = bare.run(f"{path}cd {place} && {{ {command}\n}}; c=$?; echo; echo {marker} $c $PWD")
                output, _, tail = done.stdout.rpartition(marker)
                code, place = tail.split(None, 1)[0], tail.split(None, 1)[1].strip()
                lines = output.rstrip("\n").splitlines() if output.strip() else []
                if args.update and not any("…" in l or l == "..." for l in expected):
                    outputs[line] = [l.rstrip() for l in lines]
                elif expected and not matches(expected, lines):
                    failed += 1
                    print(f"{document}:{line}: `{command}` printed something else (exit {code}):")
                    print("\n".join("   | " + l for l in lines[-60:]))
                elif code != "0" and (not expected or command.startswith("./dev")):  # others are shown failing, too
                    failed += 1
                    print(f"{document}:{line}: `{command}` exited {code}\n" + "\n".join(lines[-40:]))
                else:
                    passed += 1
                    print(f"ok {document}:{line} {command}", flush=True)
            if args.update:
                (root / document).write_text(updated(text, outputs))
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not (passed or args.update) else 0)


if __name__ == "__main__":
    main()
