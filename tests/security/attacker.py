"""Searches for a key as a hostile command would, and prints what it found and reached as JSON.

    python3 attacker.py KEY_PATTERN ROOT PIDS ABSTRACT_SOCKET PORT [URL SOCKET]

ROOT is the folder to search, PIDS a list of processes or "all". URL is the proxy's address, with SOCKET, if there are any: then
this runs in a sandbox, and other hosts are tried as well.
"""

import ctypes
import http.client
import json
import os
import re
import socket
import sys

pattern = re.compile(sys.argv[1].encode())
root, pids, abstract, port = sys.argv[2:6]
url, proxy_socket = sys.argv[6:8] if len(sys.argv) > 6 else (None, None)
found, reached, tried = [], [], []
libc = ctypes.CDLL(None, use_errno=True)


def look(where, data):
    tried.append(where)
    if pattern.search(data):
        found.append(where)


def attempt(name, action):
    """Notes that an action succeeded, unless it returns False."""
    tried.append(name)
    try:
        if action() is not False:
            reached.append(name)
    except OSError:
        pass


def search_environment():
    look("environment", "\n".join(f"{name}={value}" for name, value in os.environ.items()).encode())


def search_files():
    # Nothing of a user's lies there, and there is much of it.
    skipped = {"/proc", "/sys", "/usr", "/lib", "/lib64", "/bin", "/sbin", "/opt", "/dev"}
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if os.path.join(folder, name) not in skipped]
        for name in names:
            path = os.path.join(folder, name)
            try:
                if os.path.isfile(path) and os.path.getsize(path) < 2_000_000:
                    with open(path, "rb") as file:
                        look(f"file {path}", file.read())
            except OSError:
                pass


def search_processes():
    listed = [name for name in os.listdir("/proc") if name.isdigit()] if pids == "all" else pids.split(",")
    for pid in listed:
        for name in ("environ", "cmdline"):
            try:
                with open(f"/proc/{pid}/{name}", "rb") as file:
                    look(f"process {pid} {name}", file.read())
            except OSError:
                pass
        if int(pid) != os.getpid():
            search_memory(pid)


def search_memory(pid):
    try:
        with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb") as memory:
            for line in maps:
                span, mode = line.split()[:2]
                begin, end = (int(address, 16) for address in span.split("-"))
                if mode.startswith("rw") and end - begin < 64_000_000:
                    try:
                        memory.seek(begin)
                        look(f"process {pid} memory", memory.read(end - begin))
                    except (OSError, ValueError):
                        pass
    except OSError:
        pass


def read_from(family, address):
    with socket.socket(family, socket.SOCK_STREAM) as connection:
        connection.settimeout(2)
        connection.connect(address)
        look(f"socket {address!r}", connection.recv(1000))


def ask(make, token=None):
    connection = make()
    connection.request("GET", "/a/echo", headers={"Authorization": f"Bearer {token}"} if token else {})
    response = connection.getresponse()
    look("response of the proxy", response.read() + str(response.getheaders()).encode())
    return response.status == 200


def over_socket():
    connection = http.client.HTTPConnection("proxy")
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect(proxy_socket)
    return connection


def sysctls():
    """Returns whether any file of /proc that is no process's can be opened for writing."""
    for folder, folders, names in os.walk("/proc"):
        if folder == "/proc":
            folders[:] = [name for name in folders if not name.isdigit() and not name.endswith("self")]
        for name in names:
            try:
                os.close(os.open(os.path.join(folder, name), os.O_WRONLY | os.O_NONBLOCK))
                return True
            except OSError:
                pass
    raise OSError("no such file")


def unfiltered():
    """Returns whether there is a process whose system calls nobody filters: another could make it do things."""
    for pid in (name for name in os.listdir("/proc") if name.isdigit()):
        with open(f"/proc/{pid}/status") as status:
            if "Seccomp:\t2" not in status.read():
                return True
    return False


def outside_descriptors():
    """Returns whether a folder or a socket of the outside is open in any process."""
    for pid in (name for name in os.listdir("/proc") if name.isdigit()):
        for name in os.listdir(f"/proc/{pid}/fd"):
            try:
                if os.path.isdir(f"/proc/{pid}/fd/{name}") and int(pid) != os.getpid():
                    return True
            except OSError:
                pass
    return False


def succeeds(*arguments):
    return lambda: libc.syscall(*arguments) == 0


search_environment()
search_files()
search_processes()
attempt("abstract socket", lambda: read_from(socket.AF_UNIX, "\0" + abstract))
attempt("listener on loopback", lambda: read_from(socket.AF_INET, ("127.0.0.1", int(port))))
if url:
    over_tcp = lambda: http.client.HTTPConnection(url.removeprefix("http://"))
    attempt("relay without a token", lambda: ask(over_tcp))
    attempt("relay with a wrong token", lambda: ask(over_tcp, "0" * 64))
    attempt("proxy's socket without a token", lambda: ask(over_socket))
    attempt("the route, as it may", lambda: ask(over_tcp, os.environ["CRED_PROXY_SESSION_TOKEN"]))
    attempt("another host", lambda: read_from(socket.AF_INET, ("192.0.2.1", 80)))
    attempt("another host over IPv6", lambda: read_from(socket.AF_INET6, ("2001:db8::1", 80)))
    attempt("a name server", lambda: socket.getaddrinfo("example.com", 80) and None)
    attempt("a socket of the host's", lambda: socket.socket(40, socket.SOCK_STREAM) and None)
    attempt("a raw socket", lambda: socket.socket(17, socket.SOCK_RAW) and None)
    attempt("a new user namespace", succeeds(272, 0x10000000))
    attempt("unmounting the home", lambda: libc.umount2(os.environ["HOME"].encode(), 2) == 0)
    attempt("a keyring", lambda: libc.syscall(250, 0, -3, 1) >= 0)
    attempt("io_uring", lambda: libc.syscall(425, 1, ctypes.create_string_buffer(120)) >= 0)
    attempt("a process without the filter", unfiltered)
    attempt("memory of the first process", lambda: open("/proc/1/mem", "r+b").close())
    attempt("a file of the first process", lambda: os.listdir("/proc/1/root/home") == [] and os.stat("/proc/1/root/root"))
    attempt("the clock", lambda: libc.syscall(227, 0, ctypes.create_string_buffer(16)) == 0)
    attempt("another namespace", succeeds(308, os.open("/proc/1/ns/mnt", os.O_RDONLY), 0))
    attempt("a handle of a mount", lambda: libc.syscall(428, -100, b"/", 1) >= 0)
    attempt("a new file system", lambda: libc.syscall(430, b"tmpfs", 0) >= 0)
    attempt("a program in the kernel", lambda: libc.syscall(321, 0, ctypes.create_string_buffer(72), 72) >= 0)
    attempt("another user by setuid", lambda: libc.setuid(4321) == 0)
    attempt("a device", lambda: os.mknod("device", 0o60600, os.makedev(254, 0)))
    attempt("the kernel's log", lambda: libc.syscall(103, 3, ctypes.create_string_buffer(100), 100) >= 0)
    attempt("protecting itself from the kernel", lambda: open("/proc/self/oom_score_adj", "w").write("-1000"))
    attempt("what others left in shared memory", lambda: os.listdir("/dev/shm") != [] and None)
    attempt("a descriptor of the outside", outside_descriptors)
    for name in ("SSH_AUTH_SOCK", "GPG_AGENT_INFO", "DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "WAYLAND_DISPLAY", "TMUX", "DOCKER_HOST"):
        attempt(name, lambda: name in os.environ)
    for name in ("/tmp/.X11-unix/X0", "/tmp/.ICE-unix/1", "/tmp/dbus"):
        attempt(f"abstract {name}", lambda: read_from(socket.AF_UNIX, "\0" + name))
    sockets = ["/run/dbus/system_bus_socket", "/var/run/docker.sock", "/run/podman/podman.sock", "/run/systemd/private"]
    sockets += [f"/run/user/{os.getuid()}/{name}" for name in ("bus", "wayland-0", "gnupg/S.gpg-agent", "keyring/ssh")]
    for path in sockets + ["/tmp/.X11-unix/X0", f"{os.environ['HOME']}/.gnupg/S.gpg-agent"]:
        attempt(path, lambda: os.stat(path) and None)
    # Root may do this without any capability.
    attempt("setting what the kernel runs", lambda: open("/proc/sys/kernel/core_pattern", "r+").close())
    attempt("setting anything of the kernel's", lambda: sysctls() and None)
    for path in ("/etc/passwd", "/usr/bin/env", "/run/cred-proxy/relay.ts", "/.new"):
        attempt(f"writing {path}", lambda: open(path, "a").close())
    attempt("writing git's hooks", lambda: open(".git/hooks/post-commit", "w").close())
    attempt("writing git's settings", lambda: open(".git/config", "a").close())
    attempt("replacing git's folder", lambda: os.rename(".git", ".git2"))
    open(os.path.join(os.environ["HOME"], ".bashrc"), "w").close()

print(json.dumps({"found": found, "reached": reached, "tried": len(tried)}))
