"""What the cases of lan.sh stand on: three network namespaces in a row (client, cable, server), and
programs in them whose lines are read."""

import itertools
import os
import pathlib
import shutil
import subprocess
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("CHATD_BIN", ROOT / "target/debug"))
# How long anything may take before the case has failed, unless it says otherwise.
DEADLINE = 60.0
SERVER, SERVER6 = "10.9.0.1", "fd09::1"
CLIENT, CLIENT6 = "10.9.0.2", "fd09::2"
numbers = itertools.count(1)


class Failed(Exception):
    pass


class Missing(Exception):
    """A program that a case needs is not on this machine."""


def needs(package, *programs):
    """Where the first of these programs is."""
    found = [shutil.which(program, path="/usr/sbin:/usr/bin:/sbin:/bin:" + os.environ["PATH"]) for program in programs]
    if None in found:
        raise Missing(f"there is no {programs[found.index(None)]} (Debian: {package})")
    return found[0]


def ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True)


class Lan:
    """Three namespaces that are gone afterwards, with a daemon in the last."""

    def __init__(self, *chatd):
        self.name = f"chatd-{os.getpid()}-{next(numbers)}"
        self.client, self.cable, self.server = (f"{self.name}{end}" for end in "cms")
        self.arguments = chatd
        self.programs = []

    def __enter__(self):
        try:
            return self.build()
        except BaseException:
            self.__exit__()
            raise

    def build(self):
        for space in (self.client, self.cable, self.server):
            ip("netns", "add", space)
            ip("-n", space, "link", "set", "lo", "up")
            # An address of IPv6 that is to be used at once is not looked for among the neighbours.
            self.run(space, "sh", "-c", "echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad")
        self.plug_in(self.client, "c0", "m0", CLIENT, CLIENT6)
        self.plug_in(self.server, "s0", "m1", SERVER, SERVER6)
        self.start_cable()
        self.chatd = self.start_chatd()
        return self

    def plug_in(self, space, name, other, address, address6):
        ip("-n", space, "link", "add", name, "type", "veth", "peer", "name", other, "netns", self.cable)
        plain(space, name)
        plain(self.cable, other)
        ip("-n", self.cable, "link", "set", other, "up")
        ip("-n", space, "link", "set", name, "up")
        ip("-n", space, "addr", "add", f"{address}/24", "dev", name)
        ip("-n", space, "addr", "add", f"{address6}/64", "dev", name, "nodad")

    def start_cable(self):
        self.relay = Program(self.cable, "python3", str(ROOT / "tests/lan/relay.py"), "m0", "m1")
        self.programs.append(self.relay)
        self.relay.waits_for("ready")

    def start_chatd(self):
        flags = ["--rate-lines", "0", "--rate-entries", "0", "--rate-announcements", "0", *self.arguments]
        chatd = Program(self.server, str(BIN / "chatd"), "--listen", "[::]:2428", *flags)
        self.programs.append(chatd)
        chatd.waits_for("2428")
        return chatd

    def __exit__(self, *_):
        for program in reversed(self.programs):
            program.kill()
        for space in (self.client, self.cable, self.server):
            subprocess.run(["ip", "netns", "del", space], capture_output=True)

    def run(self, space, *words):
        subprocess.run(["ip", "netns", "exec", space, *words], check=True, capture_output=True)

    def cable_is(self, order):
        self.relay.says(order)
        self.relay.waits_for("done")

    def chatc(self, name, host=SERVER, space=None, arguments=()):
        """Somebody in the chat, without a terminal, who comes back."""
        words = [str(BIN / "chatc"), host, "--name", name, "--reconnect", *arguments]
        chatc = Program(space or self.client, *words)
        self.programs.append(chatc)
        return chatc

    def bob(self):
        """Somebody beside the daemon, whose line is good."""
        bob = self.chatc("bob", space=self.server)
        bob.waits_for("3 quit")
        return bob


class Program:
    """A program in a namespace; its lines are kept with the time at which they came."""

    def __init__(self, space, *words):
        words = ["ip", "netns", "exec", space, *words]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        self.process = subprocess.Popen(words, text=True, bufsize=1, errors="replace", **pipes)
        self.lines, self.ended, self.changed = [], False, threading.Condition()
        self.seen = 0
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            with self.changed:
                self.lines.append((time.monotonic(), line.rstrip("\n")))
                self.changed.notify_all()
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    def says(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def waits_for(self, text, within=DEADLINE):
        """The next line with this in it; gives the time at which it came."""
        with self.changed:
            is_there = lambda: any(text in line for _, line in self.lines[self.seen:])
            self.changed.wait_for(lambda: is_there() or self.ended, within)
            if not is_there():
                raise Failed(f"{text!r} did not come within {within:g} s, but:\n" + self.text())
            while True:
                at, line = self.lines[self.seen]
                self.seen += 1
                if text in line:
                    return at

    def text(self):
        return "\n".join(f"    {line[:160]}" for _, line in self.lines[-25:])

    def has(self, text):
        with self.changed:
            return any(text in line for _, line in self.lines)

    def count(self, text):
        with self.changed:
            return sum(text in line for _, line in self.lines)

    def code(self, within=DEADLINE):
        return self.process.wait(within)

    def kill(self):
        self.process.kill()
        self.process.wait()


def plain(space, name):
    """Has the kernel send frames as they are on a cable: whole, with their checksums. ethtool(8) is
    not everywhere, its ioctl is: SIOCETHTOOL with ETHTOOL_STXCSUM, _STSO, _SGSO and _SGRO."""
    script = (
        "import array, fcntl, socket, struct\n"
        "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
        "for command in (0x1f, 0x24, 0x2c, 0x17):\n"
        "    value = array.array('B', struct.pack('II', command, 0))\n"
        f"    fcntl.ioctl(s, 0x8946, struct.pack('16sP', b'{name}', value.buffer_info()[0]))\n"
    )
    subprocess.run(["ip", "netns", "exec", space, "python3", "-c", script], check=True, capture_output=True)


def back_within(limit, since, at, what):
    took = at - since
    print(f"    {what}: {took:.2f} s", flush=True)
    if took > limit:
        raise Failed(f"{what} took {took:.1f} s, {limit:g} s at most")
