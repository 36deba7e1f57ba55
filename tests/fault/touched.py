"""Which files a process and its children opened and changed, from strace; and which of them it had no business with."""
import os, pathlib, re, subprocess

SYSTEM = ("/usr/", "/lib/", "/lib64/", "/proc/", "/sys/", "/dev/null", "/dev/tty", "/dev/urandom", "/etc/ld.so.", "/etc/localtime")
CHANGING = {"creat", "rename", "renameat", "renameat2", "unlink", "unlinkat", "mkdir", "mkdirat", "rmdir", "link", "linkat", "symlink",
            "symlinkat", "truncate", "chmod", "fchmodat", "chown", "lchown", "fchownat", "mknod", "mknodat", "utimensat", "setxattr"}
OPENING = {"open", "openat", "openat2"}
ENDS = re.compile(r"^(.*) <unfinished \.\.\.>$")
RESUMED = re.compile(r"^<\.\.\. \w+ resumed>(.*)$")
CALL = re.compile(r"^(\w+)\((.*)\)\s+= (-?\d+|\?)(.*)$", re.S)
TEXT = re.compile(r'(?:(?:AT_FDCWD|\d+)<((?:[^>\\]|\\.)*)>, )?"((?:[^"\\]|\\.)*)"')


def plain(text):
    return text.encode("latin-1").decode("unicode_escape").encode("latin-1", "replace").decode("utf-8", "surrogateescape")


def calls(lines):
    waiting = {}
    for line in lines:
        pid, _, rest = line.strip().partition(" ")
        rest = rest.strip()
        if cut := ENDS.match(rest):
            waiting[pid] = cut.group(1)
            continue
        if more := RESUMED.match(rest):
            rest = waiting.pop(pid, "") + more.group(1)
        if call := CALL.match(rest):
            yield call.groups()


class Touched:
    """run() gives the exit code and the outputs; `complaints` are the files touched outside of the folders given."""

    def __init__(self, binary, trace, writable, readable=()):
        self.binary, self.trace = binary, pathlib.Path(trace)
        self.writable = [os.path.realpath(p) for p in writable]
        self.readable = [os.path.realpath(p) for p in readable]

    def run(self, words, cwd, env, timeout=120):
        command = ["strace", "-f", "-qq", "-y", "--seccomp-bpf", "-s", "9000", "-e", "trace=%file", "-o", str(self.trace), self.binary, *words]
        # timeout(1) ends the tracer and what it traces; its 124 is then the exit code.
        done = subprocess.run(["timeout", "-k", "5", str(timeout), *command], cwd=cwd, env=env, capture_output=True, text=True,
                              errors="replace", stdin=subprocess.DEVNULL)
        with open(self.trace, encoding="latin-1") as lines:
            self.complaints = list(self.judge(lines, os.path.realpath(cwd)))
        return done

    def inside(self, path, folders):
        return any(path == f or path.startswith(f + "/") for f in folders)

    def judge(self, lines, cwd):
        for name, arguments, result, rest in calls(lines):
            if name in OPENING:
                yield from self.judge_open(arguments, result, rest, cwd)
            elif name in CHANGING:
                for folder, path in TEXT.findall(arguments):
                    whole = self.where(plain(folder) if folder else cwd, plain(path))
                    if not self.inside(whole, self.writable):
                        yield f"{name} of {whole} = {result}"

    @staticmethod
    def where(folder, path):
        """The place a name means; a link in the last segment is itself what is changed."""
        whole = os.path.join(folder, path)
        return os.path.join(os.path.realpath(os.path.dirname(whole)), os.path.basename(whole)) if path else folder

    def judge_open(self, arguments, result, rest, cwd):
        found = TEXT.search(arguments)
        folder, path = (plain(found.group(1)) if found.group(1) else cwd, plain(found.group(2))) if found else (cwd, "?")
        changes = re.search(r"O_(WRONLY|RDWR|CREAT|TRUNC|APPEND)", arguments) is not None
        opened = re.match(r"<(.*)>$", rest.strip()) if result not in ("-1", "?") else None
        if opened:
            whole = plain(opened.group(1)).removesuffix(" (deleted)")
        elif changes:
            whole = os.path.realpath(os.path.join(folder, path))
        else:
            return  # looked for, not there
        if changes:
            allowed = self.inside(whole, self.writable) or whole.startswith(("/dev/null", "/dev/tty"))
        else:
            above = "O_DIRECTORY" in arguments and any(f.startswith(whole.rstrip("/") + "/") for f in self.writable)
            allowed = above or whole.startswith(SYSTEM) or self.inside(whole, self.writable + self.readable + [self.binary])
        if not allowed:
            yield f"{'writing' if changes else 'reading'} {whole}" + ("" if opened else " (refused by the system)")
