"""A stream of 10^5 tokens of the golden pack, good ones and bad ones, against their verdicts.

    stream.py lines BUNDLE-NAME COUNT           prints the tokens, one a line
    stream.py compare BUNDLE-NAME COUNT ANSWERS compares the answers of latchkey verify, one a line
"""

import json
import pathlib
import sys

PACK = pathlib.Path(__file__).resolve().parents[2] / "fixtures" / "offline"
CASES = json.loads((PACK / "verdicts.json").read_text())["cases"]
EXTRAS = {"at", "issuer", "scopes", "state", "legacySecret"}


def expected(bundle, count):
    """Pairs of a token and its verdict, in an order that repeats itself after a while only."""
    plain = [
        case
        for case in CASES
        if case["bundle"] == f"bundles/{bundle}.bundle"
        and case["anchor"] == "anchors/a.pem"
        and case["audience"] == "relayfile"
        and not EXTRAS & set(case)
    ]
    pairs = [((PACK / case["token"]).read_text().strip(), case["verdict"]) for case in plain]
    if len({verdict for _, verdict in pairs}) < 10:
        sys.exit("the pack has too few verdicts for a stream")
    good = [pair for pair in pairs if pair[1] == "good"]
    for index in range(count):
        # Half of them are good.
        yield good[index // 2 % len(good)] if index % 2 else pairs[(index * 7 + index // 97) % len(pairs)]


def compare(bundle, count, answers):
    told = 0
    with open(answers) as lines:
        for number, ((_, verdict), line) in enumerate(zip(expected(bundle, count), lines), 1):
            answer = json.loads(line)
            found = answer["reason"] if answer.get("valid") is False else "good" if answer["token_type"] == "access" else "?"
            if found != verdict:
                sys.exit(f"line {number}: {found} in place of {verdict}")
            told = number
        if told != count or lines.readline():
            sys.exit(f"{told} answers, or more, for {count} tokens")
    print(f"{count} answers, in order, each with the verdict of the pack")


if __name__ == "__main__":
    if sys.argv[1] == "lines":
        for token, _ in expected(sys.argv[2], int(sys.argv[3])):
            print(token)
    else:
        compare(sys.argv[2], int(sys.argv[3]), sys.argv[4])
