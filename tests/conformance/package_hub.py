"""A hub of dbt packages on loopback, for the suites that install some: its server, and what the hub's API answers."""
import http.server
import json
import threading


class Web(http.server.BaseHTTPRequestHandler):
    """What the servers have in common; a suite adds do_GET."""

    protocol_version = "HTTP/1.1"

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def answer_json(self, value):
        """None is nothing that the hub has."""
        if value is None:
            self.answer(404)
        else:
            self.answer(200, json.dumps(value).encode(), **{"Content-Type": "application/json"})

    def log_message(self, *_):
        pass


class Server:
    """Answers on a port of 127.0.0.1 while it is entered."""

    def __init__(self, handler):
        self.handler = handler

    def __enter__(self):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self.handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def version_of(package, version, project, needs, dbt_versions, tarball):
    """A version of a package, "namespace/name": the project's name, what it needs, the versions of dbt it is for (None: not told)."""
    told = {} if dbt_versions is None else {"require_dbt_version": dbt_versions}
    return {"id": f"{package}/{version}", "name": project, "version": version, "packages": needs, **told, "works_with": [],
            "downloads": {"format": "tgz", "tarball": tarball, "sha1": ""}}


def package_of(package, versions, moved=None):
    namespace, name = package.split("/")
    return {"name": name, "namespace": namespace, "versions": versions, **(moved or {})}
