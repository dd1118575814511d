"""The service that the recorders record in, and what it has recorded."""

import json
import os
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

# Generous: machines are shared.
PATIENCE_S = 60


class Service:
    """`einsichtd dev` on a free port of this machine."""

    def __init__(self, programs, folder):
        self.programs, self.folder, self.process = Path(programs), Path(folder), None
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.address = free.getsockname()
        self.log = open(self.folder / "service.log", "wb")

    @property
    def scheme(self):
        return "http"

    @property
    def token_file(self):
        return self.folder / "data/keys/dev.token"

    def environment(self):
        """For `einsicht`."""
        host, port = self.address
        return {"EINSICHT_URL": f"{self.scheme}://{host}:{port}", "EINSICHT_VKEY": str(self.folder / "data/ledger.vkey"),
                "EINSICHT_STATE_DIR": str(self.folder / "state")}

    def start(self):
        host, port = self.address
        self.process = subprocess.Popen(
            [self.programs / "einsichtd", "dev", "--data", self.folder / "data", "--listen", f"{host}:{port}"],
            stdout=self.log, stderr=self.log)
        begun = time.monotonic()
        while not self._is_healthy():
            if self.process.poll() is not None or time.monotonic() - begun > PATIENCE_S:
                self.kill()
                raise SystemExit(f"the service did not start:\n{(self.folder / 'service.log').read_text()}")
            time.sleep(0.05)

    def _is_healthy(self):
        host, port = self.address
        try:
            with urllib.request.urlopen(f"http://{host}:{port}/healthz", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def kill(self):
        """As a loss of power would: nothing is finished."""
        self.process.kill()
        self.process.wait()

    def entries(self):
        """All entries, in order, as `einsicht` proves and prints them."""
        listed = self._einsicht("list", "--all", "--limit", "0", "--oldest-first", "--json", "--quiet")
        return [json.loads(line) for line in listed.splitlines()]

    def verify(self):
        return self._einsicht("verify", "--full", "--quiet")

    def _einsicht(self, *arguments):
        environment = {**os.environ, **self.environment()}
        done = subprocess.run([self.programs / "einsicht", *arguments], env=environment, capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"`einsicht {' '.join(arguments)}` ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout
