"""Holds the alerts that came against the attacks that were made.

usage: verdict.py EXPECTED ALERTS BUSY
An attack's line: its codes, comma-separated, then words of which an alert of its own names one. An alert's line: the
time at which it came, and its JSON. BUSY: from when on something else was always going on.
"""

import datetime
import json
import sys

IDLE, BUSY = 3.0, 1.0  # seconds

busy = float(sys.argv[3])
alerts = []
for line in open(sys.argv[2]):
    came, text = line.split(" ", 1)
    alerts.append((float(came), json.loads(text), text))


def evident(alert):
    last = max(e["time"] for e in alert["evidence"])
    return datetime.datetime.fromisoformat(last[:26] + "+00:00").timestamp()


failures, codes, shapes, slowest = 0, set(), set(), {True: 0.0, False: 0.0}
for line in open(sys.argv[1]):
    due, *words = line.split()
    names, shape = words[:-1], words[-1]
    anywhere = not any(w in t for _, _, t in alerts for w in names[:1])
    for code in due.split(","):
        own = [(c, a) for c, a, t in alerts if a["code"] == code and (anywhere or any(w in t for w in names[:4]))]
        own = [(c, a) for c, a in own if a["severity"] != "low"]
        if not own:
            failures += 1
            print(f"FAILED   {code} is due for {line.strip()}")
            continue
        codes.add(code)
        shapes.add((code, shape))
        came, alert = own[0]
        after = came - evident(alert)
        is_busy = evident(alert) > busy
        slowest[is_busy] = max(slowest[is_busy], after)
        if after > (BUSY if is_busy else IDLE):
            failures += 1
            print(f"FAILED   {code} came {after:.1f} s after its last record ({line.strip()})")
if len(codes) < 10 or len(shapes) < 40:
    failures += 1
    print(f"FAILED   only {len(shapes)} shapes of {len(codes)} behaviors")
print(
    f"{len(shapes)} shapes of {len(codes)} behaviors detected ({' '.join(sorted(codes))}); slowest "
    f"{slowest[False]:.1f} s, with other things going on {slowest[True]:.1f} s"
)
sys.exit(failures > 0)
