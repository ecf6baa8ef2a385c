"""Asks for tokens without a pause, a connection a request, until it is told to stop; then says how it went.

    Tests/Package/load.py PORT KEYFILE IDENTITY STOPFILE

It ends with 1 when a single request was not answered with a token.
"""

import http.client
import os
import sys
import threading
import time


class Caller(threading.Thread):
    def __init__(self, port, key, identity, stop):
        super().__init__()
        self.port, self.key, self.body, self.stop = port, key, f'{{"identityId":"{identity}"}}', stop
        self.answers, self.failures, self.longest = 0, [], 0.0

    def run(self):
        while not os.path.exists(self.stop):
            begin = time.monotonic()
            try:
                self.ask()
                self.answers += 1
            except Exception as error:  # every way to lose a request counts
                self.failures.append(f"{type(error).__name__}: {error}")
            self.longest = max(self.longest, time.monotonic() - begin)

    def ask(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("POST", "/v1/tokens", self.body, {"content-type": "application/json", "x-api-key": self.key})
            answer = connection.getresponse()
            text = answer.read()
            if answer.status != 201 or b'"accessToken"' not in text:
                raise RuntimeError(f"{answer.status} {text[:200]}")
        finally:
            connection.close()


def main(port, key_file, identity, stop):
    with open(key_file, encoding="ascii") as file:
        key = file.read().strip()
    callers = [Caller(int(port), key, identity, stop) for _ in range(8)]
    for each in callers:
        each.start()
    for each in callers:
        each.join()
    failures = [failure for each in callers for failure in each.failures]
    answers = sum(each.answers for each in callers)
    print(f"{answers} tokens, {len(failures)} requests lost, the longest took {max(each.longest for each in callers):.1f} s")
    for failure in sorted(set(failures))[:10]:
        print(f"lost: {failure}", file=sys.stderr)
    sys.exit(0 if answers and not failures else 1)


if __name__ == "__main__":
    main(*sys.argv[1:])
