//! What a value must look like, whatever it was written in: TOML, the environment, `--set`.

use std::fmt;
use std::net::SocketAddr;

use einsicht_access::limits::check_code;
use einsicht_access::{RetentionClass, SealedField};
use einsicht_tlog::{Hash, Origin};
use rustls_pki_types::DnsName;
use toml::de::DeValue;

use super::error::{Reason, shown};
use super::rules::{DatasetRetention, Hold};
use super::suggest;
use super::{SubjectName, rules};

/// What a key holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One value.
    One(Shape),
    /// A list of values. In the environment and behind `--set`, spaces stand between them.
    Many(Shape),
}

/// What one value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A name of a ledger.
    Origin,
    /// A path; a relative one counts from the folder of the configuration file.
    Path,
    /// An IP address and a port.
    Address,
    /// Yes or no.
    Boolean,
    /// A whole number in a range.
    Integer {
        /// The smallest.
        min: u64,
        /// The largest.
        max: u64,
    },
    /// A code, as in events.
    Code,
    /// A code, or `*`.
    Dataset,
    /// One of [`ROLES`].
    Role,
    /// 64 hexadecimal digits.
    TokenHash,
    /// A name in a certificate.
    SubjectName,
    /// A word of a command. No spaces, so that a list of them is one text elsewhere.
    Word,
    /// A retention class.
    Retention,
    /// A data set and its retention class.
    DatasetRetention,
    /// A month that is held back, or one class of it.
    Hold,
    /// The name of a sealed field.
    SealedField,
}

/// What a caller can be.
pub const ROLES: [&str; 4] = ["recorder", "auditor", "steward", "monitor"];

/// A value that has its shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Origin(Origin),
    Text(String),
    Address(SocketAddr),
    Boolean(bool),
    Integer(u64),
    Hash(Hash),
    SubjectName(SubjectName),
    Retention(RetentionClass),
    DatasetRetention(DatasetRetention),
    Hold(Hold),
    SealedField(SealedField),
}

/// A value as somebody wrote it.
#[derive(Clone, Copy)]
pub(super) enum Raw<'a> {
    /// In the environment, behind `--set`, or as a default.
    Word(&'a str),
    /// In the file.
    Toml(&'a DeValue<'a>),
}

impl Kind {
    /// What it, or each item of it, is.
    #[must_use]
    pub fn shape(self) -> Shape {
        let (Self::One(shape) | Self::Many(shape)) = self;
        shape
    }

    /// The value as TOML. Items of a list are separated by spaces in `text`.
    #[must_use]
    pub fn toml(self, text: &str) -> String {
        let one = |shape: Shape, text: &str| match shape.is_text() {
            true => toml::Value::String(text.to_owned()).to_string(),
            false => text.to_owned(),
        };
        match self {
            Self::One(shape) => one(shape, text),
            Self::Many(shape) => {
                let items: Vec<String> = text.split_whitespace().map(|item| one(shape, item)).collect();
                format!("[{}]", items.join(", "))
            }
        }
    }
}

impl Shape {
    /// Whether a file writes it in quotes.
    #[must_use]
    pub fn is_text(self) -> bool {
        !matches!(self, Self::Boolean | Self::Integer { .. })
    }

    pub(super) fn read(self, raw: Raw<'_>) -> Result<Value, Reason> {
        match raw {
            Raw::Word("") => Err(self.wrong("nothing", "leave it out instead")),
            Raw::Word(word) if word.len() > 1 && word.starts_with('"') && word.ends_with('"') => {
                Err(self.wrong("quotes around it", "write it without quotes; they belong into the file only"))
            }
            Raw::Word("true") if self == Self::Boolean => Ok(Value::Boolean(true)),
            Raw::Word("false") if self == Self::Boolean => Ok(Value::Boolean(false)),
            Raw::Word(digits) if matches!(self, Self::Integer { .. }) => self.integer(digits, 10),
            Raw::Word(text) if self.is_text() => self.text(text),
            Raw::Word(other) => Err(self.wrong(shown(other), "")),
            Raw::Toml(DeValue::Boolean(value)) if self == Self::Boolean => Ok(Value::Boolean(*value)),
            Raw::Toml(DeValue::Integer(value)) if matches!(self, Self::Integer { .. }) => {
                self.integer(value.as_str(), value.radix())
            }
            Raw::Toml(DeValue::String(text)) if self.is_text() => self.text(text),
            Raw::Toml(DeValue::String(_)) => Err(self.wrong("a text", "write it without quotes")),
            Raw::Toml(other) => Err(self.wrong(type_name(other), "")),
        }
    }

    fn integer(self, digits: &str, radix: u32) -> Result<Value, Reason> {
        let Self::Integer { min, max } = self else { return Err(self.wrong("a number", "")) };
        match u64::from_str_radix(digits, radix) {
            Ok(value) if (min..=max).contains(&value) => Ok(Value::Integer(value)),
            _ => Err(self.wrong(shown(digits), "")),
        }
    }

    fn text(self, text: &str) -> Result<Value, Reason> {
        let found = || shown(text);
        match self {
            Self::Origin => {
                Origin::parse(text).map(Value::Origin).map_err(|error| self.wrong(found(), error.to_string()))
            }
            Self::Path if text.is_empty() || text.contains('\0') => Err(self.wrong(found(), "")),
            Self::Address => text.parse().map(Value::Address).map_err(|_| {
                let advice = "write an IP address and a port; names are not looked up";
                self.wrong(
                    found(),
                    if text.parse::<std::net::IpAddr>().is_ok() { "the port is missing" } else { advice },
                )
            }),
            Self::Dataset if text == "*" => Ok(Value::Text(text.to_owned())),
            Self::Code | Self::Dataset => check_code(text)
                .map(|()| Value::Text(text.to_owned()))
                .map_err(|problem| self.wrong(found(), format!("it {problem}"))),
            Self::Role if !ROLES.contains(&text) => {
                let meant = suggest::nearest(text, ROLES);
                Err(self
                    .wrong(found(), meant.map_or(String::new(), |role| format!("did you mean \"{role}\"?"))))
            }
            Self::TokenHash => token_hash(text).map(Value::Hash).ok_or_else(|| {
                let found = format!("a text of {} characters that is not one", text.chars().count());
                self.wrong(found, "write the hash and never the token itself; `einsichtd token` makes both")
            }),
            Self::SubjectName => {
                subject_name(text).map(Value::SubjectName).map_err(|advice| self.wrong(found(), advice))
            }
            Self::Word if text.is_empty() || text.contains(|c: char| c.is_whitespace() || c.is_control()) => {
                Err(self.wrong(found(), "put what needs more into a script of its own"))
            }
            Self::Retention => text.parse().map(Value::Retention).map_err(|_| self.wrong(found(), "")),
            Self::DatasetRetention => rules::dataset_retention(text)
                .map(Value::DatasetRetention)
                .map_err(|advice| self.wrong(found(), advice)),
            Self::Hold => text.parse().map(Value::Hold).map_err(|_| self.wrong(found(), "")),
            Self::SealedField => SealedField::of_name(text).map(Value::SealedField).ok_or_else(|| {
                let meant = suggest::nearest(text, SealedField::ALL.map(SealedField::name));
                self.wrong(found(), meant.map_or(String::new(), |name| format!("did you mean \"{name}\"?")))
            }),
            Self::Path | Self::Role | Self::Word => Ok(Value::Text(text.to_owned())),
            Self::Boolean | Self::Integer { .. } => Err(self.wrong("a text", "write it without quotes")),
        }
    }

    fn wrong(self, found: impl Into<String>, advice: impl Into<String>) -> Reason {
        Reason::Unexpected { expected: self.to_string(), found: found.into(), advice: advice.into() }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Origin => "a name such as \"einsicht.ulm.example/ledger\"",
            Self::Path => "a path",
            Self::Address => "an IP address with a port, such as \"127.0.0.1:7420\" or \"[::1]:7420\"",
            Self::Boolean => "true or false",
            Self::Integer { min, max } if *max == i64::MAX.unsigned_abs() => {
                return write!(f, "a whole number from {min} on");
            }
            Self::Integer { min, max } => return write!(f, "a whole number from {min} to {max}"),
            Self::Code => "a code",
            Self::Dataset => "the code of a data set, or \"*\" for all",
            Self::Role => "\"recorder\", \"auditor\", \"steward\" or \"monitor\"",
            Self::TokenHash => "the SHA-256 of a token: 64 hexadecimal digits",
            Self::SubjectName => "\"dns:NAME\" or \"uri:URI\"",
            Self::Word => "a word of a command, without spaces",
            Self::Retention => {
                "a retention class: \"next-year-end\", or months such as \"P12M\" (P0M to P1200M)"
            }
            Self::DatasetRetention => "a data set with its retention class, such as \"besuchertrend=P12M\"",
            Self::Hold => "a month such as \"2026-11\", or one class of it such as \"2026-11/P12M\"",
            Self::SealedField => "the name of a sealed field, such as \"actor\"",
        })
    }
}

/// The type of a value in words. Never the value.
pub(super) fn type_name(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number that is not whole",
        DeValue::Boolean(true) => "true",
        DeValue::Boolean(false) => "false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

fn token_hash(text: &str) -> Option<Hash> {
    let digits: Option<Vec<u8>> =
        text.chars().map(|digit| digit.to_digit(16).and_then(|digit| digit.try_into().ok())).collect();
    let digits = digits?;
    let bytes: Vec<u8> =
        digits.chunks_exact(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect();
    Hash::from_slice(&bytes).filter(|_| digits.len() == 2 * Hash::BYTES)
}

fn subject_name(text: &str) -> Result<SubjectName, &'static str> {
    if let Some(name) = text.strip_prefix("dns:") {
        // Names are compared with those in certificates, which have neither a dot at the end nor capitals.
        return match DnsName::try_from(name) {
            Ok(_) if !name.ends_with('.') => Ok(SubjectName::Dns(name.to_ascii_lowercase())),
            _ => Err("what follows dns: is not a host name; wildcards are not supported"),
        };
    }
    let Some(uri) = text.strip_prefix("uri:") else {
        return Err("say which kind of name it is: put dns: or uri: before it");
    };
    let is_scheme = |scheme: &str| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    };
    match uri.split_once(':') {
        Some((scheme, rest))
            if is_scheme(scheme) && !rest.is_empty() && uri.bytes().all(|byte| byte.is_ascii_graphic()) =>
        {
            Ok(SubjectName::Uri(uri.to_owned()))
        }
        _ => Err("what follows uri: is not a URI, such as uri:spiffe://ulm.example/recorder"),
    }
}
