"""Says in one line what runs of schemathesis did, and fails when they did less than they should.

  report.py REPORT…

A REPORT is what `--report-json-path` writes.
"""

import json
import sys

reports = []
for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as file:
        reports.append(json.load(file))

phases = {name for report in reports for name, phase in report["phases"].items() if phase["status"] in ("success", "failure")}
faults = [f"there was no phase {name}" for name in ("examples", "coverage", "fuzzing", "stateful") if name not in phases]
faults += [f"{error['title']}: {error['count']}" for report in reports for error in report["errors"]]
faults += ["a run did not come to its end" for report in reports if not report["complete"]]
tested = max(report["operations"]["tested"] for report in reports)
selected = max(report["operations"]["selected"] for report in reports)
if tested != selected:
    faults.append(f"{selected - tested} operations were not tested")

cases = sum(report["test_cases"]["generated"] for report in reports)
failures = sum(failure["count"] for report in reports for failure in report["failures"])
passed_over = sum(report["filtered"] for report in reports)
print(f"   {tested} operations, {cases} cases, {failures} failures ({passed_over} refusals for the reasons in refusals.py)")
if faults:
    sys.exit("\n".join(faults))
