"""A lake with one table `t`, on local disk or on S3, as weir, deltalake and the tests themselves see it; S3 servers; and a proxy
before such a server that loses connections as networks do."""
import collections, os, pathlib, socket, subprocess, sys, threading

import boto3
from deltalake import DeltaTable

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "conformance"))
import store_servers  # noqa: E402
from delta_rows import delta_rows  # noqa: E402
from legal import Bucket, Folder  # noqa: E402


class Lake:
    """In a new project, unless the folder is one."""

    def __init__(self, project, weir, server=None, name="t"):
        self.project, self.weir, self.server = project, str(pathlib.Path(weir).resolve()), server
        self.prefix = f"lakes/{name}"
        lake = "lake" if not server else f"s3://{server.bucket}/{self.prefix}"
        if not (project / "weir.yml").exists():
            project.mkdir()
            (project / "dbt_project.yml").write_text("name: w\nversion: '1.0'\nprofile: w\n")
            (project / "weir.yml").write_text(f"id: 0c9f5b44-33f2-4f0c-9d57-6d9e1d9f0a13\ntarget: lake\nlake: {lake}\n")
        self.uri = str(project / "lake/main/t") if not server else f"{lake}/main/t"

    def options(self):
        return self.server.deltalake_options() if self.server else None

    def start(self, *words, env=None):
        return subprocess.Popen([self.weir, *words], cwd=self.project, env={**(self.server.env if self.server else os.environ), **(env or {})},
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run(self, *words, env=None, check=None, timeout=600):
        """Exit code and what was said."""
        process = self.start(*words, env=env)
        _, errors = process.communicate(timeout=timeout)
        if check is not None and process.returncode != check:
            raise AssertionError(f"weir {' '.join(words)} exited {process.returncode}\n{errors}")
        return process.returncode, errors

    def sql(self, text):
        self.run("sql", "--write", text, check=0)

    def folder(self):
        return Bucket(self.server.client, self.server.bucket, f"{self.prefix}/main/t") if self.server else Folder(self.uri)

    def table(self, version=None):
        return DeltaTable(self.uri, version=version, storage_options=self.options())

    def rows(self, version=None):
        """What deltalake reads."""
        return collections.Counter(tuple(row.values()) for row in delta_rows(self.table(version)).to_pylist())


class S3:
    """versitygw over a folder (its conditional put is atomic); moto, behind a lock, where there is none."""

    def __init__(self, program, folder):
        if program and pathlib.Path(program).exists():
            self.server = store_servers.Versitygw(folder)
            self.server.program = program
        else:
            print("the server is moto")
            self.server = store_servers.Moto(folder)
        self.server.start()
        self.bucket, self.env, self.url = store_servers.BUCKET, self.server.env, self.server.url
        self.client = boto3.client("s3", endpoint_url=self.url, region_name="us-east-1",
                                   aws_access_key_id=store_servers.S3_KEYS["AWS_ACCESS_KEY_ID"],
                                   aws_secret_access_key=store_servers.S3_KEYS["AWS_SECRET_ACCESS_KEY"])

    def deltalake_options(self):
        return {**self.server.delta_options(), "conditional_put": "etag"}

    def through(self, proxy):
        """The environment of a client that goes through a proxy."""
        return {"AWS_ENDPOINT_URL": proxy.url}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.end()


class Proxy:
    """Each request goes to `react(method, target, send)`; send() passes it on and gives the answer's bytes. What react returns goes
    back to the client; None closes the connection without an answer."""

    def __init__(self, url, react):
        self.port, self.react = int(url.rsplit(":", 1)[1]), react
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.lock = threading.Lock()  # one request at a time: faults hit the same request in each run
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        with client, client.makefile("rb") as incoming:
            while request := self.receive(incoming):
                head, body = request
                method, target, _ = head.split(b"\r\n", 1)[0].decode().split(" ", 2)
                with self.lock:
                    answer = self.react(method, target, lambda: self.forward(head, body))
                if answer is None:
                    return
                try:
                    client.sendall(answer)
                except OSError:
                    return

    @staticmethod
    def receive(incoming):
        head, length = b"", 0
        while (line := incoming.readline()) not in (b"", b"\r\n"):
            head += line
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        return (head, incoming.read(length)) if head else None

    def forward(self, head, body):
        with socket.create_connection(("127.0.0.1", self.port)) as server:
            server.sendall(head + b"Connection: close\r\n\r\n" + body)
            answer = b""
            while piece := server.recv(1 << 16):
                answer += piece
        return answer.replace(b"Connection: close\r\n", b"", 1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()
