//! What chatd prints when it starts: where it listens, and what to type to join.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use chatd::limits::PORT;
use chatd::server::VERSION;

/// Says where the daemon listens and what to type to join. Nothing is wrong if nobody reads it.
pub(crate) fn print(addresses: &[SocketAddr]) {
    use std::io::Write;
    let mut lines = format!("chatd {VERSION} listens on");
    for address in addresses {
        lines.push_str(&format!(" {address}"));
    }
    lines.push('\n');
    let port = addresses.first().map_or(PORT, SocketAddr::port);
    lines.push_str(&format!("to join from this machine:  {}\n", join_command(addresses.first(), port)));
    let own = |address: &SocketAddr| {
        let port = address.port();
        reachable_at(address.ip()).into_iter().map(move |ip| SocketAddr::new(ip, port))
    };
    let mut targets = addresses.iter().flat_map(own).collect::<Vec<_>>();
    targets.dedup();
    for target in targets {
        let shown = if target.port() == PORT { target.ip().to_string() } else { target.to_string() };
        lines.push_str(&format!("to join from the network:   chatc {shown}\n"));
    }
    lines.push_str("this terminal is the operator's console: type help\n");
    let _ = std::io::stdout().write_all(lines.as_bytes());
}

fn join_command(first: Option<&SocketAddr>, port: u16) -> String {
    let is_default = |ip: IpAddr| ip.is_unspecified() || ip == Ipv4Addr::LOCALHOST || ip == Ipv6Addr::LOCALHOST;
    match first.map(SocketAddr::ip) {
        Some(ip) if !is_default(ip) => format!("chatc {}", SocketAddr::new(ip, port)),
        _ if port == PORT => "chatc".to_owned(),
        _ => format!("chatc localhost:{port}"),
    }
}

/// The addresses others can use to reach what listens on `ip`: for "all", this machine's own
/// IPv4 addresses but the loopback one.
fn reachable_at(ip: IpAddr) -> Vec<IpAddr> {
    if ip.is_loopback() {
        return Vec::new();
    }
    if !ip.is_unspecified() {
        return vec![ip];
    }
    let Ok(interfaces) = nix::ifaddrs::getifaddrs() else { return Vec::new() };
    let addresses = interfaces.filter_map(|interface| Some(interface.address?.as_sockaddr_in()?.ip()));
    addresses.filter(|address| !address.is_loopback()).map(IpAddr::V4).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_to_type_leads_to_where_the_daemon_listens() {
        for (listens, command) in [
            ("0.0.0.0:2428", "chatc"),
            ("[::]:2428", "chatc"),
            ("127.0.0.1:7000", "chatc localhost:7000"),
            ("[::1]:7000", "chatc localhost:7000"),
            ("127.0.0.5:7000", "chatc 127.0.0.5:7000"),
            ("192.0.2.7:2428", "chatc 192.0.2.7:2428"),
        ] {
            let address: SocketAddr = listens.parse().unwrap();
            assert_eq!(join_command(Some(&address), address.port()), command, "{listens}");
        }
    }
}
