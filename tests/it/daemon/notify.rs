//! What a service manager is told: that the daemon is ready, and that it is stopping.

use std::os::unix::net::UnixDatagram;

use nix::sys::signal::Signal;

use crate::process::daemon::{DaemonBuilder, PATIENCE, TempDir};

#[test]
fn a_service_manager_is_told_when_it_is_ready_and_when_it_stops() {
    let directory = TempDir::new();
    let path = directory.at("notify");
    let socket = UnixDatagram::bind(&path).expect("a socket can be made");
    socket.set_read_timeout(Some(PATIENCE)).expect("a timeout can be set");
    let receive = || {
        let mut buffer = [0; 256];
        let count = socket.recv(&mut buffer).expect("something is told in time");
        String::from_utf8_lossy(buffer.get(..count).unwrap_or_default()).into_owned()
    };
    let daemon = DaemonBuilder::unlimited(&[]).environment("NOTIFY_SOCKET", &path).start();
    assert_eq!(receive().trim_end(), "READY=1");
    let mut alice = daemon.user("alice");
    daemon.signal(Signal::SIGTERM);
    assert_eq!(receive().trim_end(), "STOPPING=1");
    alice.expect("* bye shutdown {any}");
    drop(alice);
    assert_eq!(daemon.end().0, Some(0));
}
