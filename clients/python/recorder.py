"""Records accesses in an Einsicht ledger. The rules that it keeps, and why: docs/clients.md."""
import os, random, threading, time, uuid
from pathlib import Path
from urllib.parse import urlsplit
import grpc
from einsicht.v1 import recorder_pb2 as pb, recorder_pb2_grpc as rpc

# Refused: nothing is recorded, the numbers are free. Again: it passes, or nobody knows what became of it.
REFUSED = {"INVALID_ARGUMENT", "OUT_OF_RANGE", "UNIMPLEMENTED", "PERMISSION_DENIED", "UNAUTHENTICATED"}
AGAIN = {"UNAVAILABLE", "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED", "ABORTED", "CANCELLED", "INTERNAL", "UNKNOWN"}
OPTIONS = [("grpc.max_reconnect_backoff_ms", 10_000), ("grpc.keepalive_time_ms", 20_000)]

class Recorder:
    """One producer. Threads may share it, processes may not; it sends one request at a time."""

    def __init__(self, url, token, ca_file=None):
        place, secure = urlsplit(url), url.startswith("https://")
        if not secure and place.hostname not in ("127.0.0.1", "::1", "localhost"):
            raise ValueError(f"{url}: tokens are sent to another machine with https:// only")
        tls = grpc.ssl_channel_credentials(Path(ca_file).read_bytes() if ca_file else None)
        channel = (grpc.secure_channel(place.netloc, tls, OPTIONS) if secure
                   else grpc.insecure_channel(place.netloc, OPTIONS))
        self._ledger, self._metadata = rpc.RecorderStub(channel), [("authorization", f"Bearer {token}")]
        self._lock, self._next, self._began = threading.RLock(), 0, 0

    def record(self, *events):
        """Returns where the events stand, once they are durable. If it raises, hold the access back."""
        with self._lock:
            if time.monotonic() - self._began > 23 * 3600:
                self.close()
            if self._next == 0:
                self._session, self._began = os.urandom(16), time.monotonic()
            for event in events:
                event.event_id = uuid.uuid4().bytes
            request = pb.RecordRequest(session=self._session, first_sequence=self._next, events=events)
            return self._send(self._ledger.Record, request, self._next + len(events)).recorded

    def close(self):
        """Ends the session. Without it auditors can not tell an end from a loss."""
        with self._lock:
            if self._next > 0:
                request = pb.EndSessionRequest(session=self._session, last_sequence=self._next - 1)
                self._send(self._ledger.EndSession, request, 0)

    def _send(self, call, request, next_number):
        for attempt in range(1, 13):
            try:
                answer = call(request, timeout=10, metadata=self._metadata)
                self._next = next_number
                return answer
            except grpc.RpcError as error:
                is_over = attempt == 12 or error.code().name not in AGAIN
                if is_over and error.code().name not in REFUSED:
                    self._next = 0  # nobody knows: the session is given up without an end
                if is_over:
                    raise
            time.sleep(random.uniform(0, min(10, 0.1 * 2**attempt)))
