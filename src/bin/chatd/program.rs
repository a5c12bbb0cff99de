//! What to type to run chatc, or chatd once more, from where the daemon was started.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// What this process knows of how it was started.
#[derive(Clone, Debug, Default)]
pub(crate) struct Start {
    /// The directories that a shell looks for programs in.
    pub(crate) path: Vec<PathBuf>,
    /// This program's file.
    pub(crate) executable: PathBuf,
    pub(crate) directory: PathBuf,
    /// The package's directory, if `cargo run` started it.
    pub(crate) package: Option<PathBuf>,
}

impl Start {
    pub(crate) fn of_this_process() -> Self {
        let path = std::env::var_os("PATH").unwrap_or_default();
        Self {
            path: std::env::split_paths(&path).collect(),
            executable: std::env::current_exe().unwrap_or_default(),
            directory: std::env::current_dir().unwrap_or_default(),
            package: std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from),
        }
    }

    /// The words that run a program of this package: its name where a shell finds it, cargo's where
    /// cargo has run this one, else its file beside this one's.
    pub(crate) fn command(&self, name: &str) -> String {
        if self.path.iter().any(|directory| is_program(&directory.join(name))) {
            return name.to_owned();
        }
        let beside = self.executable.with_file_name(name);
        match &self.package {
            Some(package) if self.executable.starts_with(package) => self.cargo_command(package, name),
            _ if is_program(&beside) => quoted(&beside),
            _ => name.to_owned(),
        }
    }

    fn cargo_command(&self, package: &Path, name: &str) -> String {
        let is_release = self.executable.parent().is_some_and(|directory| directory.ends_with("release"));
        let profile = if is_release { " --release" } else { "" };
        let manifest = if self.directory.starts_with(package) {
            String::new()
        } else {
            format!(" --manifest-path {}", quoted(&package.join("Cargo.toml")))
        };
        format!("cargo run{profile}{manifest} --bin {name}")
    }
}

fn is_program(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

/// A path as a shell takes it.
pub(crate) fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+:@%".contains(c);
    if text.chars().all(is_plain) { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_is_one_that_can_be_typed_as_it_stands() {
        let base = std::env::temp_dir().join(format!("chatd-program-{}", std::process::id()));
        let release = base.join("it's here/target/release");
        fs::create_dir_all(&release).unwrap();
        for name in ["chatd", "chatc"] {
            fs::write(release.join(name), "").unwrap();
            fs::set_permissions(release.join(name), fs::Permissions::from_mode(0o755)).unwrap();
        }
        let package = base.join("it's here");
        let shown = |path: &str| format!("'{}/it'\\''s here{path}'", base.display());
        let start = Start { executable: release.join("chatd"), directory: package.clone(), ..Start::default() };
        assert_eq!(start.command("chatc"), shown("/target/release/chatc"), "beside it");
        let cargo = Start { package: Some(package), ..start.clone() };
        assert_eq!(cargo.command("chatc"), "cargo run --release --bin chatc", "the README's own words");
        let elsewhere = Start { directory: base.clone(), ..cargo.clone() };
        let manifest = shown("/Cargo.toml");
        assert_eq!(elsewhere.command("chatc"), format!("cargo run --release --manifest-path {manifest} --bin chatc"));
        let on_path = Start { path: vec![base.clone(), release], ..cargo };
        assert_eq!(on_path.command("chatc"), "chatc");
        fs::remove_file(start.executable.with_file_name("chatc")).unwrap();
        assert_eq!(start.command("chatc"), "chatc", "not built, and nothing better is known");
        fs::remove_dir_all(base).unwrap();
    }
}
