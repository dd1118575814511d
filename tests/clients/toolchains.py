"""Makes the recorders of clients/ ready to run, each with the tools of its language."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CLIENTS, PROTO = ROOT / "clients", ROOT / "proto"
TOOLS = (ROOT / os.environ.get("CARGO_TARGET_DIR", "target")).resolve() / "tools"


class Missing(Exception):
    """A tool or package that can not be had here. No fault of ours: the language is skipped."""


def python():
    """The command that runs the example, and what its environment needs."""
    wanted = (CLIENTS / "python/requirements.txt").read_bytes()
    folder = TOOLS / f"python-{hashlib.sha256(wanted).hexdigest()[:12]}"
    interpreter = folder / "bin/python"
    if not (folder / "done").exists():
        obtain([sys.executable, "-m", "venv", "--clear", folder])
        obtain([interpreter, "-m", "pip", "install", "--quiet", "--requirement", CLIENTS / "python/requirements.txt"])
        (folder / "done").touch()
    stubs = fresh("python-stubs")
    protos = sorted(str(path.relative_to(PROTO)) for path in PROTO.glob("einsicht/v1/*.proto"))
    run([interpreter, "-m", "grpc_tools.protoc", "--proto_path", PROTO, "--python_out", stubs,
         "--grpc_python_out", stubs, *protos])
    return [interpreter, CLIENTS / "python/example.py"], {"PYTHONPATH": str(stubs)}


def go():
    need("go")
    folder = copy("go")
    obtain(["go", "mod", "download"], folder)
    obtain([ROOT / ".ci/buf", "--version"])
    run([ROOT / ".ci/buf", "generate", PROTO], folder)
    run(["go", "vet", "./..."], folder)
    run(["go", "build", "-o", folder / "example.bin", "./example"], folder)
    return [folder / "example.bin"], {}


def typescript():
    need("npm")
    folder = copy("typescript")
    obtain(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], folder)
    run(["npm", "run", "--silent", "build"], folder)
    return ["node", folder / "build/example.js", PROTO], {}


def need(tool):
    if not shutil.which(tool):
        raise Missing(f"there is no {tool} here")


def fresh(name):
    folder = TOOLS / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def copy(language):
    """Nothing is generated or installed in the checkout."""
    folder = fresh(f"{language}-client")
    shutil.copytree(CLIENTS / language, folder, dirs_exist_ok=True,
                    ignore=shutil.ignore_patterns("node_modules", "build", "einsicht"))
    return folder


def run(command, folder=ROOT):
    subprocess.run(list(map(str, command)), cwd=folder, check=True)


def obtain(command, folder=ROOT):
    """Runs what fails where packages can not be had."""
    done = subprocess.run(list(map(str, command)), cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        told = (done.stderr or done.stdout).strip().splitlines() or ["no output"]
        raise Missing(f"`{' '.join(map(str, command[:4]))} …` failed: {told[-1]}")
