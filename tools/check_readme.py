#!/usr/bin/env python3
"""Runs README's code blocks in a bare Debian 12 folder, in order, and compares their outputs.

A block is run if its fence says ```console: lines starting with "$ " are commands (a trailing backslash continues), what follows
is the expected output. In it `…` stands for any text within a line, a line `...` for any lines. Needs root and debootstrap.
"""
import argparse, os, pathlib, re, shutil, subprocess, sys, tempfile

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
    """The bare folder with /proc and /dev mounted while it is used."""

    def __init__(self, folder):
        self.folder = folder

    def __enter__(self):
        make_bare(self.folder)
        subprocess.run(["mount", "-t", "proc", "proc", self.folder / "proc"], check=True)
        subprocess.run(["mount", "--bind", "/dev", self.folder / "dev"], check=True)
        return self

    def __exit__(self, *_):
        for name in ("dev", "proc"):
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


def matches(expected, actual):
    """Whether the actual lines fit the expected ones with their wildcards."""
    pattern = ""
    for line in expected:
        pattern += r"(?:.*\n)*" if line == "..." else ".*".join(re.escape(p) for p in line.split("…")) + "\n"
    return re.fullmatch(pattern, "".join(line.rstrip() + "\n" for line in actual)) is not None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=pathlib.Path, help="keep the bare folder here")
    parser.add_argument("--documents", nargs="*", default=["README.md"])
    args = parser.parse_args()
    temporary = None if args.folder else tempfile.TemporaryDirectory(prefix="weir-bare-")
    folder = args.folder or pathlib.Path(temporary.name)
    passed = failed = 0
    with Bare(folder) as bare:
        shutil.rmtree(folder / "root/weir", ignore_errors=True)
        subprocess.run(["git", "clone", "--quiet", root, folder / "root/weir"], check=True)
        for document in args.documents:
            place = "/root/weir"
            for command, expected, line in blocks((root / document).read_text()):
                marker = "__now_at__"
                done = bare.run(f'export PATH="/root/weir/build/release:$PATH"; cd {place} && {{ {command}\n}}; c=$?; echo; echo {marker} $c $PWD')
                output, _, tail = done.stdout.rpartition(marker)
                code, place = tail.split(None, 1)[0], tail.split(None, 1)[1].strip()
                lines = output.rstrip("\n").splitlines() if output.strip() else []
                if expected and not matches(expected, lines):
                    failed += 1
                    print(f"{document}:{line}: `{command}` printed something else (exit {code}):")
                    print("\n".join("   | " + l for l in lines[-60:]))
                elif code != "0" and not expected:
                    failed += 1
                    print(f"{document}:{line}: `{command}` exited {code}\n" + "\n".join(lines[-40:]))
                else:
                    passed += 1
                    print(f"ok {document}:{line} {command}", flush=True)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


if os.geteuid() != 0:
    sys.exit("check_readme: needs root (chroot)")
main()
