"""The settings file as it is installed: every setting with its meaning, all but the state directory commented out."""

import re
import textwrap

HEAD = """\
Settings of the Latchkey daemon; the manual page is latchkey.conf(5).

A line is NAME=value, without quotes and without spaces around the value. A line that begins with # says nothing to the daemon: below, every setting \
stands with its default. Take the # away, change the value, and: systemctl restart latchkey

What would be run with: latchkey serve --config /etc/latchkey/latchkey.conf --check-config

The address of the HTTP API is not here but in latchkey.socket: systemctl edit latchkey.socket
"""

#: What the package sets, because its units are built around it.
PACKAGED = {"STATE_DIR": "/var/lib/latchkey"}

#: What the units decide. A line for it here would change nothing.
DECIDED = {"LISTEN", "ADMIN_SOCKET"}


def default(argument):
    """The default at the end of the meaning, in brackets: up to the first word about it."""
    found = re.search(r" \(([^()]*)\)\.$", argument.abstract)
    value = re.split(r"[;,] |: ", found.group(1))[0] if found else ""
    return value.replace("DIR/", PACKAGED["STATE_DIR"] + "/")


def text(serve):
    lines = comment(HEAD)
    for each in serve.arguments:
        if each.setting is None or each.setting in DECIDED:
            continue
        lines += [""] + comment(each.abstract)
        if each.setting in PACKAGED:
            lines.append(f"{each.setting}={PACKAGED[each.setting]}")
        else:
            lines.append(f"#{each.setting}={default(each)}")
    return "\n".join(lines) + "\n"


def comment(text):
    """Text as lines of comment."""
    lines = []
    for line in text.rstrip("\n").split("\n"):
        lines += ["# " + part for part in textwrap.wrap(line, 110, break_long_words=False, break_on_hyphens=False)] or ["#"]
    return lines
