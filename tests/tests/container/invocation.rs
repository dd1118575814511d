//! The programs that the two files start, and whether they know what they are asked.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use einsicht_tests::program;

use crate::compose::{Compose, Service};
use crate::dockerfile::Stage;

/// One program with its arguments, in one of the services.
#[derive(Debug)]
pub struct Invocation<'a> {
    pub service: &'a Service,
    /// As written: with or without its folder.
    pub program: &'a str,
    pub arguments: &'a [String],
}

impl<'a> Invocation<'a> {
    fn new(service: &'a Service, words: &'a [String]) -> Self {
        let (program, arguments) = words.split_first().expect("a program");
        Self { service, program, arguments }
    }

    /// What the service runs: the image's `ENTRYPOINT` and `CMD` unless it says otherwise.
    pub fn main(service: &'a Service, image: &'a Stage) -> Self {
        let entrypoint = service.entrypoint.as_deref().unwrap_or_else(|| image.last("ENTRYPOINT"));
        // Who replaces the entry point also loses the image's arguments.
        let inherited = if service.entrypoint.is_some() { &[] } else { image.last("CMD") };
        let arguments = service.command.as_deref().unwrap_or(inherited);
        let [program] = entrypoint else { panic!("not one program: {entrypoint:?}") };
        Self { service, program, arguments }
    }

    pub fn health_check(service: &'a Service) -> Option<Self> {
        let (form, words) = service.healthcheck.as_ref()?.test.split_first()?;
        assert_eq!(form, "CMD", "the image has no shell");
        Some(Self::new(service, words))
    }

    /// What a recommended `docker compose run … SERVICE [ARGUMENTS]` starts: the arguments stand in place
    /// of the service's own.
    pub fn recommended(compose: &'a Compose, image: &'a Stage, command: &'a [String]) -> Option<Self> {
        let rest = command.strip_prefix(&["run".to_owned()])?;
        let position = rest.iter().position(|word| !word.starts_with('-'))?;
        let (service, arguments) = rest[position..].split_first()?;
        let main = Self::main(&compose.services[service], image);
        Some(if arguments.is_empty() { main } else { Self { arguments, ..main } })
    }

    /// Name of the program, without its folder.
    pub fn name(&self) -> &'a str {
        self.program.rsplit('/').next().unwrap_or(self.program)
    }

    /// The value that follows `flag`.
    pub fn value(&self, flag: &str) -> Option<&'a str> {
        let position = self.arguments.iter().position(|argument| argument == flag)?;
        self.arguments.get(position + 1).map(String::as_str)
    }

    /// Fails unless the program has the subcommand and the flags. Returns the variables of the service's
    /// environment that the subcommand reads.
    pub fn check(&self) -> BTreeSet<&'a str> {
        let subcommand = self.arguments.first().expect("a subcommand");
        assert!(help(self.name(), &[]).contains(subcommand), "{} has no command {subcommand}", self.name());
        let known = help(self.name(), &[subcommand]);
        for flag in self.arguments.iter().filter(|argument| argument.starts_with("--")) {
            let flag = flag.split_once('=').map_or(flag.as_str(), |(flag, _)| flag);
            assert!(known.contains(flag), "{} {subcommand} has no flag {flag}", self.name());
        }
        self.service.environment.keys().map(String::as_str).filter(|name| known.contains(*name)).collect()
    }

    /// Ready to run on this machine: `translate` says what a word of the container is here.
    pub fn command(&self, translate: impl Fn(&str) -> String) -> Command {
        let environment: BTreeMap<_, _> =
            self.service.environment.iter().map(|(name, value)| (name, translate(value))).collect();
        let mut command = Command::new(program(self.name()).unwrap_or_else(|error| panic!("{error}")));
        command.env_clear().envs(environment).args(self.arguments.iter().map(|word| translate(word)));
        command
    }
}

/// The words of the help of a program or subcommand: names of commands, flags and variables among them.
fn help(name: &str, subcommand: &[&str]) -> BTreeSet<String> {
    let path = program(name).unwrap_or_else(|error| panic!("{error}"));
    let output = Command::new(&path).args(subcommand).arg("--help").output().expect("it starts");
    assert!(output.status.success(), "{name} {subcommand:?} --help: {}", output.status);
    String::from_utf8(output.stdout)
        .expect("UTF-8")
        .split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-' && letter != '_')
        .map(str::to_owned)
        .collect()
}
