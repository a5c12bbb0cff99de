//! `chatc servers`: which there are on this network.

use std::process::ExitCode;

use argh::FromArgs;
use chatd::client::{Server, search, server_rows};

use crate::command_line;

/// No server is on this network, or none that answers.
const NO_SERVER: u8 = 3;

/// List the servers on this network: what they are called, where they are, how many users they have.
#[derive(Debug, FromArgs)]
#[argh(
    subcommand,
    name = "servers",
    help_triggers("-h", "--help"),
    example = "The addresses alone:\n  {command_name} --json | jq -r .address",
    error_code(0, "there are some"),
    error_code(2, "the command line is wrong"),
    error_code(3, "there is none")
)]
pub(crate) struct Servers {
    /// one JSON object a line
    #[argh(switch)]
    json: bool,

    /// interface to look on; may be given several times (default: all but the loopback one)
    #[argh(option, arg_name = "interface")]
    look_on: Vec<String>,
}

pub(crate) fn run(arguments: &Servers) -> ExitCode {
    let servers = search(&arguments.look_on);
    if servers.is_empty() {
        command_line::complain(
            "chatc: no server is announced on this network; chatc HOST joins one whose address you know",
        );
        return ExitCode::from(NO_SERVER);
    }
    let rows = if arguments.json { servers.iter().map(json).collect() } else { server_rows(&servers) };
    command_line::say("chatc", rows.iter().map(|row| format!("{row}\n")).collect::<String>())
}

fn json(server: &Server) -> String {
    let users = server.users.map_or("null".to_owned(), |users| users.to_string());
    let (name, address, password) = (quoted(&server.name), quoted(&server.address()), server.has_password);
    format!(r#"{{"name":{name},"address":{address},"users":{users},"password":{password}}}"#)
}

/// A text as JSON writes it (RFC 8259, section 7).
fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if u32::from(c) < 0x20 || c == '\u{7f}' => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
