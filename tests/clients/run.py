"""Runs the recorders of docs/clients.md against the real service, on a bad day: an answer of each is lost,
and the service is killed and started again while all of them record. Then every access must be in the
ledger exactly once, with numbers without gaps, and the ledger must verify.

    run.py PROGRAMS     PROGRAMS is the folder with einsichtd and einsicht

Exit codes: 0 as it must be, 1 not. What is skipped is said.
"""

import functools
import subprocess
import sys
import tempfile
import threading
import uuid

import toolchains
from line import Line
from service import PATIENCE_S, Service, clean_environment

COUNT = 1000
ANSWER_LOST_AT, HELD_AT = 50, 100
LANGUAGES = {"python": toolchains.python, "go": toolchains.go, "typescript": toolchains.typescript}


class Recorder:
    """One example that runs, behind a line of its own."""

    def __init__(self, language, command, environment, service):
        self.language, self.line = language, Line(service.address)
        self.is_held, self.again = threading.Event(), 0
        self.process = subprocess.Popen(
            [*map(str, command), str(COUNT)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**clean_environment(), **environment, **service.for_recorders(),
                 "EINSICHT_URL": f"https://127.0.0.1:{self.line.port}"})
        self.reader = threading.Thread(target=self._read)
        self.reader.start()

    def _read(self):
        for number, told in enumerate(self.process.stdout, start=1):
            self.again += told.endswith("and was before\n")
            if number == ANSWER_LOST_AT:
                self.line.lose_answer()
            if number == HELD_AT:
                self.line.hold()
                self.is_held.set()
        self.is_held.set()

    def finish(self):
        """Returns what is wrong with how it ended."""
        try:
            _, errors = self.process.communicate(timeout=PATIENCE_S * 2)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return ["it did not end"]
        self.reader.join()
        wrong = [] if self.process.returncode == 0 else [f"it ended with {self.process.returncode}: {errors}"]
        return wrong if self.again else [*wrong, "no answer said that the access was recorded before"]


def main(programs):
    ready = {}
    for language, prepare in LANGUAGES.items():
        try:
            ready[language] = prepare()
        except toolchains.Missing as missing:
            print(f"SKIPPED: the recorder in {language}: {missing}")
    with tempfile.TemporaryDirectory() as folder:
        service = Service(programs, folder)
        service.start()
        try:
            wrong = record(ready, service)
            refusals = [refusal for language, how in ready.items()
                        for refusal in Refusal.all_of(language, *how, service)]
            wrong += [problem for refusal in refusals for problem in refusal.finish()]
            service.verify()
            entries = service.entries()
            wrong += [problem for language in ready for problem in count(language, entries)]
        finally:
            service.kill()
    for problem in wrong:
        print(f"FAILED: {problem}", file=sys.stderr)
    return 1 if wrong else 0


def record(ready, service):
    """Records with all of them at a time. Returns what is wrong."""
    recorders = [Recorder(language, *how, service) for language, how in ready.items()]
    for recorder in recorders:
        recorder.is_held.wait(PATIENCE_S)
    # All of them are in the middle: let go, and take the service away while they record.
    for recorder in recorders:
        recorder.line.release()
    service.kill()
    service.start()
    return [f"{recorder.language}: {problem}" for recorder in recorders for problem in recorder.finish()]


class Refusal:
    """One example that must fail, and record nothing. Some take a minute, so they run beside all else."""

    def __init__(self, language, command, environment, service, what, told, **changed):
        self.name, self.told = f"{language}: {what}", told
        self.process = subprocess.Popen(
            [*map(str, command), "1"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**clean_environment(), **environment, **service.for_recorders(), **changed})

    @classmethod
    def all_of(cls, language, command, environment, service):
        start = functools.partial(cls, language, command, environment, service)
        return [
            start("a token that nobody knows", "UNAUTHENTICATED", EINSICHT_TOKEN_FILE=str(service.strange_token_file)),
            start("a ledger of another authority", "certificate", EINSICHT_CA_FILE=str(service.strange_ca_file)),
            start("a token in the clear to another machine", "https://", EINSICHT_URL="http://192.0.2.1:7420"),
        ]

    def finish(self):
        """Returns what is wrong with how it ended."""
        printed, errors = self.process.communicate(timeout=PATIENCE_S * 3)
        if self.process.returncode != 0 and not printed and self.told.lower() in errors.lower():
            return []
        return [f"{self.name}: not refused, or not for that: {printed}{errors}"]


def count(language, entries):
    """Each access once, in one session with every number, which ended in good order."""
    accesses = [entry for entry in entries if entry["kind"] == "access" and entry.get("unit") == language]
    sessions = {entry["session"] for entry in accesses}
    ends = [entry["last_sequence"] for entry in entries
            if entry["kind"] == "session_end" and entry["session"] in sessions]
    must = {
        "each access once": sorted(entry["record_count"] for entry in accesses) == list(range(COUNT)),
        "numbers from 0 without gaps": sorted(entry["sequence"] for entry in accesses) == list(range(COUNT)),
        "one session, ended": len(sessions) == 1 and ends == [COUNT - 1],
        "event ids of version 4": all(uuid.UUID(entry["event_id"]).version == 4 for entry in accesses),
        "no event id twice": len({entry["event_id"] for entry in accesses}) == COUNT,
    }
    missed = [f"{language}: not so: {what}" for what, holds in must.items() if not holds]
    if not missed:
        print(f"{language}: {COUNT} accesses, each once, numbers without gaps, the session ended")
    return missed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
