"""Runs schemathesis against a gateway, as the tests ask: tasks as JSON on standard input, what came of each on standard output."""

import json
import subprocess
import sys
import tempfile

# What a document can say of an answer. Whether good data is taken is not among it: a tenant may be nobody's.
CHECKS = ",".join(
    [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
        "negative_data_rejection",
        "unsupported_method",
        "ignored_auth",
    ]
)


def run(task):
    with tempfile.TemporaryDirectory() as folder:
        command = [
            *["made/bin/schemathesis", "run", task["document"], "--url", task["url"], "--checks", CHECKS],
            *["--header", f"Authorization: Bearer {task['token']}", "--max-examples", str(task["examples"])],
            *["--seed", "1", "--phases", "examples,coverage,fuzzing", "--continue-on-failure", "--no-color"],
            *["--report", "junit", "--report-junit-path", f"{folder}/report.xml", "--suppress-health-check", "all"],
        ]
        done = subprocess.run(command, capture_output=True, text=True)
    return {"code": done.returncode, "said": done.stdout[-20000:] + done.stderr[-4000:]}


json.dump([run(task) for task in json.load(sys.stdin)], sys.stdout)
