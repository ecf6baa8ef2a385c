"""Runs the two programs of packaging/doc/offline.md against every verdict of the golden pack that they can decide.

    verdicts.py python|openssl|both
"""

import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import types

ROOT = pathlib.Path(__file__).resolve().parents[2]
PACK = ROOT / "fixtures" / "offline"
PAGE = (ROOT / "packaging" / "doc" / "offline.md").read_text()
CASES = json.loads((PACK / "verdicts.json").read_text())["cases"]

# What a case may need for a program to have a say in it.
PYTHON = {"succession", "state"}
OPENSSL = {"state"}


def block(language):
    (text,) = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return text


def by_python(cases):
    program = types.ModuleType("verify")
    exec(compile(block("python"), "offline.md", "exec"), program.__dict__)

    def judge(case):
        try:
            anchor = program.load_anchor((PACK / case["anchor"]).read_bytes())
            state = json.loads((PACK / case["state"]).read_text()) if "state" in case else None
            said, own = program.open_bundle((PACK / case["bundle"]).read_bytes(), anchor, state)
            token = (PACK / case["token"]).read_text().strip()
            claims = program.verify_token(token, said, case["audience"], case.get("issuer"), case.get("scopes", ()))
        except program.Refused as refused:
            return str(refused)
        if "stateAfter" in case and own != json.loads((PACK / case["stateAfter"]).read_text()):
            return "good, and another state"
        return "good" if claims == case.get("claims", claims) else "good, and other claims"

    return [judge(case) for case in cases]


def by_openssl(cases):
    with tempfile.TemporaryDirectory() as scratch:
        script = pathlib.Path(scratch) / "verify.sh"
        script.write_text(block("bash"))

        def judge(case):
            arguments = [PACK / case["anchor"], PACK / case["bundle"], case["audience"]]
            if "issuer" in case or "scopes" in case:
                arguments += [case.get("issuer", ""), *case.get("scopes", [])]
            environment = dict(os.environ)
            environment.pop("STATE", None)
            remembered = pathlib.Path(tempfile.mkdtemp(dir=scratch)) / "state"
            if "state" in case or "stateAfter" in case:
                environment["STATE"] = str(remembered)
            if "state" in case:
                shutil.copy(PACK / case["state"], remembered)
            with open(PACK / case["token"], "rb") as token:
                run = subprocess.run(
                    ["bash", script, *arguments], stdin=token, env=environment, capture_output=True, text=True, check=False
                )
            after = case.get("stateAfter") or case.get("state")
            if after and (not remembered.exists() or remembered.read_bytes() != (PACK / after).read_bytes()):
                return "another state"
            if run.returncode == 0:
                return "good" if json.loads(run.stdout) == case.get("claims", json.loads(run.stdout)) else "good, and other claims"
            return run.stderr.strip() if run.returncode == 5 else f"{run.returncode}: {run.stderr}"

        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            return list(pool.map(judge, cases))


def compare(name, abilities, judge, least):
    cases = [case for case in CASES if set(case["needs"]) <= abilities]
    wrong = [(case, told) for case, told in zip(cases, judge(cases)) if told != case["verdict"]]
    for case, told in wrong:
        print(f"{name}: {case['name']}: {told} in place of {case['verdict']}", file=sys.stderr)
    if len(cases) < least:
        sys.exit(f"{name}: only {len(cases)} verdicts could be decided")
    print(f"{name}: {len(cases) - len(wrong)} of {len(cases)} verdicts")
    return not wrong


def main(which):
    programs = {"python": (PYTHON, by_python, 95), "openssl": (OPENSSL, by_openssl, 80)}
    chosen = programs if which == "both" else {which: programs[which]}
    good = [compare(name, *program) for name, program in chosen.items()]
    sys.exit(0 if all(good) else 1)


if __name__ == "__main__":
    main(sys.argv[1])
