"""Certificates of the test's own, made by openssl: an authority, servers and clients that it has signed."""
import ssl
import subprocess
from pathlib import Path


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)


class Authority:
    def __init__(self, folder, name="authority"):
        self.folder, self.name = Path(folder), name
        self.ca, self.key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-subj", f"/CN={name}", "-keyout", self.key, "-out", self.ca)

    def sign(self, name, *names):
        """(certificate, key) for the common name and the alternative names ("DNS:x", "IP:127.0.0.1")."""
        key, request, cert = (self.folder / f"{name}.{end}" for end in ("key", "csr", "pem"))
        extensions = self.folder / f"{name}.ext"
        extensions.write_text("subjectAltName=" + ",".join(names or [f"DNS:{name}"]))
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={name}",
                "-keyout", key, "-out", request)
        openssl("x509", "-req", "-in", request, "-CA", self.ca, "-CAkey", self.key, "-CAcreateserial", "-days", "2",
                "-extfile", extensions, "-out", cert)
        return cert, key

    def server(self, name, *names, client=None):
        """A context for a server; client: the authority whose clients alone may come."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.sign(name, *names))
        if client:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(client.ca)
        return context
