"""The commands and their options, as the executable itself describes them (`latchkey --experimental-dump-help`)."""

import json
import subprocess


class Command:
    """One command, with its words from the program's name on."""

    def __init__(self, described, above=()):
        self.words = (*above, described["commandName"])
        self.abstract = described.get("abstract", "")
        self.discussion = described.get("discussion", "")
        self.arguments = [Argument(each) for each in described.get("arguments", []) if each["shouldDisplay"]]
        self.subcommands = [
            Command(each, self.words)
            for each in described.get("subcommands", [])
            if each.get("shouldDisplay", True) and each["commandName"] != "help"
        ]

    @property
    def page(self):
        """The name of its manual page."""
        return "-".join(self.words)

    def walk(self):
        yield self
        for each in self.subcommands:
            yield from each.walk()


class Argument:
    """An option, a flag, or a value without a name."""

    def __init__(self, described):
        self.kind = described["kind"]
        self.abstract = described.get("abstract", "")
        self.value = described.get("valueName", "")
        self.is_optional = described["isOptional"]
        self.is_repeating = described["isRepeating"]
        names = described.get("names", [])
        self.names = [("--" if each["kind"] == "long" else "-") + each["name"] for each in names]
        self.section = described.get("sectionTitle")

    @property
    def setting(self):
        """The name in the settings file; none for what is no setting."""
        return self.names[0].lstrip("-").upper().replace("-", "_") if self.section == "Settings" else None


def describe(executable):
    run = subprocess.run([executable, "--experimental-dump-help"], check=True, capture_output=True)
    return Command(json.loads(run.stdout)["command"])
