//! The real binary in a directory of its own.

use std::{
    path::Path,
    process::{Command, Output, Stdio},
};

use tempfile::TempDir;

/// A directory in which `alforis` runs with its default file names, away from the caller's environment.
pub(crate) struct Workplace {
    directory: TempDir,
    /// Variables of the environment in which the binary runs.
    settings: Vec<(&'static str, String)>,
}

impl Default for Workplace {
    fn default() -> Self {
        Self::new()
    }
}

impl Workplace {
    pub(crate) fn new() -> Self {
        Self {
            directory: tempfile::tempdir().expect("a temporary directory"),
            settings: Vec::new(),
        }
    }

    /// One whose journal and views are a PostgreSQL database.
    pub(crate) fn on_database(url: &str) -> Self {
        Self {
            settings: vec![("ALFORIS_JOURNAL", url.to_owned()), ("ALFORIS_VIEWS", url.to_owned())],
            ..Self::new()
        }
    }

    /// The same, with one more variable.
    pub(crate) fn with(mut self, variable: &'static str, value: &str) -> Self {
        self.settings.push((variable, value.to_owned()));
        self
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// The binary, ready to be given arguments: the one that was built with the tests, or `ALFORIS_TEST_BINARY`.
    pub(crate) fn command(&self) -> Command {
        let other = std::env::var_os("ALFORIS_TEST_BINARY");
        let mut command = Command::new(other.unwrap_or_else(|| env!("CARGO_BIN_EXE_alforis").into()));
        command.current_dir(self.path()).stdin(Stdio::null());
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("ALFORIS_") {
                command.env_remove(name);
            }
        }
        for (name, value) in &self.settings {
            command.env(name, value);
        }
        command
    }

    /// Runs the binary to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        Ran::from(self.command().args(arguments).output().expect("the binary starts"))
    }
}

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}
