//! Which server is meant when none was named: the one on this computer, else the one on this
//! network; of several, the one that its user chooses.

use std::io::{self, BufRead, IsTerminal, Write};

use super::address::Address;
use super::model::EXIT_FAILED;
use super::search::{Server, is_here, search};
use super::tty;
use super::view::{Charset, width};
use crate::chat::sanitize;

/// How much of a server's name is shown.
const NAME_COLUMNS: usize = 40;

/// Finds the server, looking on these interfaces; without any, on all but the loopback one. What there
/// is to say of it has been said.
///
/// # Errors
/// The exit code, when there are several and nobody can be asked, or nobody answers.
pub fn find_server(look_on: &[String]) -> Result<Address, u8> {
    if look_on.is_empty() && is_here() {
        return Ok(Address::default());
    }
    let servers = search(look_on);
    let charset = output_charset();
    match servers.as_slice() {
        // As if nothing had been looked for: that nothing listens on this computer is said there.
        [] => Ok(Address::default()),
        [one] => {
            say(&format!("-- found {} at {}", shown(one, charset), one.address()));
            Ok(one.to_address())
        }
        several if io::stdin().is_terminal() && io::stdout().is_terminal() => ask(several, charset),
        several => {
            let rows = table(several, charset).join("\n");
            let _ = writeln!(io::stderr(), "chatc: there are several servers; say which, as in chatc HOST:\n{rows}");
            Err(EXIT_FAILED)
        }
    }
}

/// The servers as a table, for whoever reads stdout.
pub fn server_rows(servers: &[Server]) -> Vec<String> {
    table(servers, output_charset())
}

/// What goes into a pipe is UTF-8 in whatever locale.
fn output_charset() -> Charset {
    if io::stdout().is_terminal() { tty::charset() } else { Charset::Utf8 }
}

fn ask(servers: &[Server], charset: Charset) -> Result<Address, u8> {
    say("servers on this network:");
    for (number, row) in table(servers, charset).iter().enumerate() {
        say(&format!("{:>3}  {row}", number + 1));
    }
    loop {
        let _ = write!(io::stdout(), "which one? (1) > ").and_then(|()| io::stdout().flush());
        let mut line = String::new();
        if io::stdin().lock().read_line(&mut line).unwrap_or(0) == 0 {
            say("");
            return Err(EXIT_FAILED);
        }
        if let Some(server) = chosen(servers, line.trim()) {
            return Ok(server.to_address());
        }
        say(&format!("a number from 1 to {}, or the name of a server", servers.len()));
    }
}

/// What a line chooses: nothing the first, else a number or a name.
fn chosen<'a>(servers: &'a [Server], line: &str) -> Option<&'a Server> {
    if line.is_empty() {
        return servers.first();
    }
    let by_number = line.parse::<usize>().ok().and_then(|number| servers.get(number.checked_sub(1)?));
    by_number.or_else(|| servers.iter().find(|server| server.name.eq_ignore_ascii_case(line)))
}

/// A row for each server: what it is called, where it is, how many are there.
fn table(servers: &[Server], charset: Charset) -> Vec<String> {
    let names: Vec<String> = servers.iter().map(|server| shown(server, charset)).collect();
    let (most, longest) =
        (names.iter().map(|name| width(name)).max(), servers.iter().map(|one| one.address().len()).max());
    let row = |(name, server): (String, &Server)| {
        let filler = " ".repeat(most.unwrap_or(0).saturating_sub(width(&name)));
        let address = server.address();
        let users = match server.users {
            None => "does not answer".to_owned(),
            Some(1) => "1 user".to_owned(),
            Some(users) => format!("{users} users"),
        };
        let password = if server.has_password { ", asks for a password" } else { "" };
        format!("{name}{filler}  {address:longest$}  {users}{password}", longest = longest.unwrap_or(0))
    };
    names.into_iter().zip(servers).map(row).collect()
}

/// A server's name, made harmless, and not longer than a part of a row.
fn shown(server: &Server, charset: Charset) -> String {
    let clean = sanitize(&server.name);
    let mut name = String::new();
    for c in charset.carry(&clean).chars() {
        if width(&name) + width(c.encode_utf8(&mut [0; 4])) > NAME_COLUMNS {
            break;
        }
        name.push(c);
    }
    name
}

/// Writes a line to stdout. If nobody reads it, the next write will tell.
fn say(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn servers() -> Vec<Server> {
        let server = |name: &str, at: &str, users, has_password| Server {
            name: name.to_owned(),
            at: at.parse().unwrap(),
            has_password,
            users,
        };
        vec![
            server("chatd on lab7", "10.0.0.1:2428", Some(5), false),
            server("chatd on \x1b[31m李 büro", "[fd00::7]:99", Some(1), true),
            server(&"x".repeat(63), "10.0.0.3:2428", None, false),
        ]
    }

    #[test]
    fn servers_are_listed_harmless_and_in_columns() {
        let rows = table(&servers(), Charset::Utf8).join("\n");
        let long = "x".repeat(40);
        let expected = format!(
            "chatd on lab7                             10.0.0.1:2428  5 users\n\
             chatd on ?[31m李 büro                     [fd00::7]:99   1 user, asks for a password\n\
             {long}  10.0.0.3:2428  does not answer"
        );
        assert_eq!(rows.replace('\u{fffd}', "?"), expected, "{rows}");
    }

    #[test]
    fn a_number_or_a_name_chooses_and_nothing_the_first() {
        let servers = servers();
        let name = |line| chosen(&servers, line).map(Server::address);
        assert_eq!(name("").as_deref(), Some("10.0.0.1:2428"));
        assert_eq!(name("2").as_deref(), Some("[fd00::7]:99"));
        assert_eq!(name("CHATD on lab7").as_deref(), Some("10.0.0.1:2428"));
        assert_eq!([name("0"), name("4"), name("99999999999999999999"), name("lab")], [None, None, None, None]);
    }
}
