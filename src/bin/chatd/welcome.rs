//! What chatd prints when it starts: where it listens, what to type to join, where its console is.

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;

use chatd::event_loop::{EventLoop, Stdin};
use chatd::lan::{OwnAddress, own_addresses, shown};
use chatd::limits::PORT;
use chatd::server::VERSION;

use crate::program::{Start, quoted};

/// What there is to say.
pub(crate) struct Situation {
    listens_on: Vec<SocketAddr>,
    awaits: Vec<String>,
    own: Vec<OwnAddress>,
    chatc: String,
    console: String,
}

impl Situation {
    pub(crate) fn of(event_loop: &EventLoop, control_asked_for: Option<&Path>) -> Self {
        let start = Start::of_this_process();
        let listens_on: Vec<SocketAddr> = event_loop.addresses().collect();
        let awaits = event_loop.awaited().map(ToString::to_string).collect();
        let ctl = event_loop.control_path().map(|_| {
            let which = match control_asked_for {
                Some(path) => format!(" --control {}", quoted(path)),
                None => match event_loop.port() {
                    PORT => String::new(),
                    port => format!(" --port {port}"),
                },
            };
            format!("{} ctl{which}", start.command("chatd"))
        });
        let console = console(Stdin::of_this_process(), ctl);
        Self { listens_on, awaits, own: own_addresses(), chatc: start.command("chatc"), console }
    }

    fn lines(&self) -> Vec<String> {
        let joined = |words: Vec<String>| if words.is_empty() { "nothing yet".to_owned() } else { words.join(" ") };
        let first = joined(self.listens_on.iter().copied().map(shown).collect());
        let mut lines = vec![format!("chatd {VERSION} listens on {first}")];
        lines.extend(self.awaits.iter().map(|address| format!("waits for {address}")));
        lines.extend(self.here().map(|target| format!("to join from this machine:  {}{target}", self.chatc)));
        lines.extend(self.elsewhere().iter().map(|target| {
            // Interfaces are called otherwise there.
            let note = if target.contains('%') { "  (with the name of one's own interface)" } else { "" };
            format!("to join from the network:   chatc {target}{note}")
        }));
        lines.push(self.console.clone());
        lines
    }

    /// What to type behind `chatc` on this machine.
    fn here(&self) -> Option<String> {
        let rank = |address: &&SocketAddr| match address.ip() {
            IpAddr::V6(ip) if ip.is_unspecified() => 0,
            ip if ip.is_unspecified() => 1,
            ip if ip.is_loopback() => 2,
            _ => 3,
        };
        let best = *self.listens_on.iter().min_by_key(rank)?;
        Some(match (best.ip(), best.port()) {
            // Whatever address `localhost` is, it is one of these.
            (IpAddr::V6(ip), PORT) if ip.is_unspecified() => String::new(),
            (IpAddr::V6(ip), port) if ip.is_unspecified() => format!(" localhost:{port}"),
            (IpAddr::V4(ip), port) if ip.is_unspecified() => {
                format!(" {}", target(SocketAddr::from((Ipv4Addr::LOCALHOST, port))))
            }
            _ => format!(" {}", target(best)),
        })
    }

    /// What to type behind `chatc` on other machines, for each network one way.
    fn elsewhere(&self) -> Vec<String> {
        let mut targets: Vec<String> = Vec::new();
        for listens in self.listens_on.iter().filter(|address| !address.ip().is_loopback()) {
            let reachable = if listens.ip().is_unspecified() { self.reachable_at(*listens) } else { vec![*listens] };
            for address in reachable.into_iter().map(target) {
                if !targets.contains(&address) {
                    targets.push(address);
                }
            }
        }
        targets
    }

    /// Of each interface the address that is easiest to type and to reach: one of IPv4, else one of
    /// IPv6 that is valid beyond its link, else one that is not.
    fn reachable_at(&self, all: SocketAddr) -> Vec<SocketAddr> {
        let ease = |own: &OwnAddress| match own.address.ip() {
            IpAddr::V4(ip) if ip.is_link_local() => 1,
            IpAddr::V4(_) => 0,
            IpAddr::V6(ip) if ip.is_unicast_link_local() => 3,
            IpAddr::V6(_) => 2,
        };
        let is_heard = |own: &&OwnAddress| !own.address.ip().is_loopback() && (all.is_ipv6() || own.address.is_ipv4());
        let mut best: Vec<&OwnAddress> = Vec::new();
        for own in self.own.iter().filter(is_heard) {
            match best.iter_mut().find(|other| other.interface == own.interface) {
                Some(other) if ease(own) < ease(other) => *other = own,
                Some(_) => {}
                None => best.push(own),
            }
        }
        let with_port = |own: &OwnAddress| {
            let mut address = own.address;
            address.set_port(all.port());
            address
        };
        let mut reachable: Vec<SocketAddr> = best.into_iter().map(with_port).collect();
        // One that names an interface helps only those who have no other way.
        let is_far = |address: &SocketAddr| !matches!(address.ip(), IpAddr::V6(ip) if ip.is_unicast_link_local());
        if reachable.iter().any(is_far) {
            reachable.retain(is_far);
        }
        reachable
    }
}

/// Says all that. Nothing is wrong if nobody reads it.
pub(crate) fn print(situation: &Situation) {
    let text: String = situation.lines().iter().map(|line| format!("{line}\n")).collect();
    let _ = std::io::stdout().write_all(text.as_bytes());
}

/// An address as chatc takes it, without the port where that is the usual one.
fn target(address: SocketAddr) -> String {
    let text = shown(address);
    match text.strip_suffix(&format!(":{PORT}")) {
        Some(host) => host.trim_matches(['[', ']']).to_owned(),
        None => text,
    }
}

fn console(stdin: Stdin, ctl: Option<String>) -> String {
    match (stdin, ctl) {
        (Stdin::Terminal, _) => "this terminal is the operator's console: type help".to_owned(),
        (Stdin::Orders, _) => "the operator's console reads stdin: help shows what it takes".to_owned(),
        (Stdin::Nothing, Some(ctl)) => format!("the operator's console:     {ctl}"),
        (Stdin::Nothing, None) => "there is no operator's console; the log says why".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn situation(listens_on: &[&str], own: &[(&str, &str)]) -> Situation {
        let own = own
            .iter()
            .map(|(interface, ip)| OwnAddress { interface: (*interface).to_owned(), address: ip.parse().unwrap() });
        Situation {
            listens_on: listens_on.iter().map(|address| address.parse().unwrap()).collect(),
            awaits: Vec::new(),
            own: own.collect(),
            chatc: "chatc".to_owned(),
            console: "console".to_owned(),
        }
    }

    #[test]
    fn what_to_type_on_this_machine_leads_to_where_the_daemon_listens() {
        for (listens, command) in [
            (&["[::]:2428"][..], ""),
            (&["[::]:7000"], " localhost:7000"),
            (&["0.0.0.0:2428"], " 127.0.0.1"),
            (&["0.0.0.0:7000"], " 127.0.0.1:7000"),
            (&["127.0.0.1:2428"], " 127.0.0.1"),
            (&["127.0.0.1:7000"], " 127.0.0.1:7000"),
            (&["[::1]:7000"], " [::1]:7000"),
            (&["[::1]:2428"], " ::1"),
            (&["127.0.0.5:7000"], " 127.0.0.5:7000"),
            (&["192.0.2.7:2428"], " 192.0.2.7"),
            (&["192.0.2.7:2428", "[::1]:2429"], " [::1]:2429"),
        ] {
            assert_eq!(situation(listens, &[]).here().as_deref(), Some(command), "{listens:?}");
        }
        assert_eq!(situation(&[], &[]).here(), None, "it waits for its address");
        assert!(situation(&[], &[]).lines()[0].ends_with(" listens on nothing yet"));
    }

    #[test]
    fn what_to_type_on_the_network_is_one_address_of_each_interface() {
        let own = [
            ("lo", "127.0.0.1:0"),
            ("lo", "[::1]:0"),
            ("eth0", "[fe80::1%2]:0"),
            ("eth0", "[2001:db8::1]:0"),
            ("eth0", "192.0.2.1:0"),
            ("eth1", "[fe80::2%3]:0"),
            ("eth1", "[fd00::2]:0"),
            ("eth2", "[fe80::3%4]:0"),
        ];
        let network = |listens: &str, own: &[(&str, &str)]| situation(&[listens], own).elsewhere();
        assert_eq!(network("[::]:2428", &own), ["192.0.2.1", "fd00::2"]);
        assert_eq!(network("[::]:99", &own), ["192.0.2.1:99", "[fd00::2]:99"]);
        assert_eq!(network("0.0.0.0:2428", &own), ["192.0.2.1"]);
        assert_eq!(network("[2001:db8::1]:99", &own), ["[2001:db8::1]:99"]);
        assert_eq!(network("127.0.0.1:2428", &own), [""; 0]);
        let only_link_local = [own[1], ("eth0", "[fe80::1]:0"), ("eth1", "[fe80::2]:0")];
        assert_eq!(network("[::]:2428", &only_link_local), ["fe80::1", "fe80::2"], "better than nothing");
        assert_eq!(network("[::]:99", &only_link_local), ["[fe80::1]:99", "[fe80::2]:99"]);
    }

    #[test]
    fn where_the_console_is_is_said_as_it_is() {
        let ctl = || Some("chatd ctl".to_owned());
        assert!(console(Stdin::Terminal, ctl()).contains("this terminal"));
        assert!(console(Stdin::Orders, ctl()).contains("reads stdin"));
        assert!(console(Stdin::Nothing, ctl()).ends_with("chatd ctl"));
        assert!(console(Stdin::Nothing, None).starts_with("there is no"));
    }
}
