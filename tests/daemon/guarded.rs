//! The password, at the real daemon; how long wrong ones cost is for tests/server_streams.

use crate::daemon_support::{Client, Daemon, DaemonBuilder, TempDir, run_to_end};

fn guarded() -> Daemon {
    let directory = TempDir::new();
    let file = directory.write("password", "open sesame\nnot this line\n");
    DaemonBuilder::unlimited(&["--password-file", &file]).keep(directory).start()
}

#[test]
fn without_the_password_nobody_enters() {
    let mut daemon = guarded();
    let mut client = Client::connect(daemon.address());
    client.ask("ENTER alice", &["-ERR password-required {any}"]);
    client.ask("LIST", &["-ERR not-entered {any}"]);
    client.ask("PASSWORD not this line", &["-ERR wrong-password {any}"]);
    client.ask("PASSWORD open sesame", &["+OK"]);
    client.ask("ENTER alice", &["+OK entered 1 alice"]);
    daemon.expect_log("enter name=alice {any}");
    daemon.signal(nix::sys::signal::Signal::SIGTERM);
    drop(client);
    let log = daemon.end().1;
    assert!(!log.contains("sesame") && !log.contains("not this line"), "{log}");
}

#[test]
fn a_place_is_taken_again_with_its_token_alone() {
    let daemon = guarded();
    daemon
        .script()
        .run(
            "A> PASSWORD open sesame
             A< +OK
             A> ENTER alice
             A< +OK entered 1 alice
             A> KEEP
             A< +OK kept {token} 120
             A> {hangs up}
             A> RESUME 1 {token} 0
             A< +OK resumed 1 alice 0 0",
        )
        .end();
}

#[test]
fn a_password_that_is_none_keeps_the_daemon_from_starting() {
    let directory = TempDir::new();
    let empty = directory.write("empty", "\nsecond line\n");
    let long = directory.write("long", "x".repeat(201));
    let binary = directory.write("binary", b"\xff\xfe");
    for (path, what) in
        [(&empty, "first line"), (&long, "first line"), (&binary, "cannot read"), (&directory.at("no"), "cannot read")]
    {
        let (status, out, error) = run_to_end(&["--listen", "127.0.0.1:0", "--password-file", path]);
        assert_eq!((status.code(), out.as_str()), (Some(1), ""), "{path}");
        assert!(error.contains(what) && error.contains(path.as_str()), "{error}");
    }
}
