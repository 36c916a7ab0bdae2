"""An agent of recorded documents, so that screens are exact: with FakeAgent() as agent."""
import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

DOCUMENTS = Path(__file__).resolve().parent / "documents"


def document(name):
    return (DOCUMENTS / name).read_bytes()


def recorded():
    """Answers by path; a list gives one after the other, the last one again and again."""
    window = "/api/v1/policies/{}/metrics/window/5".format
    return {
        "/api/v1/metrics/app": document("app.json"),
        "/api/v1/policies": document("policies.json"),
        window("default"): [document(f"default_{i}.json") for i in (1, 2, 3)],
        window("two"): document("two.json"),
        window("default-e672f6867326e422-resources"): document("resources_default.json"),
        window("second-e672f6867326e422-resources"): document("resources_second.json"),
        "/api/v1/policies/default/metrics/bucket/1": document("default_closed.json"),
    }


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.agent.answer(self)

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    # One that was stopped leaves its port to the next.
    allow_reuse_address = True


class FakeAgent:
    def __init__(self, answers=None, token=None, tls=None, port=0):
        self.answers = recorded() | (answers or {})
        self.token, self.tls, self.port = token, tls, port
        self.asked, self.seconds = [], 0
        self.lock, self.connections = threading.Lock(), set()
        self.server = None

    def answer(self, handler):
        path = unquote(handler.path)
        with self.lock:
            self.asked.append(path)
            self.connections.add(handler.connection)
            body = self.answers.get(path)
            if isinstance(body, list):
                body = body.pop(0) if len(body) > 1 else body[0]
            wanted = self.token
        time.sleep(self.seconds)
        status = 200
        if wanted and handler.headers.get("Authorization") != f"Bearer {wanted}":
            status, body = 401, b'{"error":"unauthorized"}'
        elif body is None:
            status, body = 404, b'{"error":"policy does not exist"}'
        elif isinstance(body, tuple):
            status, body = body
        if isinstance(body, (dict, list)):
            body = json.dumps(body).encode()
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def count(self, part):
        with self.lock:
            return sum(part in path for path in self.asked)

    def start(self):
        self.server = Server(("127.0.0.1", self.port), Handler)
        self.server.agent = self
        self.port = self.server.server_address[1]
        if self.tls:
            self.server.socket = self.tls.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def stop(self):
        """As if killed: connections that are kept end, too."""
        self.server.shutdown()
        self.server.server_close()
        with self.lock:
            for connection in self.connections:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
            self.connections.clear()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
