#!/usr/bin/env bash
# Measures the disk that a million entries take: records made-up events of eleven fields into a fresh
# ledger, 500 in a commit, and prints megabytes per million. Needs port 7420 of this machine.
# Usage: bench/disk.sh [EVENTS], from the root of the checkout, after cargo build --release; or with EINSICHT_PROGRAMS=FOLDER.
set -euo pipefail
events=${1:-1000000}
programs=${EINSICHT_PROGRAMS:-$(pwd)/target/release}
work=$(mktemp -d)
service=
trap 'if [ -n "$service" ]; then kill "$service" 2>/dev/null || true; fi; rm -rf "$work"' EXIT
cd "$work"

cat > map.toml <<'TOML'
name = "sizing"
[event]
dataset = { from = "{dataset}" }
operation = "query"
purpose = { from = "{purpose}" }
unit = { from = "{unit}" }
occurred_at = { from = "{time}", time = "%Y-%m-%d %H:%M:%S", zone = "UTC" }
record_count = { from = "{count}" }
activity = "vvt-017"
role = "sachbearbeitung"
actor_kind = "human"
legal_basis = "gdpr-6-1-e"
processing = "aggregated"
TOML
python3 - "$events" > events.csv <<'PYTHON'
import datetime, sys
begin = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=2)
kinds = [("besuchertrend", "verkehrsplanung", "sub-ii"), ("schulstandorte", "schulentwicklung", "bs"),
         ("parkhaeuser", "open-data", "zs-t-it"), ("stadtbiotopkartierung", "statistik", "bd-iv")]
print("time,dataset,purpose,unit,count")
for i in range(int(sys.argv[1])):
    time = begin + datetime.timedelta(seconds=i // 20)
    print(time.strftime("%Y-%m-%d %H:%M:%S"), *kinds[i % 4], i % 5000, sep=",")
PYTHON

"$programs/einsichtd" dev --data ledger --listen 127.0.0.1:7420 > /dev/null 2> service.log &
service=$!
until curl --silent --fail --output /dev/null http://127.0.0.1:7420/healthz; do sleep 0.1; done
EINSICHT_TOKEN_FILE=ledger/keys/dev.token EINSICHT_VKEY=ledger/ledger.vkey EINSICHT_STATE_DIR=state \
  "$programs/einsicht" import --quiet --format csv --map map.toml events.csv > /dev/null
kill "$service"
wait "$service"
service=
for part in log/entries log/hashes log/offsets state; do
  bytes=$(du --summarize --bytes "ledger/$part" | cut -f1)
  printf '%-12s %6d MB per million\n' "$part" "$((bytes / events))"
done
