//! What people and programmes see. Data goes to standard output, everything else to standard error.

use std::io::{self, IsTerminal as _, Write};

use serde::Serialize;

pub mod escape;
pub mod progress;
pub mod shell;
mod wrap;

/// Standard output. Whoever reads it may go away early (`| head`): see [`unless_closed`].
pub struct Out {
    inner: io::BufWriter<io::Stdout>,
    /// Columns of the terminal that it goes to, if it does.
    columns: Option<usize>,
}

/// Whoever read standard output went away.
#[derive(Debug, thiserror::Error)]
#[error("nobody reads the output any more")]
struct Closed;

/// Emphasis, where it can be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Emphasis {
    /// As it should be.
    Good,
    /// Not as it should be.
    Bad,
    /// Worth a look.
    Look,
    /// A heading.
    Heading,
}

/// Where text goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

impl Out {
    /// Standard output.
    pub fn new() -> Self {
        Self { inner: io::BufWriter::new(io::stdout()), columns: wrap::terminal_columns(Stream::Out) }
    }

    /// A line for people, broken between words where the terminal ends. What stands in it is made safe to show, so
    /// that emphasis belongs in [`Out::styled`] only.
    pub fn line(&mut self, text: &str) -> io::Result<()> {
        let text = wrap::lines(&escape::lines(text), self.columns).into_owned();
        writeln!(self, "{text}")
    }

    /// A line for people, its beginning emphasised.
    pub fn styled(&mut self, emphasis: Emphasis, beginning: &str, rest: &str) -> io::Result<()> {
        let beginning = escape::value(beginning);
        let whole = format!("{beginning}{}", escape::lines(rest));
        let whole = wrap::lines(&whole, self.columns);
        // Longer than a line it is no beginning, and stays plain.
        let rest = whole.strip_prefix(&*beginning);
        let beginning = rest.map(|_| style(Stream::Out, emphasis, &beginning)).unwrap_or_default();
        writeln!(self, "{beginning}{}", rest.unwrap_or(&whole))
    }

    /// A line of JSON.
    pub fn json(&mut self, value: &impl Serialize) -> io::Result<()> {
        let text = serde_json::to_string(value)?;
        writeln!(self, "{}", escape::json(&text))
    }
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.inner.write(bytes).map_err(mark_closed)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush().map_err(mark_closed)
    }
}

/// That nobody reads on is no error: what was asked for was done.
///
/// # Errors
/// Every other one.
pub fn unless_closed(written: io::Result<()>) -> anyhow::Result<bool> {
    match written {
        Ok(()) => Ok(true),
        Err(error) if error.get_ref().is_some_and(|inner| inner.is::<Closed>()) => Ok(false),
        Err(error) => Err(anyhow::Error::new(error).context("the output can't be written")),
    }
}

/// Writes something to standard output in one go.
///
/// # Errors
/// Standard output can't be written to. That it was closed is no error.
pub fn print(write: impl FnOnce(&mut Out) -> io::Result<()>) -> anyhow::Result<()> {
    let mut out = Out::new();
    unless_closed(write(&mut out).and_then(|()| out.flush())).map(drop)
}

/// Writes lines for people to standard error, made safe to show.
pub fn complain(text: &str) {
    let text = escape::lines(text);
    // If even this can't be written, nobody is there to be told.
    let _ = writeln!(io::stderr().lock(), "{}", wrap::lines(&text, wrap::terminal_columns(Stream::Err)));
}

/// As [`complain`], the beginning emphasised.
pub fn complain_styled(emphasis: Emphasis, beginning: &str, rest: &str) {
    let beginning = style(Stream::Err, emphasis, &escape::value(beginning));
    let _ = writeln!(io::stderr().lock(), "{beginning}{}", escape::lines(rest));
}

/// Puts colour around text if the stream is a terminal that wants it (<https://no-color.org>).
pub fn style(stream: Stream, emphasis: Emphasis, text: &str) -> String {
    if !has_colour(stream) {
        return text.to_owned();
    }
    let code = match emphasis {
        Emphasis::Good => "1;32",
        Emphasis::Bad => "1;31",
        Emphasis::Look => "1;33",
        Emphasis::Heading => "1",
    };
    format!("\u{1b}[{code}m{text}\u{1b}[0m")
}

/// Shows warnings of the libraries, such as of a token that goes unencrypted. Not of single attempts:
/// the error at their end tells of them.
pub fn show_warnings(is_quiet: bool) {
    if is_quiet {
        return;
    }
    tracing_subscriber::fmt()
        .with_env_filter("warn,einsicht_client::attempt=error")
        .with_writer(io::stderr)
        .with_ansi(has_colour(Stream::Err))
        .with_target(false)
        .without_time()
        .init();
}

/// A number that people can read: `17,486`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 entry`, `17,486 entries`.
pub fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(number), if number == 1 { one } else { many })
}

/// Whether the stream shows colour.
pub fn has_colour(stream: Stream) -> bool {
    let is_terminal = match stream {
        Stream::Out => io::stdout().is_terminal(),
        Stream::Err => io::stderr().is_terminal(),
    };
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
        || std::env::var_os("TERM").is_some_and(|value| value == "dumb");
    is_terminal && !refused
}

fn mark_closed(error: io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::BrokenPipe { io::Error::new(error.kind(), Closed) } else { error }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        for (number, text) in
            [(0, "0"), (999, "999"), (1000, "1,000"), (17_486, "17,486"), (1_234_567, "1,234,567")]
        {
            assert_eq!(grouped(number), text);
        }
        assert_eq!(counted(1, "entry", "entries"), "1 entry");
        assert_eq!(counted(0, "entry", "entries"), "0 entries");
    }

    #[test]
    fn only_a_reader_that_went_away_is_no_error() {
        let closed = mark_closed(io::Error::from(io::ErrorKind::BrokenPipe));
        assert!(matches!(unless_closed(Err(closed)), Ok(false)));
        assert!(matches!(unless_closed(Ok(())), Ok(true)));
        assert!(unless_closed(Err(io::Error::from(io::ErrorKind::StorageFull))).is_err());
        assert!(unless_closed(Err(io::Error::from(io::ErrorKind::BrokenPipe))).is_err(), "of something else");
    }
}
