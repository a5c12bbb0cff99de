//! Why the first connection did not come about, in words that say what may help.

use std::io;

use super::address::Address;
use super::dial::Failure;
use super::resolve::NoAddress;
use crate::limits::PORT;

/// Why the first connection did not come about.
#[derive(Debug)]
pub(super) struct Fault {
    /// What went wrong and what may help.
    pub(super) text: String,
    /// Nobody has said anything in time, so that another try may do.
    pub(super) is_silence: bool,
}

impl Fault {
    pub(super) fn new(address: &Address, failure: &Failure) -> Self {
        let is_silence = matches!(failure, Failure::Io(error) if error.kind() == io::ErrorKind::TimedOut);
        Self { text: explain(address, failure), is_silence }
    }

    pub(super) fn final_one(text: String) -> Self {
        Self { text, is_silence: false }
    }
}

fn explain(address: &Address, failure: &Failure) -> String {
    let host = &address.host;
    let error = match failure {
        Failure::Io(error) => error,
        Failure::NoAddress(NoAddress::NoSuchHost) => {
            return format!("no host is called {host}; check the name, or give the address instead: 192.0.2.7");
        }
        Failure::NoAddress(NoAddress::NobodyKnows) => {
            return format!(
                "cannot find out where {host} is: no name server answers; give the address instead: 192.0.2.7"
            );
        }
        Failure::NoAddress(NoAddress::NoInterface(interface)) => {
            return format!("this computer has no network interface {interface}; ip link shows those it has");
        }
        Failure::NoAddress(NoAddress::Other(words)) => return format!("cannot find out where {host} is: {words}"),
    };
    let start =
        if address.port == PORT { "chatd".to_owned() } else { format!("chatd --listen 0.0.0.0:{}", address.port) };
    match error.kind() {
        io::ErrorKind::ConnectionRefused => {
            format!("cannot reach {address}: nothing listens there. Is chatd running there? Start it with: {start}")
        }
        io::ErrorKind::TimedOut => format!(
            "cannot reach {address}: no answer. Is that computer on, and does no firewall keep port {} shut?",
            address.port
        ),
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable => {
            format!("cannot reach {address}: there is no way to it from here. Is this computer on its network?")
        }
        io::ErrorKind::InvalidInput if address.needs_interface() => format!(
            "cannot reach {address}: an address of that kind needs the interface behind it: {host}%eth0; ip link shows those there are"
        ),
        _ => format!("cannot reach {address}: {error}"),
    }
}
