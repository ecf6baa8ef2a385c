"""Tries, as nobody, to connect to a unix socket without a pause, while somebody else takes it away and makes it anew.

    Tests/Package/intruder.py DIRECTORY SOCKET STOPFILE

SOCKET is a path under DIRECTORY. It goes on until something is written to STOPFILE, and ends with 1 when it got in once, or never saw the socket.
"""

import collections
import errno
import os
import socket
import sys


def main(directory, name, stop):
    # Opened while this process still may, so that the way to the socket itself is all that keeps it out.
    way = os.open(directory, os.O_PATH | os.O_DIRECTORY)
    watch = os.open(stop, os.O_RDONLY)
    os.setgroups([])
    os.setresgid(65534, 65534, 65534)
    os.setresuid(65534, 65534, 65534)
    outcomes = collections.Counter()
    while True:
        with socket.socket(socket.AF_UNIX) as intruder:
            try:
                intruder.connect(f"/proc/self/fd/{way}/{name}")
                outcomes["got in"] += 1
            except OSError as error:
                outcomes[errno.errorcode[error.errno]] += 1
        if sum(outcomes.values()) % 64 == 0 and os.fstat(watch).st_size:
            break
    print(", ".join(f"{count} times {outcome}" for outcome, count in sorted(outcomes.items())))
    sys.exit(0 if outcomes["EACCES"] and not outcomes["got in"] else 1)


if __name__ == "__main__":
    main(*sys.argv[1:])
