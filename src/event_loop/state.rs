//! What is kept from one start of the daemon to the next.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::PathBuf;

use super::private;

/// A directory with a file of bans.
#[derive(Debug)]
pub(super) struct StateDir(PathBuf);

impl StateDir {
    pub(super) fn new(directory: PathBuf) -> Self {
        Self(directory)
    }

    pub(super) fn bans_path(&self) -> PathBuf {
        self.0.join("bans")
    }

    /// The bans' text; `None` when there is none yet. Bytes that are not UTF-8 come as U+FFFD.
    pub(super) fn read_bans(&self) -> io::Result<Option<String>> {
        if self.0.as_os_str().is_empty() {
            return Err(io::Error::new(ErrorKind::InvalidInput, "the directory's name is empty"));
        }
        private::create_directories(&self.0)?;
        match fs::read(self.bans_path()) {
            Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Replaces the bans' text as a whole: a crash leaves the old one or the new one.
    pub(super) fn write_bans(&self, text: &str) -> io::Result<()> {
        let new = self.0.join("bans.new");
        let mut file = private::create_file(&new)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(new, self.bans_path())?;
        File::open(&self.0)?.sync_all()
    }

    /// Moves a damaged file out of the way; says where to.
    pub(super) fn set_bans_aside(&self) -> io::Result<PathBuf> {
        let aside = self.0.join("bans.damaged");
        fs::rename(self.bans_path(), &aside)?;
        Ok(aside)
    }
}
