"""The service that the recorders record in, and what it has recorded."""

import json
import os
import socket
import subprocess
import time
from pathlib import Path

# Generous: machines are shared.
PATIENCE_S = 60

CONFIGURATION = """
[ledger]
origin = "einsicht.ulm.example/ledger"
data = "data"
[keys]
dir = "keys"
[listen]
internal = "{host}:{port}"
[tls.internal]
certificate = "certs/server.pem"
key = "certs/server.key"
[[caller]]
name = "recorder"
role = "recorder"
datasets = ["besuchertrend"]
token_sha256 = ["{recorder}"]
[[caller]]
name = "auditor"
role = "auditor"
token_sha256 = ["{auditor}"]
"""


class Service:
    """`einsichtd serve` with TLS on a free port of this machine, with a recorder and an auditor."""

    def __init__(self, programs, folder):
        self.programs, self.folder, self.process = Path(programs), Path(folder), None
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.address = free.getsockname()
        self.url = f"https://127.0.0.1:{self.address[1]}"
        self.configuration = self.folder / "einsichtd.toml"
        self.ca_file, self.strange_ca_file = self.folder / "certs/ca.pem", self.folder / "strange/ca.pem"
        for path in (self.ca_file, self.strange_ca_file):
            self._run("einsichtd", "certs", "--out", path.parent)
        self.strange_token_file = self.folder / "strange.token"
        tokens = {name: self._run("einsichtd", "token", "--out", self.folder / f"{name}.token").strip()
                  for name in ("recorder", "auditor", "strange")}
        host, port = self.address
        self.configuration.write_text(CONFIGURATION.format(host=host, port=port, **tokens))
        self._run("einsichtd", "init", "--config", self.configuration)

    def for_recorders(self):
        return {"EINSICHT_URL": self.url, "EINSICHT_CA_FILE": str(self.ca_file),
                "EINSICHT_TOKEN_FILE": str(self.folder / "recorder.token")}

    def start(self):
        command = [self.programs / "einsichtd", "serve", "--config", self.configuration]
        with open(self.folder / "service.log", "ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=clean_environment())
        begun = time.monotonic()
        while self._ends("einsichtd", "health", "--config", self.configuration).returncode != 0:
            if self.process.poll() is not None or time.monotonic() - begun > PATIENCE_S:
                self.kill()
                raise SystemExit(f"the service did not start:\n{(self.folder / 'service.log').read_text()}")
            time.sleep(0.05)

    def kill(self):
        """As a loss of power would: nothing is finished."""
        self.process.kill()
        self.process.wait()

    def entries(self):
        """All entries, in order, as `einsicht` proves and prints them to the auditor."""
        listed = self._run("einsicht", "list", "--all", "--limit", "0", "--oldest-first", "--json", "--quiet")
        return [json.loads(line) for line in listed.splitlines()]

    def verify(self):
        return self._run("einsicht", "verify", "--full", "--quiet")

    def _run(self, program, *arguments):
        done = self._ends(program, *arguments)
        if done.returncode != 0:
            ended = f"{' '.join(map(str, done.args))} ended with {done.returncode}"
            raise SystemExit(f"{ended}:\n{done.stdout}{done.stderr}")
        return done.stdout

    def _ends(self, program, *arguments):
        auditor = {
            "EINSICHT_URL": self.url, "EINSICHT_CA_FILE": str(self.ca_file),
            "EINSICHT_TOKEN_FILE": str(self.folder / "auditor.token"),
            "EINSICHT_VKEY": str(self.folder / "data/ledger.vkey"), "EINSICHT_STATE_DIR": str(self.folder / "state")}
        return subprocess.run([self.programs / program, *arguments], capture_output=True, text=True,
                              env={**clean_environment(), **auditor})


def clean_environment():
    """Without what people configure these programs by, and without proxies: all is on this machine."""
    return {name: value for name, value in os.environ.items()
            if not name.startswith("EINSICHT") and not name.lower().endswith("_proxy")}
