"""A web server and curl, for plain TCP."""
import contextlib
import re
import sys
from pathlib import Path

from namespaces import need

SIZES = {"small": 100, "large": 400_000}


class Web:
    def __init__(self, program):
        self.program = program

    def requests(self):
        return len(re.findall(r'"GET /', self.program.text()))


@contextlib.contextmanager
def web(space, address, port=8080):
    folder = Path(space.folder, "web")
    folder.mkdir(exist_ok=True)
    for name, size in SIZES.items():
        (folder / name).write_bytes(b"x" * size)
    with space.program(f"web{port}", sys.executable, "-u", "-m", "http.server", "-b", address, "-d", folder,
                       port) as program:
        program.wait_for_text("Serving HTTP")
        yield Web(program)


def curl(space, url, connections):
    """So many connections, one after the other; the bytes of all bodies."""
    need("curl")
    total = 0
    for _ in range(connections):
        total += len(space.run("curl", "-sS", "--max-time", "10", url).stdout)
    return total
