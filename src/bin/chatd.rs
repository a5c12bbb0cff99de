//! chatd: the daemon.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::process::ExitCode;
use std::time::Duration;

use argh::FromArgs;
use chatd::chat::Settings;
use chatd::event_loop::EventLoop;
use chatd::limits::{BACKLOG_LINES, INVITE_TIMEOUT, PORT, RESUME_GRACE};
use chatd::server::{Config, VERSION};

/// A chat daemon for one LAN. Needs no configuration: start it, and people join with `chatc`.
///
/// Its own terminal is the operator's console; type `help` there.
#[derive(FromArgs)]
#[argh(
    note = "Signals: TERM, INT or HUP once tells everybody and ends in order; twice ends at once.\n\
            The log goes to stderr, the console's answers to stdout.",
    example = "Listen on one address only:\n  {command_name} --listen 192.168.1.5",
    example = "Run without a console, with the log in a file:\n  {command_name} < /dev/null 2>> chatd.log &",
    error_code(1, "could not start, or could not go on; the reason is on stderr")
)]
struct Arguments {
    /// address to listen on: IP, IP:PORT, or :PORT; may be given several times (default: all, port 2428)
    #[argh(option, arg_name = "address", from_str_fn(parse_address))]
    listen: Vec<SocketAddr>,

    /// seconds a request for a private chat waits for an answer (default: 60)
    #[argh(option, arg_name = "seconds", default = "INVITE_TIMEOUT", from_str_fn(parse_seconds))]
    invite_timeout: Duration,

    /// seconds a user's place is kept when the connection is lost; 0: not at all (default: 120)
    #[argh(option, arg_name = "seconds", default = "RESUME_GRACE", from_str_fn(parse_seconds_or_none))]
    resume_grace: Duration,

    /// lines of each room kept in memory for those who join later; 0: none (default: 100)
    #[argh(option, arg_name = "lines", default = "BACKLOG_LINES")]
    backlog: usize,

    /// show users' addresses to the operator only
    #[argh(switch)]
    hide_addresses: bool,

    /// log what is said in rooms, too (private chats are never logged)
    #[argh(switch)]
    log_rooms: bool,

    /// print the version and exit
    #[argh(switch)]
    version: bool,
}

fn main() -> ExitCode {
    let arguments: Arguments = argh::from_env();
    if arguments.version {
        println!("chatd {VERSION}");
        return ExitCode::SUCCESS;
    }
    let chat = Settings {
        invite_timeout: arguments.invite_timeout,
        hide_addresses: arguments.hide_addresses,
        backlog: arguments.backlog,
    };
    let config =
        Config { chat, log_rooms: arguments.log_rooms, resume_grace: arguments.resume_grace, ..Config::default() };
    match run(&arguments.listen, config) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("chatd: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(listen: &[SocketAddr], config: Config) -> Result<(), chatd::event_loop::Failure> {
    let mut event_loop = EventLoop::new(listen, config)?;
    let addresses: Vec<SocketAddr> = event_loop.addresses().collect();
    print_welcome(&addresses);
    event_loop.open_console();
    event_loop.run()
}

/// Says where the daemon listens and what to type to join. Nothing is wrong if nobody reads it.
fn print_welcome(addresses: &[SocketAddr]) {
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
    match first.map(SocketAddr::ip) {
        Some(ip) if !ip.is_unspecified() && !ip.is_loopback() => format!("chatc {}", SocketAddr::new(ip, port)),
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

fn parse_address(text: &str) -> Result<SocketAddr, String> {
    let unspecified = IpAddr::V6(std::net::Ipv6Addr::UNSPECIFIED);
    if let Ok(ip) = text.trim_matches(['[', ']']).parse::<IpAddr>() {
        return Ok(SocketAddr::new(ip, PORT));
    }
    if let Some(port) = text.strip_prefix(':') {
        let port = port.parse().map_err(|_| format!("{port} is not a port"))?;
        return Ok(SocketAddr::new(unspecified, port));
    }
    let hint = || format!("{text} is not an address to listen on; say IP, IP:PORT, [IPv6]:PORT or :PORT");
    text.to_socket_addrs().ok().and_then(|mut found| found.next()).ok_or_else(hint)
}

fn parse_seconds_or_none(text: &str) -> Result<Duration, String> {
    if text == "0" { Ok(Duration::ZERO) } else { parse_seconds(text) }
}

fn parse_seconds(text: &str) -> Result<Duration, String> {
    match text.parse() {
        Ok(seconds @ 1..=86_400) => Ok(Duration::from_secs(seconds)),
        _ => Err(format!("{text} is not a number of seconds from 1 to 86400")),
    }
}
