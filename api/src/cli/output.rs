//! Standard output for subcommands: a closed pipe is a failure to report, never a panic.

use std::{
    fmt,
    io::{BufWriter, Stdout, Write},
};

use serde::Serialize;

use super::Failure;

/// Buffered standard output.
pub struct Output {
    writer: BufWriter<Stdout>,
}

impl Output {
    pub fn stdout() -> Self {
        Self {
            writer: BufWriter::new(std::io::stdout()),
        }
    }

    /// Prints one line.
    pub fn line(&mut self, text: impl fmt::Display) -> Result<(), Failure> {
        writeln!(self.writer, "{text}").map_err(Failure::output)
    }

    /// Prints a value as one JSON document.
    pub fn json(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        serde_json::to_writer_pretty(&mut self.writer, value).map_err(|error| Failure::output(error.into()))?;
        self.line("")
    }

    /// Makes what was printed visible now.
    pub fn flush(&mut self) -> Result<(), Failure> {
        self.writer.flush().map_err(Failure::output)
    }
}
