"""Runs a command as the leader of a session on a terminal of its own: python3 terminal.py COMMAND [ARG ...]

What the terminal shows goes to stdout. What comes on stdin is typed, so "\\x03" is Ctrl-C. The end of stdin closes the terminal.
Exits with the command's status, or with 128 plus the number of the signal that ended it.
"""

import os
import pty
import select
import signal
import sys

pid, terminal = pty.fork()
if pid == 0:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    os.execvp(sys.argv[1], sys.argv[1:])

sources = [terminal, 0]
while terminal in sources:
    for source in select.select(sources, [], [])[0]:
        try:
            data = os.read(source, 65536)
        except OSError:  # EIO: no process has the terminal open.
            data = b""
        if source == terminal and data:
            os.write(1, data)
        elif source == terminal or not data:
            sources.remove(source)
            if source == 0:
                sources.remove(terminal)
        else:
            os.write(terminal, data)
os.close(terminal)
status = os.waitpid(pid, 0)[1]
sys.exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status))
