"""Follows what `hunt --coverage --remedy` advises.

remedy.py rules REMEDY    prints the audit rules that it says
remedy.py mended REMEDY   reads the coverage of a host that follows them from standard input, and fails where a behavior that
                          they were printed for is not seen in full
"""

import json
import sys


def objects(lines):
    return [json.loads(line) for line in lines if line.strip()]


what, path = sys.argv[1:]
with open(path) as file:
    remedy = next(one["remedy"] for one in objects(file) if "remedy" in one)
if what == "rules":
    for setting in remedy["settings"]:
        print(*(line for line in setting["lines"] if line.startswith("-")), sep="\n")
    sys.exit()

hosts = [one["coverage"] for one in objects(sys.stdin) if "coverage" in one]
seen = {behavior["code"]: behavior for host in hosts for behavior in host["behaviors"]}
due = sorted({code for missing in remedy["missing"] for code in missing["behaviors"]})
left = [code for code in due if seen[code]["visibility"] != "full"]
print(f"the printed audit rules show {len(due) - len(left)} of {len(due)} behaviors in full that starts alone do not")
for code in left:
    print(f"FAILED   {code} is {seen[code]['visibility']}: {seen[code]['missing']}")
sys.exit(bool(left) or not due)
