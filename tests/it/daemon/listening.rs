//! Where it listens: every form of `--listen`, what is in the way, and addresses that come later.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::process::{Command, Stdio};

use nix::sys::signal::Signal;

use crate::process::daemon::{Client, Daemon, DaemonBuilder, run_to_end};

/// A port that nobody has, for a moment at least.
fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv6Addr::UNSPECIFIED, 0)).expect("some port is free");
    listener.local_addr().expect("bound").port()
}

/// The loopback interface's name.
fn loopback() -> String {
    let own = chatd::lan::own_addresses();
    own.into_iter().find(|own| own.address.ip().is_loopback()).expect("there is one").interface
}

/// Starts a daemon that is expected not to; what it says.
#[track_caller]
fn refusal(listen: &[&str]) -> String {
    let args: Vec<&str> = listen.iter().flat_map(|address| ["--listen", *address]).collect();
    let (status, out, error) = run_to_end(&args);
    assert_eq!((status.code(), out.as_str()), (Some(1), ""), "it does not claim to listen: {listen:?}");
    error
}

#[test]
fn every_form_is_listened_on() {
    let lo = loopback();
    for form in [
        "127.0.0.1:0".to_owned(),
        "[::1]:0".to_owned(),
        "localhost:0".to_owned(),
        format!("[::1%{lo}]:0"),
        format!("[::1%25{lo}]:0"),
        format!("[::1]%{lo}:0"),
        ":0".to_owned(),
        "*:0".to_owned(),
        "0".to_owned(),
        "0.0.0.0:0".to_owned(),
        "[::]:0".to_owned(),
    ] {
        let daemon = DaemonBuilder::new(&["--listen", &form]).start();
        for address in daemon.addresses() {
            let ip = match address {
                SocketAddr::V4(v4) if v4.ip().is_unspecified() => Ipv4Addr::LOCALHOST.into(),
                SocketAddr::V6(v6) if v6.ip().is_unspecified() => Ipv6Addr::LOCALHOST.into(),
                other => other.ip(),
            };
            Client::connect(SocketAddr::new(ip, address.port())).ask("PING", &["+OK pong"]);
        }
    }
}

#[test]
fn all_addresses_of_both_families_may_have_a_socket_each() {
    let port = free_port();
    let (v6, v4) = (format!(":{port}"), format!("0.0.0.0:{port}"));
    for order in [[&v6, &v4], [&v4, &v6]] {
        let daemon = DaemonBuilder::new(&["--listen", order[0], "--listen", order[1]]).start();
        assert_eq!(daemon.addresses().len(), 2);
        for ip in [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()] {
            Client::connect(SocketAddr::new(ip, port)).ask("PING", &["+OK pong"]);
        }
    }
}

#[test]
fn the_same_address_twice_is_once_and_one_within_another_is_told() {
    let port = free_port();
    let (one, all, v4) = (format!("127.0.0.1:{port}"), format!(":{port}"), format!("0.0.0.0:{port}"));
    let daemon = DaemonBuilder::new(&["--listen", &one, "--listen", &one]).start();
    assert_eq!(daemon.addresses().len(), 1);
    drop(daemon);
    for (listen, at, other) in [([&one, &all], format!("[::]:{port}"), &one), ([&v4, &one], one.clone(), &v4)] {
        let error = refusal(&listen.map(String::as_str));
        let told = format!("chatd: cannot listen on {at}: {other} has that already, from another --listen; leave one");
        assert!(error.starts_with(&told), "{error}");
    }
}

#[test]
fn a_port_in_use_is_told_with_what_has_it() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("some port is free");
    let address = listener.local_addr().expect("bound").to_string();
    let error = refusal(&[&address]);
    assert!(error.starts_with(&format!("chatd: cannot listen on {address}: another program does; stop it")), "{error}");
    let daemon = Daemon::start(&[]);
    let address = daemon.address().to_string();
    let error = refusal(&["127.0.0.1:0", &address]);
    let told = format!("chatd: cannot listen on {address}: a chatd listens there already; join it with chatc");
    assert!(error.starts_with(&told), "{error}");
    daemon.script().run("A> PING\nA< +OK pong").end();
}

#[test]
fn what_is_no_address_of_this_machine_is_told_with_what_to_do() {
    for (listen, told) in [
        ("192.0.2.1:0", "cannot listen on 192.0.2.1:0: this machine has no such address (`ip address` shows"),
        ("[2001:db8::1]:0", "cannot listen on [2001:db8::1]:0: this machine has no such address"),
        ("[fe80::dead:beef]:0", "cannot listen on [fe80::dead:beef]:0: this machine has no such address"),
        ("fe80::1%nosuch0:0", "cannot listen on [fe80::1%nosuch0]:0: this machine has no interface nosuch0"),
        ("[fe80::1%4294967295]:0", "cannot listen on [fe80::1%4294967295]:0: this machine has no interface 42949"),
        ("[::1%nosuch0]:0", "cannot listen on [::1%nosuch0]:0: this machine has no interface nosuch0"),
        ("224.0.0.1:0", "cannot listen on 224.0.0.1:0: that address stands for many machines"),
        ("[ff02::1%lo]:0", "cannot listen on [ff02::1%lo]:0: that address stands for many machines"),
        ("255.255.255.255:0", "cannot listen on 255.255.255.255:0: that address stands for many machines"),
        ("a..b:0", "cannot listen on a..b:0: no address is known for that name ("),
    ] {
        let error = refusal(&[listen]);
        assert!(error.starts_with(&format!("chatd: {told}")), "{listen}: {error}");
    }
    for (listen, told) in [("1:2:3", "say IP, IP:PORT, [IPv6]:PORT,"), ("10.0.0.1%eth0", "only an IPv6 address takes")]
    {
        let error = refusal(&[listen]);
        assert!(error.contains(told), "{listen}: {error}");
    }
}

#[test]
fn an_address_that_is_not_there_yet_is_waited_for_while_others_are_served() {
    let args = ["--wait-for-addresses", "--listen", "192.0.2.1:2428", "--listen", "127.0.0.1:0"];
    let mut daemon = DaemonBuilder::new(&args).start();
    daemon.expect_out("waits for 192.0.2.1:2428");
    let mut alice = daemon.user("alice");
    daemon.signal(Signal::SIGTERM);
    alice.expect("* bye shutdown {any}");
    drop(alice);
    assert_eq!(daemon.end().0, Some(0));
    // What waiting does not mend is told at once.
    let listener = TcpListener::bind("127.0.0.1:0").expect("some port is free");
    let address = listener.local_addr().expect("bound").to_string();
    let (status, _, error) = run_to_end(&["--wait-for-addresses", "--listen", &address]);
    assert_eq!(status.code(), Some(1));
    assert!(error.contains("another program does"), "{error}");
}

/// Whether this machine lets a test make a network of its own.
fn has_namespaces() -> bool {
    let probe = ["-rnpf", "--kill-child", "sh", "-c", "ip link set lo up && ip -6 address add fd00::1 dev lo"];
    let made = Command::new("unshare").args(probe).stdout(Stdio::null()).stderr(Stdio::null()).status();
    made.is_ok_and(|status| status.success())
}

#[test]
fn addresses_and_interfaces_are_listened_on_when_they_come() {
    if !has_namespaces() {
        return;
    }
    // In a network of its own, which gets one address after the other; killing it ends the daemon.
    let script = "ip link set lo up
        \"$0\" --no-announce --wait-for-addresses --listen 192.0.2.9:2428 --listen '[fe80::9%later]:2428' &
        read go; ip address add 192.0.2.9/32 dev lo
        read go; ip link add later type veth peer name other; ip link set other up; ip link set later up
        ip address add fe80::9/64 dev later nodad
        wait";
    let program =
        DaemonBuilder::program("unshare", &["-rnpf", "--kill-child", "sh", "-c", script, env!("CARGO_BIN_EXE_chatd")]);
    let mut daemon = program.stdin(Stdio::piped()).start();
    assert!(daemon.addresses().is_empty());
    daemon.expect_out("waits for 192.0.2.9:2428");
    daemon.expect_out("waits for [fe80::9%later]:2428");
    daemon.type_line("go");
    daemon.expect_log("listening on=192.0.2.9:2428");
    daemon.type_line("go");
    daemon.expect_log("listening on=[fe80::9%later]:2428");
}

#[test]
fn segments_are_such_that_any_path_carries_them() {
    // As the other end of a connection is told, over a path that would carry 64 KiB.
    let mss = |listen: &str| {
        let daemon = DaemonBuilder::new(&["--listen", listen]).start();
        let stream = std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, daemon.address().port())).expect("it listens");
        socket2::SockRef::from(&stream).tcp_mss().expect("it can be asked")
    };
    let small = mss(":0");
    assert!(small <= chatd::limits::SEGMENT_BYTES, "what this end may send: {small}");
    assert!(mss("127.0.0.1:0") > chatd::limits::SEGMENT_BYTES, "within one machine nothing is in the way");
}
