//! The command line as a whole.

use std::ffi::OsString;

use clap::{CommandFactory as _, FromArgMatches as _, Parser};

use crate::command::Command;
use crate::options::Options;

mod help;

const EXAMPLES: &str = "\
Examples:
  einsicht verify http://127.0.0.1:7420 --vkey ledger.vkey
  einsicht record --dataset parkhaeuser --operation query --purpose verkehrsplanung --role planung
  einsicht list --since 2026-11-01 --dataset parkhaeuser
  einsicht receipt 17 --out 17.tlog-proof

Exit codes:
  0  done; verified, if it was a verification
  1  verification failed
  2  could not tell, or could not be done
  3  an import went through, but some records were rejected";

/// Records accesses to city data, and verifies the ledger without trusting it
#[derive(Debug, Parser)]
#[command(name = "einsicht", version, after_help = EXAMPLES, max_term_width = 100)]
#[command(disable_help_subcommand = true, subcommand_required = true, arg_required_else_help = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// What all commands share.
    #[command(flatten)]
    pub options: Options,
}

impl Cli {
    /// The command line, with help that reads well.
    pub fn laid_out() -> clap::Command {
        help::laid_out(Self::command())
    }

    /// Reads the command line.
    ///
    /// # Errors
    /// What is wrong with it, or the help that was asked for.
    pub fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        let mut command = Self::laid_out();
        let mut matches = command.try_get_matches_from_mut(arguments)?;
        let token_is_typed = is_typed(&matches, "token_file");
        let certificate_is_typed = is_typed(&matches, "cert_file");
        let mut cli = Self::from_arg_matches_mut(&mut matches)?;
        cli.options.token_is_typed = token_is_typed;
        cli.options.certificate_is_typed = certificate_is_typed;
        cli.options.language = Some(cli.command.language());
        Ok(cli)
    }
}

/// Whether an option stands on the command line, rather than in the environment.
fn is_typed(matches: &clap::ArgMatches, option: &str) -> bool {
    let here = matches.try_contains_id(option).unwrap_or(false)
        && matches.value_source(option) == Some(clap::parser::ValueSource::CommandLine);
    here || matches.subcommand().is_some_and(|(_, inner)| is_typed(inner, option))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Cli, clap::Error> {
        Cli::read(line.split(' ').map(OsString::from))
    }

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_explains_itself_with_an_example() {
        fn walk(command: &mut clap::Command, path: &str) -> usize {
            let help = command.render_long_help().to_string();
            if !command.has_subcommands() {
                assert!(help.contains("Example"), "{path} has no example:\n{help}");
            }
            let inner = command.get_subcommands_mut();
            1 + inner
                .map(|inner| walk(inner, &format!("{path} {}", inner.get_name().to_owned())))
                .sum::<usize>()
        }
        assert!(walk(&mut Cli::command(), "einsicht") >= 8);
    }

    #[test]
    fn options_may_stand_before_and_behind_the_command() {
        for line in ["einsicht --vkey k checkpoint", "einsicht checkpoint --vkey k"] {
            assert_eq!(read(line).unwrap().options.vkey.unwrap().to_str(), Some("k"));
        }
    }

    #[test]
    fn a_token_that_was_typed_is_known_as_such() {
        assert!(read("einsicht verify --token-file t http://x").unwrap().options.token_is_typed);
        assert!(read("einsicht --token-file t verify").unwrap().options.token_is_typed);
        assert!(!read("einsicht verify http://x").unwrap().options.token_is_typed);
    }
}
