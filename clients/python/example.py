"""Records COUNT accesses from four threads, and ends its session: python example.py [COUNT]"""
import os, sys, time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from einsicht.v1.event_pb2 import ACTOR_KIND_SYSTEM, OPERATION_QUERY, AccessEvent
from recorder import Recorder

count = int(sys.argv[1]) if len(sys.argv) > 1 else 4
token = Path(os.environ["EINSICHT_TOKEN_FILE"]).read_text().strip()
recorder = Recorder(os.environ["EINSICHT_URL"], token, os.environ.get("EINSICHT_CA_FILE"))


def access(number):
    event = AccessEvent(
        dataset="besuchertrend", operation=OPERATION_QUERY, purpose="verkehrsplanung",
        unit="python", actor_kind=ACTOR_KIND_SYSTEM, record_count=number,
        occurred_at_us=time.time_ns() // 1000)
    place = recorder.record(event)[0]
    print(f"access {number} is entry {place.index}{', and was before' if place.already_recorded else ''}", flush=True)


with ThreadPoolExecutor(4) as threads:
    list(threads.map(access, range(count)))
recorder.close()
print("ended", flush=True)
