//! Row 1: starting, where it listens, and what keeps it from starting.

use crate::process::daemon::{Client, Daemon, DaemonBuilder, run_to_end};

#[test]
fn row_1_it_says_where_it_listens_and_how_to_join() {
    let mut daemon = Daemon::start(&[]);
    let port = daemon.address().port();
    daemon.expect_out(&format!("to join from this machine:  chatc 127.0.0.1:{port}"));
    daemon.expect_out("there is no operator's console; the log says why");
    daemon.script().run("A> HELLO\nA< +OK chatd {any}").end();
}

#[test]
fn row_1_no_argument_is_needed() {
    // Another chatd may be running on this machine; then that is what it must say.
    let in_use = |error: &str| {
        let is_told = |what| error.starts_with(&format!("chatd: cannot listen on [::]:2428: {what}"));
        is_told("another program does") || is_told("a chatd listens there already")
    };
    match DaemonBuilder::new(&[]).try_start() {
        Err(error) => assert!(in_use(&error), "{error}"),
        Ok(mut daemon) => {
            assert_eq!(daemon.address().port(), chatd::limits::PORT);
            assert!(daemon.address().ip().is_unspecified());
            daemon.expect_out("to join from this machine:  chatc");
            let (status, _, error) = run_to_end(&[]);
            assert_eq!(status.code(), Some(1));
            assert!(error.contains(":2428: a chatd listens there already; join it with chatc"), "{error}");
        }
    }
}

#[test]
fn row_1_all_addresses_of_both_families_with_one_port() {
    let mut daemon = DaemonBuilder::new(&["--listen", ":0"]).start();
    let port = daemon.address().port();
    assert!(daemon.address().ip().is_unspecified() && daemon.address().is_ipv6());
    daemon.expect_out(&format!("to join from this machine:  chatc localhost:{port}"));
    for address in [format!("127.0.0.1:{port}"), format!("[::1]:{port}")] {
        let address = address.parse().expect("an address");
        let mut client = Client::connect(address);
        client.ask("ENTER", &[&format!("+OK entered {{id}} USER{}", client.port())]);
        let ip = address.ip();
        let row = format!("= user {{id}} USER{} available - {{any}}", client.port());
        client.send("LIST 0");
        let line = client.expect(&row);
        let shown: std::net::SocketAddr =
            line.split(' ').nth(6).and_then(|word| word.parse().ok()).expect("an address");
        assert_eq!(shown.ip(), ip, "an IPv4 client is shown as one");
        client.expect("+OK listed 1 1");
        client.ask("QUIT", &["+OK bye", "{closed}"]);
    }
}

#[test]
fn listening_on_ipv6_alone() {
    let daemon = DaemonBuilder::new(&["--listen", "[::1]:0"]).start();
    assert_eq!(daemon.address().ip().to_string(), "::1");
    daemon.script().run("A> ENTER alice\nA< +OK entered 1 alice\nA> LIST\nA< = user 1 alice available - [::1]:{any}");
}

#[test]
fn listening_on_several_addresses() {
    let args = ["--listen", "127.0.0.1:0", "--listen", "127.0.0.2:0", "--listen", "[::1]:0"];
    let daemon = DaemonBuilder::new(&args).start();
    assert_eq!(daemon.addresses().len(), 3);
    let mut clients: Vec<_> = (0..3)
        .zip(daemon.addresses())
        .map(|(number, address)| Client::entered(*address, &format!("user{number}_")))
        .collect();
    let first = clients.first_mut().expect("three clients");
    first.ask("ANNOUNCE hello", &["+OK taken 1 {time} 2"]);
    for client in clients.iter_mut().skip(1) {
        client.expect("* announced 1 {time} user0_ hello");
    }
}

#[test]
fn bad_flags_are_explained_and_the_exit_code_is_1() {
    for args in [
        &["--listen", ":99999"][..],
        &["--listen", "127.0.0.1:99999"],
        &["--listen"],
        &["--invite-timeout", "0"],
        &["--invite-timeout", "soon"],
        &["--invite-timeout", "86401"],
        &["--fly"],
        &["surplus"],
    ] {
        let (status, out, error) = run_to_end(args);
        assert_eq!(status.code(), Some(1), "{args:?}");
        assert_eq!(out, "", "{args:?}");
        assert!(!error.is_empty(), "{args:?}");
    }
}

#[test]
fn help_and_version_are_shown() {
    let (status, out, _) = run_to_end(&["--help"]);
    assert!(status.success());
    for (form, _) in chatd::event_loop::LISTEN_FORMS {
        assert!(out.replace(['\n', ',', ';'], " ").split(' ').any(|word| word == form), "{form} in {out}");
    }
    let guide = include_str!("../../../docs/OPERATIONS.md");
    let forms = chatd::event_loop::LISTEN_FORMS.map(|(form, _)| format!("`{form}`")).join(", ");
    assert!(guide.split_whitespace().collect::<Vec<_>>().join(" ").contains(&forms), "{forms}");
    for flag in ["--listen", "--invite-timeout", "--hide-addresses", "--log-rooms", "--version"] {
        assert!(out.contains(flag), "{out}");
    }
    let (status, out, _) = run_to_end(&["--version"]);
    assert!(status.success());
    assert_eq!(out, format!("chatd {}", env!("CARGO_PKG_VERSION")));
}
