"""Secrets and look-alikes for `latchkey scan` and for gitleaks' rules; see run."""

import json
import math
import os
import re
import resource
import subprocess
import sys
import time
import zlib

DIGITS = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
PREFIXES = (b"lk_", b"lkr_")
SECRETS = 100_000
LOOK_ALIKES = 10_000_000
BATCH = 10_000  # as many as a report of the scanner lists
MEMORY = 400 << 20  # bytes of address space; the look-alikes are 520 MB


def base62(number: int, width: int) -> bytes:
    text = bytearray()
    for _ in range(width):
        number, digit = divmod(number, 62)
        text.append(DIGITS[digit])
    return bytes(reversed(text))


def secret(prefix: bytes) -> bytes:
    """Prefix, 256 random bits, and the CRC-32 of both (contract, §4)."""
    body = prefix + base62(int.from_bytes(os.urandom(32)), 43)
    return body + base62(zlib.crc32(body), 6)


def random_digits(count: int) -> bytes:
    """Each digit as likely as any other: what is beyond the last whole multiple of 62 is left out."""
    table = bytes(DIGITS[byte % 62] for byte in range(256))
    text = b""
    while len(text) < count:
        text += os.urandom(count + count // 16).translate(table, delete=bytes(range(248, 256)))
    return text[:count]


def look_alikes(count: int) -> bytes:
    digits = random_digits(49 * count)
    return b"".join(PREFIXES[place // 49 % 2] + digits[place : place + 49] + b"\n" for place in range(0, len(digits), 49))


def rules(path: str) -> list[tuple[bytes, re.Pattern[bytes]]]:
    with open(path, encoding="utf-8") as file:
        text = file.read()
    found = re.findall(r"regex = '''(.*)'''\nsecretGroup = 1\nkeywords = \[\"(\w+)\"\]", text)
    assert len(found) == 2, "gitleaks.toml has not the two rules that are looked for here"
    return [(keyword.encode(), re.compile(pattern.encode())) for pattern, keyword in found]


def matched(text: bytes, patterns: list[tuple[bytes, re.Pattern[bytes]]]) -> list[bytes]:
    return [hit for keyword, pattern in patterns if keyword in text for hit in pattern.findall(text)]


def scan(binary: str) -> subprocess.Popen[bytes]:
    def bound() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))

    line = [binary, "scan", "--offline", "--json", "-"]
    return subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=bound)


def check_secrets(binary: str, patterns: list[tuple[bytes, re.Pattern[bytes]]]) -> None:
    for start in range(0, SECRETS, BATCH):
        secrets = [secret(PREFIXES[number % 2]) for number in range(start, start + BATCH)]
        text = b"\n".join(secrets)
        output, errors = scan(binary).communicate(text)
        assert output, errors.decode()
        report = json.loads(output)
        assert report["count"] == BATCH, f"{report['count']} of {BATCH} secrets were found"
        assert [hit["prefix"].encode() for hit in report["data"]] == [secret[:11] for secret in secrets], "others were found"
        assert not any(secret in output or secret in errors for secret in secrets), "a secret was printed"
        assert sorted(matched(text, patterns)) == sorted(secrets), "gitleaks' rules do not find every secret"


def check_look_alikes(binary: str, patterns: list[tuple[bytes, re.Pattern[bytes]]]) -> tuple[int, float]:
    scanner = scan(binary)
    hits = 0
    spent = 0.0
    for _ in range(0, LOOK_ALIKES, BATCH):
        text = look_alikes(BATCH)
        begun = time.monotonic()
        scanner.stdin.write(text)
        spent += time.monotonic() - begun
        hits += len(matched(text, patterns))
    output, errors = scanner.communicate()
    assert output, errors.decode()
    report = json.loads(output)
    assert scanner.returncode == 0 and report["count"] == 0, f"{report['count']} look-alikes were taken for secrets"
    # The first digit of a secret is one of 61, and the first two of a checksum are 00 to 4g.
    share = 61 / 62 * (4 * 62 + 43) / 62**2
    bound = 6 * math.sqrt(LOOK_ALIKES * share * (1 - share))
    assert abs(hits - LOOK_ALIKES * share) < bound, f"{hits} look-alikes match gitleaks' rules"
    return hits, spent


def main() -> None:
    binary, toml = sys.argv[1:]
    patterns = rules(toml)
    begun = time.monotonic()
    check_secrets(binary, patterns)
    hits, spent = check_look_alikes(binary, patterns)
    print(
        f"   {SECRETS} secrets found, {LOOK_ALIKES} look-alikes told from them ({spent:.0f} s at most for the scanner, {time.monotonic() - begun:.0f} s in "
        f"all); by their digits {100 * hits / LOOK_ALIKES:.1f} % of the look-alikes match gitleaks' rules"
    )


main()
