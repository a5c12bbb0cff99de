"""Cases of lan.sh about finding the server: chatc looks for it, avahi sees it, interfaces come and go."""

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time

from lan import BIN, CLIENT, SERVER, SERVER6, Failed, Program, ip, needs

# How often it is looked again; each look takes about a second.
LOOKS = 15


def servers(space):
    """What `chatc servers` finds, by name."""
    command = ["ip", "netns", "exec", space, str(BIN / "chatc"), "servers", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    if done.returncode not in (0, 3):
        raise Failed(f"chatc servers: {done.returncode} {done.stdout}{done.stderr}")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    return {server["name"]: server for server in found}


def looks_until(space, what, is_it):
    for _ in range(LOOKS):
        found = servers(space)
        if is_it(found):
            return found
    raise Failed(f"not {what}, but {found}")


def is_at(found, address):
    return any(server["address"] == f"{address}:2428" for server in found.values())


def found_without_an_address(lan):
    lan.chatd.waits_for("announced interface=s0")
    alice = Program(lan.client, str(BIN / "chatc"), "--name", "alice")
    lan.programs.append(alice)
    alice.waits_for("-- found chatd on ")
    alice.waits_for(f"user 1 at {SERVER}:2428")
    found = servers(lan.client)
    if [server["users"] for server in found.values()] != [1]:
        raise Failed(f"{found}")


def found_by_the_new_protocol_alone(lan):
    for space, interface, address in ((lan.client, "c0", CLIENT), (lan.server, "s0", SERVER)):
        ip("-n", space, "addr", "del", f"{address}/24", "dev", interface)
    looks_until(lan.client, "by IPv6", lambda found: is_at(found, f"[{SERVER6}]"))
    alice = Program(lan.client, str(BIN / "chatc"), "--name", "alice")
    lan.programs.append(alice)
    alice.waits_for(f"at [{SERVER6}]:2428")


def two_of_one_name(lan):
    lan.chatd.waits_for("announced interface=s0")
    words = ["--listen", "[::]:2428", "--control", "/nonexistent/x"]
    other = Program(lan.client, str(BIN / "chatd"), *words[:2])
    lan.programs.append(other)
    other.waits_for("announced interface=c0")
    found = looks_until(lan.server, "two", lambda found: len(found) == 2)
    first, second = sorted(found)
    if second != f"{first} (2)" or not is_at({second: found[second]}, CLIENT):
        raise Failed(f"{found}")


def an_interface_that_goes_and_returns(lan):
    lan.chatd.waits_for("announced interface=s0")
    ip("-n", lan.server, "link", "set", "s0", "down")
    if servers(lan.client):
        raise Failed("found though its interface is down")
    ip("-n", lan.server, "link", "set", "s0", "up")
    lan.chatd.waits_for("announced interface=s0")
    looks_until(lan.client, "found again", lambda found: is_at(found, SERVER))
    ip("-n", lan.server, "addr", "add", "10.9.0.77/24", "dev", "s0")
    ip("-n", lan.server, "addr", "del", f"{SERVER}/24", "dev", "s0")
    # The kernel may have taken the second address of a network along with the first.
    subprocess.run(["ip", "-n", lan.server, "addr", "add", "10.9.0.77/24", "dev", "s0"], capture_output=True)
    looks_until(lan.client, "at its new address", lambda found: is_at(found, "10.9.0.77"))


@contextlib.contextmanager
def avahi(lan, space):
    """avahi in a namespace, with a bus of its own; gives the environment of those who speak to it."""
    program = needs("avahi-daemon, avahi-utils, dbus", "avahi-daemon", "avahi-browse", "dbus-daemon")
    with tempfile.TemporaryDirectory(prefix="chatd-avahi-") as folder:
        bus = f"unix:path={folder}/bus"
        all_may = "<allow send_destination='*' eavesdrop='true'/><allow eavesdrop='true'/><allow own='*'/>"
        policy = f"<policy context='default'>{all_may}</policy>"
        pathlib.Path(folder, "bus.conf").write_text(f"<busconfig><listen>{bus}</listen>{policy}</busconfig>")
        hosts = "[server]\nhost-name=avahihost\nallow-interfaces=s0,c0\n[publish]\npublish-workstation=no\n"
        pathlib.Path(folder, "avahi.conf").write_text(hosts)
        environment = {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": bus}
        # It keeps its pid in /run: one of its own, since cases run beside each other.
        run = "mount -t tmpfs none /run && mkdir -p /run/avahi-daemon && exec \"$@\""
        bus_daemon = start(lan, space, environment, "dbus-daemon", f"--config-file={folder}/bus.conf", "--nofork", "--print-address=1")
        bus_daemon.waits_for("unix:path")
        words = [program, "-f", f"{folder}/avahi.conf", "--no-drop-root", "--no-chroot", "--no-rlimits"]
        daemon = start(lan, space, environment, "unshare", "-m", "sh", "-ec", run, "sh", *words)
        daemon.waits_for("Server startup complete")
        yield environment


def start(lan, space, environment, *words):
    program = Program(space, "env", *(f"{key}={value}" for key, value in environment.items() if key.startswith("DBUS")), *words)
    lan.programs.append(program)
    return program


def seen_by_avahi_and_seeing_it(lan):
    lan.chatd.waits_for("announced interface=s0")
    # In the client's namespace it stands beside chatc, in the server's beside chatd: both on port 5353.
    with avahi(lan, lan.client) as there, avahi(lan, lan.server) as beside:
        browse = start(lan, lan.client, there, "avahi-browse", "-rp", "_chatd._tcp")
        browse.waits_for(f";{SERVER};2428;")
        for word in ("protocol=1", "password=no"):
            if not any(word in line for _, line in browse.lines):
                raise Failed(f"no {word} in\n{browse.text()}")
        publish = start(lan, lan.server, beside, "avahi-publish", "-s", "made by avahi", "_chatd._tcp", "9999", "password=yes")
        publish.waits_for("Established")
        found = looks_until(lan.client, "both", lambda found: len(found) == 2)
        made = found.get("made by avahi", {})
        if made.get("address") != f"{SERVER}:9999" or not made.get("password") or made.get("users") is not None:
            raise Failed(f"{found}")
        lan.chatd.process.send_signal(signal.SIGTERM)
        browse.waits_for("-;c0;IPv4;chatd")


def well_formed_on_the_wire(lan):
    tshark = needs("tshark", "tshark")
    with tempfile.TemporaryDirectory(prefix="chatd-tshark-") as folder:
        kept = f"{folder}/kept.pcapng"
        os.chmod(folder, 0o777)
        capture = Program(lan.client, tshark, "-n", "-q", "-i", "c0", "-f", "udp port 5353", "-w", kept)
        lan.programs.append(capture)
        capture.waits_for("Capturing on")
        time.sleep(1)
        other = Program(lan.client, str(BIN / "chatd"), "--listen", "[::]:2428")
        lan.programs.append(other)
        other.waits_for("announced interface=c0")
        looks_until(lan.server, "two", lambda found: len(found) == 2)
        looks_until(lan.client, "two", lambda found: len(found) == 2)
        other.process.send_signal(signal.SIGTERM)
        other.code()
        time.sleep(1)
        capture.process.send_signal(signal.SIGINT)
        capture.code()
        read = lambda *words: subprocess.run([tshark, "-n", "-r", kept, *words], capture_output=True, text=True, check=True).stdout
        if read("-Y", "_ws.malformed"):
            raise Failed("malformed:\n" + read("-V", "-Y", "_ws.malformed")[:4000])
        goodbyes = read("-Y", "dns.flags.response == 1 and dns.resp.ttl == 0")
        answers = read("-Y", "dns.flags.response == 1 and dns.resp.type == 33")
        if not goodbyes or not answers:
            raise Failed("no goodbye, or no answer, among:\n" + read()[:4000])
        longest = max(int(length) for length in read("-T", "fields", "-e", "udp.length").split())
        if longest > 1400:
            raise Failed(f"a datagram of {longest} bytes")


CASES = [
    found_without_an_address,
    found_by_the_new_protocol_alone,
    two_of_one_name,
    an_interface_that_goes_and_returns,
    seen_by_avahi_and_seeing_it,
    well_formed_on_the_wire,
]
