"""Runs the commands of a document as they stand there, in their order, and holds what they print against what the document shows.

    Tests/Package/rehearse.py [--section TITLE] [--outcomes-only] [--skip REGEX]… [--put REGEX=TEXT]… DOCUMENT -- RUNNER…

In its code blocks a line that begins with "$ " is a command, and the lines under it are what it prints. A command goes to RUNNER as two more arguments: the
working directory and the line. Ids, times, sizes and keys may be others; a line that ends in an ellipsis shows a beginning, and a line that is one stands for
any lines. Ids that were printed take the place of those of the document in the commands that follow.

--outcomes-only  what is printed is not looked at: a command must succeed, or fail where the document shows "latchkey: …" and no line left out before
--put            what stands in the commands of the document and is another thing here
"""

import argparse
import itertools
import re
import subprocess
import sys

ID = r"(?:\b(?:ak|org|inst|agent|tok|sess|aud)_[0-9A-HJKMNP-TV-Z]{26}\b|\blatchkey-\d{8}T\d{6}Z\.backup\b)"

#: What differs from run to run, as it looks.
VARIABLE = [
    ID,
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",
    r"\b[0-9a-f]{64}\b",
    r"\blk_[0-9A-Za-z]{8}\b",
    r"(?<![\w-])[A-Za-z0-9_-]{43}(?![\w-])",
]


class Step:
    def __init__(self, command, line):
        self.command, self.line, self.shown = command, line, []

    @property
    def is_refused(self):
        return any(line.startswith("latchkey: ") for line in itertools.takewhile(lambda line: line != "…", self.shown))


def steps(text, section):
    """The commands in the code blocks, of one section or of all."""
    found, inside, wanted = [], False, section is None
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("```"):
            inside = not inside
        elif not inside and line.startswith("## ") and section is not None:
            wanted = line[3:] == section
        elif inside and wanted:
            if line.startswith("$ "):
                found.append(Step(line[2:], number))
            elif found and found[-1].command.endswith("\\"):
                found[-1].command = found[-1].command[:-1] + line.strip()
            elif found:
                found[-1].shown.append(line)
    return found


def pattern(line):
    """A line of the document as a pattern for what is printed."""
    parts = re.split("(" + "|".join(VARIABLE) + ")", line.removesuffix("…"))
    words = [next(kind for kind in VARIABLE if re.fullmatch(kind, part)) if index % 2 else re.escape(part) for index, part in enumerate(parts)]
    # An ellipsis within a line, and any width of a column.
    text = re.sub(r"(?:\\ )+", r"\\s+", "".join(words)).replace("…", ".*")
    # Where no terminal is, what a table's last column lacks is a dash.
    return re.compile(text + (".*" if line.endswith("…") else r"\s*(?:\t-)?\s*"))


def matches(shown, printed):
    """Whether the printed lines are the shown ones."""
    if not shown:
        return not printed
    if shown[0] == "…":
        return any(matches(shown[1:], printed[count:]) for count in range(len(printed) + 1))
    return bool(printed) and pattern(shown[0]).fullmatch(printed[0]) is not None and matches(shown[1:], printed[1:])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--section")
    parser.add_argument("--outcomes-only", action="store_true")
    parser.add_argument("--skip", action="append", default=[])
    parser.add_argument("--put", action="append", default=[])
    parser.add_argument("document")
    parser.add_argument("runner", nargs="+")
    given = parser.parse_args()
    with open(given.document, encoding="utf-8") as file:
        plan = [each for each in steps(file.read(), given.section) if not any(re.match(skipped, each.command) for skipped in given.skip)]
    if not plan:
        sys.exit(f"rehearse: there is no command in {given.document}")
    directory, ids, failures = "/root", {}, 0
    for step in plan:
        command = step.command
        for put in given.put:
            expression, text = put.split("=", 1)
            command = re.sub(expression, lambda _: text, command)
        for shown, real in ids.items():
            command = command.replace(shown, real)
        if moved := re.fullmatch(r"cd (\S+)", command):
            directory = moved.group(1)
            continue
        run = subprocess.run([*given.runner, directory, command], capture_output=True, text=True, stdin=subprocess.DEVNULL)
        printed = run.stdout + run.stderr
        for shown, real in zip(re.findall(ID, "\n".join(step.shown)), re.findall(ID, printed)):
            ids.setdefault(shown, real)
        good = (run.returncode == 0) != step.is_refused
        if good and not given.outcomes_only:
            good = matches(step.shown, printed.splitlines())
        if not good:
            failures += 1
            print(f"{given.document}, line {step.line}: $ {command}\nexit code {run.returncode}, and it printed:\n{printed}", file=sys.stderr)
    if failures:
        sys.exit(f"rehearse: {failures} of {len(plan)} commands did not do what {given.document} shows")
    print(f"   {len(plan)} commands of {given.document.rsplit('/', 1)[-1]} do what it shows")


if __name__ == "__main__":
    main()
