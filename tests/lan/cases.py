"""The cases of lan.sh. Each has namespaces of its own, so that they run beside each other."""

import concurrent.futures
import fcntl
import os
import pathlib
import pty
import select
import struct
import subprocess
import sys
import termios
import time
import traceback

import announced
from lan import BIN, CLIENT, CLIENT6, SERVER, SERVER6, Failed, Lan, Missing, back_within, ip

# What a return may take that should take a second: these run beside each other on a busy machine.
SOON = 3.0


def talk(lan, alice, bob, word):
    """alice's line gets to bob once, and bob's to her."""
    alice.says(f"/private bob {word} from alice")
    bob.waits_for(f"{word} from alice")
    bob.says(f"/private alice {word} from bob")
    return alice.waits_for(f"{word} from bob")


def enters(lan, name="alice", host=SERVER, within=60):
    alice = lan.chatc(name, host)
    alice.waits_for("3 quit", within)
    return alice


def a_far_line(lan):
    lan.cable_is("delay 2000")
    alice, bob = enters(lan, within=90), lan.bob()
    talk(lan, alice, bob, "first")
    lan.cable_is("cut")
    alice.says("/private bob in the cut")
    alice.waits_for("reconnecting", 90)
    lan.cable_is("heal")
    bob.waits_for("in the cut", 60)
    alice.waits_for("back after", 60)


def a_line_that_loses_much(lan):
    lan.cable_is("delay 300")
    lan.cable_is("loss 18")
    crowd = [lan.chatc(f"lossy{number}") for number in range(8)]
    for one in crowd:
        one.waits_for("3 quit", 110)
    alice, bob = enters(lan, within=110), lan.bob()
    talk(lan, alice, bob, "through the loss")


def much_missed_on_a_slow_line(lan):
    alice, bob = enters(lan), lan.bob()
    for who in (alice, bob):
        who.says("join #x")
        who.waits_for("in #x")
    lan.cable_is("cut")
    alice.says("/private bob hello?")
    alice.waits_for("reconnecting")
    for number in range(50):
        bob.says(f"{number} " + "x" * 1000)
        bob.waits_for("ok ")
    # 50 KB at 16 kbit/s: half a minute and more, with all that goes with them.
    lan.cable_is("rate 16000")
    lan.cable_is("heal")
    alice.waits_for("lines came meanwhile", 110)
    alice.waits_for("49 xxx")
    if alice.count(" bob: ") != 50:
        raise Failed("not each once:\n" + alice.text())
    talk(lan, alice, bob, "afterwards")


def a_narrow_way_that_nobody_tells_of(lan):
    lan.cable_is("mtu 1300")
    bob = lan.bob()
    bob.says("join #x")
    crowd = [lan.chatc(f"a_rather_long_name_{number}", SERVER, lan.server) for number in range(40)]
    for one in crowd:
        one.waits_for("3 quit")
    for host, name in ((SERVER, "alice"), (SERVER6, "carol")):
        alice = enters(lan, name, host, 20)
        alice.says("list")
        alice.waits_for("a_rather_long_name_39", 20)
        alice.says("join #x")
        alice.waits_for("in #x")
        bob.says("y" * 3500)
        alice.waits_for("yyy", 20)
        alice.says("z" * 3500)
        bob.waits_for("zzz", 20)


def another_address(lan):
    alice, bob = enters(lan), lan.bob()
    ip("-n", lan.client, "addr", "del", f"{CLIENT}/24", "dev", "c0")
    bob.says("/private alice while away")
    time.sleep(2)
    since = time.monotonic()
    ip("-n", lan.client, "addr", "add", "10.9.0.77/24", "dev", "c0")
    back_within(SOON, since, alice.waits_for("while away"), "back with another address")
    talk(lan, alice, bob, "afterwards")


def an_address_that_changes_all_the_time(lan):
    alice, bob = enters(lan), lan.bob()
    old = f"{CLIENT}/24"
    for number in range(8):
        new = f"10.9.0.{50 + number}/24"
        ip("-n", lan.client, "addr", "del", old, "dev", "c0")
        ip("-n", lan.client, "addr", "add", new, "dev", "c0")
        old, since = new, time.monotonic()
        bob.says(f"/private alice change {number}.")
        time.sleep(2)
    back_within(2 + SOON, since, alice.waits_for("change 7."), "back after eight changes")
    talk(lan, alice, bob, "afterwards")


def an_interface_made_anew(lan):
    alice, bob = enters(lan), lan.bob()
    ip("-n", lan.client, "link", "del", "c0")
    bob.says("/private alice while unplugged")
    alice.says("/private bob from an unplugged computer")
    lan.relay.kill()
    time.sleep(12)
    lan.plug_in(lan.client, "c0", "m0", CLIENT, CLIENT6)
    lan.start_cable()
    since = time.monotonic()
    back_within(SOON, since, alice.waits_for("while unplugged"), "back on an interface made anew")
    bob.waits_for("from an unplugged computer")
    talk(lan, alice, bob, "afterwards")


def a_silent_outage(lan):
    alice, bob = enters(lan), lan.bob()
    lan.cable_is("cut")
    alice.says("/private bob said in the outage")
    bob.says("/private alice heard in the outage")
    alice.waits_for("reconnecting")
    time.sleep(15)
    since = time.monotonic()
    lan.cable_is("heal")
    back_within(SOON, since, alice.waits_for("heard in the outage"), "back after a silent outage")
    bob.waits_for("said in the outage")
    if bob.count("said in the outage") != 1:
        raise Failed("twice")


def hosts(lan, *lines):
    """What ip-netns(8) shows to programs in the client's namespace as /etc/hosts."""
    folder = pathlib.Path("/etc/netns") / lan.client
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "hosts").write_text("".join(f"{line}\n" for line in lines))
    (folder / "resolv.conf").write_text("nameserver 192.0.2.53\noptions timeout:5 attempts:4\n")
    return folder


def forget_hosts(folder):
    for name in ("hosts", "resolv.conf"):
        (folder / name).unlink(missing_ok=True)
    folder.rmdir()


def a_name_with_another_address(lan):
    folder = hosts(lan, f"{SERVER} lab7")
    try:
        alice, bob = enters(lan, host="lab7"), lan.bob()
        (folder / "hosts").write_text("10.8.0.1 lab7\n")
        ip("-n", lan.server, "addr", "add", "10.8.0.1/24", "dev", "s0")
        ip("-n", lan.client, "addr", "del", f"{CLIENT}/24", "dev", "c0")
        bob.says("/private alice while moving")
        time.sleep(2)
        since = time.monotonic()
        ip("-n", lan.client, "addr", "add", "10.8.0.2/24", "dev", "c0")
        back_within(SOON, since, alice.waits_for("while moving"), "back where the name is now")
    finally:
        forget_hosts(folder)


def dead_addresses(lan):
    # Nobody answers for the first three.
    folder = hosts(lan, "fd09::99 lab7", "10.9.0.98 lab7", "10.9.0.99 lab7", f"{SERVER} lab7")
    try:
        since = time.monotonic()
        alice = lan.chatc("alice", "lab7")
        back_within(SOON, since, alice.waits_for("3 quit"), "in past three dead addresses")
    finally:
        forget_hosts(folder)


def a_resolver_that_does_not_answer(lan):
    folder = hosts(lan, f"{SERVER} lab7")
    try:
        alice, bob = enters(lan, host="lab7"), lan.bob()
        (folder / "hosts").write_text("")
        ip("-n", lan.client, "route", "add", "default", "via", SERVER)
        lan.cable_is("cut")
        alice.says("/private bob in the cut")
        time.sleep(8)
        since = time.monotonic()
        lan.cable_is("heal")
        bob_has = bob.waits_for("in the cut")
        back_within(SOON, since, bob_has, "back though nobody knows the name")
    finally:
        forget_hosts(folder)


def no_names_at_all(lan):
    folder = hosts(lan)
    try:
        # The default server needs no name; nobody listens there in the client's namespace.
        for words, said in (
            (["localhost"], "cannot reach localhost:2428: nothing listens there"),
            (["127.0.0.1:9"], "cannot reach 127.0.0.1:9: nothing listens there"),
            (["nosuchhost"], "cannot find out where nosuchhost is: no name server answers"),
            (["fe80::1%nosuchif"], "this computer has no network interface nosuchif"),
            (["fe80::1"], "needs the interface behind it: fe80::1%eth0"),
        ):
            command = ["ip", "netns", "exec", lan.client, str(BIN / "chatc"), *words, "--name", "alice"]
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
            if said not in done.stderr or done.returncode != 1:
                raise Failed(f"{words}: {done.returncode} {done.stdout}{done.stderr}")
    finally:
        forget_hosts(folder)


def link_local(lan):
    show = ["ip", "-n", lan.server, "-6", "-o", "addr", "show", "dev", "s0", "scope", "link"]
    address = subprocess.run(show, check=True, capture_output=True, text=True).stdout.split()[3].split("/")[0]
    show = ["ip", "-n", lan.client, "-o", "link", "show", "dev", "c0"]
    number = subprocess.run(show, check=True, capture_output=True, text=True).stdout.split(":")[0]
    forms = (f"{address}%c0", f"[{address}%c0]", f"[{address}%{number}]:2428", f"[{address}%25c0]:2428")
    for host in forms:
        alice = enters(lan, host=host, within=20)
        alice.process.stdin.close()
        if alice.code() != 0:
            raise Failed(f"{host}: {alice.text()}")


def a_large_paste_on_a_dead_line(lan):
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    command = ["ip", "netns", "exec", lan.client, str(BIN / "chatc"), SERVER, "--name", "alice"]
    alice = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True)
    os.close(slave)
    try:
        shows(master, b"3 quit")
        bob = lan.bob()
        bob.says("join #x")
        bob.waits_for("in #x")
        write(master, b"join #x\r")
        bob.waits_for("alice has joined")
        shows(master, b"bob")
        lan.cable_is("cut")
        lines = b"".join(b"x" * 900 + b"\n" for _ in range(8))
        paste = b"".join(b"\x1b[200~" + lines + b"\x1b[201~\r" for _ in range(60))
        since = time.monotonic()
        write(master, paste)
        write(master, b"a key")
        shows(master, b"a key")
        back_within(20, since, time.monotonic(), "half a megabyte pasted into a dead line, and a key")
        lan.cable_is("heal")
        while bob.count("alice: xxx") < 480:
            bob.waits_for("alice: xxx")
    finally:
        alice.kill()
        alice.wait()
        os.close(master)


def write(terminal, text):
    """Writes while what comes is read."""
    while text:
        readable, writable, _ = select.select([terminal], [terminal], [], 60)
        if readable:
            os.read(terminal, 65536)
        if not readable and not writable:
            raise Failed("the terminal is frozen")
        if writable:
            text = text[os.write(terminal, text[:512]):]


def shows(terminal, text):
    held = b""
    while text not in held:
        if not select.select([terminal], [], [], 60)[0]:
            raise Failed(f"{text!r} is not shown, but {held[-500:]!r}")
        held = held[-65536:] + os.read(terminal, 65536)


CASES = [
    a_far_line,
    a_line_that_loses_much,
    much_missed_on_a_slow_line,
    a_silent_outage,
    a_narrow_way_that_nobody_tells_of,
    another_address,
    an_address_that_changes_all_the_time,
    an_interface_made_anew,
    a_name_with_another_address,
    dead_addresses,
    a_resolver_that_does_not_answer,
    no_names_at_all,
    link_local,
    a_large_paste_on_a_dead_line,
    *announced.CASES,
]


def run(case):
    since = time.monotonic()
    try:
        with Lan() as lan:
            case(lan)
        return case, time.monotonic() - since, None
    except Missing as missing:
        return case, time.monotonic() - since, missing
    except Exception as error:
        why = str(error) if isinstance(error, Failed) else traceback.format_exc()
        return case, time.monotonic() - since, why


def main(words):
    chosen = [case for case in CASES if not words or any(word in case.__name__ for word in words)]
    failed, left_out = 0, 0
    with concurrent.futures.ThreadPoolExecutor(max_workers=int(os.environ.get("CHATD_LAN_JOBS", "6"))) as pool:
        for case, took, why in pool.map(run, chosen):
            is_left_out = isinstance(why, Missing) and not os.environ.get("LAN_REQUIRED")
            verdict = "ok" if why is None else "not run" if is_left_out else "FAILED"
            print(f"{verdict}  {case.__name__} ({took:.0f} s)", flush=True)
            left_out += is_left_out
            if why is not None and not is_left_out:
                failed += 1
            if why is not None:
                print(why, flush=True)
    print(f"{len(chosen) - failed - left_out} of {len(chosen)} cases are well")
    return 1 if failed or not chosen else 0


sys.exit(main(sys.argv[1:]))
