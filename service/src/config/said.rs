//! What was said, by key, before it becomes a [`Config`](super::Config).

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::num::NonZeroU32;

use einsicht_access::SealedField;
use einsicht_tlog::{Hash, Origin};

use super::error::{Place, Problem, Reason};
use super::key::{Key, Presence};
use super::rules::{DatasetRetention, Hold};
use super::value::{Raw, Value};
use super::{RetentionClass, SubjectName};

/// Problems that are listed; more are counted.
const PROBLEMS_MAX: usize = 100;

/// What is wrong so far.
#[derive(Debug, Default)]
pub(super) struct Problems {
    pub listed: Vec<Problem>,
    pub further: usize,
}

impl Problems {
    pub fn add(&mut self, place: Option<Place>, key: impl Into<String>, reason: Reason) {
        if !self.is_full() {
            self.listed.push(Problem { place, key: key.into(), reason });
        } else {
            self.further += 1;
        }
    }

    /// Whether further problems are only counted.
    pub fn is_full(&self) -> bool {
        self.listed.len() >= PROBLEMS_MAX
    }

    pub fn is_empty(&self) -> bool {
        self.listed.is_empty()
    }
}

/// The values of one table of keys, each with its place.
#[derive(Debug, Default)]
pub(super) struct Said {
    values: BTreeMap<&'static str, (Vec<Value>, Place)>,
    /// Keys with a value that was refused, or that were probably meant by an unknown one: they are not
    /// reported as missing as well.
    refused: BTreeSet<&'static str>,
}

impl Said {
    pub fn put(&mut self, key: &Key, values: Vec<Value>, place: Place) {
        self.values.insert(key.name, (values, place));
    }

    pub fn refuse(&mut self, key: &Key) {
        self.refused.insert(key.name);
    }

    /// A key, or all keys of a table, that somebody probably meant by an unknown one.
    pub fn refuse_meant(&mut self, keys: &'static [Key], meant: &str) {
        let keys = keys.iter().map(|key| key.name);
        self.refused.extend(keys.filter(|name| *name == meant || is_in_table(name, meant)));
    }

    /// Whether somebody set it, rightly or wrongly.
    pub fn is_said(&self, name: &str) -> bool {
        self.refused.contains(name) || self.place(name).is_some_and(|place| *place != Place::Default)
    }

    /// Whether it is set to a list of nothing.
    pub fn is_empty_list(&self, name: &str) -> bool {
        self.values(name).is_some_and(<[Value]>::is_empty)
    }

    /// Whether somebody set anything of a table.
    pub fn is_table_said(&self, table: &str) -> bool {
        let mut names = self.values.keys().chain(&self.refused);
        names.any(|name| name.rsplit_once('.').is_some_and(|(of, _)| of == table) && self.is_said(name))
    }

    pub fn place(&self, name: &str) -> Option<&Place> {
        self.values.get(name).map(|(_, place)| place)
    }

    pub fn places(&self) -> BTreeMap<&'static str, Place> {
        self.values.iter().map(|(name, (_, place))| (*name, place.clone())).collect()
    }

    /// Adds the defaults, and reports what is missing. `owner` and `remedy` tell whose and what to do.
    pub fn complete(&mut self, keys: &'static [Key], missing: &Missing<'_>, problems: &mut Problems) {
        for key in keys {
            if self.values.contains_key(key.name) || self.refused.contains(key.name) {
                continue;
            }
            match key.presence {
                Presence::Default(default) => match key.kind.shape().read(Raw::Word(default)) {
                    Ok(value) => self.put(key, vec![value], Place::Default),
                    Err(reason) => problems.add(Some(Place::Default), key.name, reason),
                },
                Presence::Required => missing.report(key, problems),
                Presence::RequiredInItsTable if self.is_table_said(key.table_and_name().0) => {
                    missing.report(key, problems);
                }
                Presence::RequiredInItsTable | Presence::Optional => {}
            }
        }
    }

    fn values(&self, name: &str) -> Option<&[Value]> {
        self.values.get(name).map(|(values, _)| values.as_slice())
    }

    pub fn origin(&self, name: &str) -> Option<&Origin> {
        match self.values(name) {
            Some([Value::Origin(origin)]) => Some(origin),
            _ => None,
        }
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        match self.values(name) {
            Some([Value::Text(text)]) => Some(text),
            _ => None,
        }
    }

    pub fn address(&self, name: &str) -> Option<SocketAddr> {
        match self.values(name) {
            Some([Value::Address(address)]) => Some(*address),
            _ => None,
        }
    }

    pub fn boolean(&self, name: &str) -> Option<bool> {
        match self.values(name) {
            Some([Value::Boolean(value)]) => Some(*value),
            _ => None,
        }
    }

    /// A whole number, as the type that is needed.
    pub fn integer<N: TryFrom<u64>>(&self, name: &str) -> Option<N> {
        match self.values(name) {
            Some([Value::Integer(value)]) => (*value).try_into().ok(),
            _ => None,
        }
    }

    /// A whole number from 1 on.
    pub fn rate(&self, name: &str) -> Option<NonZeroU32> {
        self.integer(name).and_then(NonZeroU32::new)
    }

    pub fn texts(&self, name: &str) -> Vec<String> {
        self.items(name, |value| match value {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        })
    }

    pub fn hashes(&self, name: &str) -> Vec<Hash> {
        self.items(name, |value| match value {
            Value::Hash(hash) => Some(*hash),
            _ => None,
        })
    }

    pub fn subject_names(&self, name: &str) -> Vec<SubjectName> {
        self.items(name, |value| match value {
            Value::SubjectName(name) => Some(name.clone()),
            _ => None,
        })
    }

    pub fn retention(&self, name: &str) -> Option<RetentionClass> {
        match self.values(name) {
            Some([Value::Retention(class)]) => Some(*class),
            _ => None,
        }
    }

    pub fn dataset_retentions(&self, name: &str) -> Vec<DatasetRetention> {
        self.items(name, |value| match value {
            Value::DatasetRetention(item) => Some(item.clone()),
            _ => None,
        })
    }

    pub fn holds(&self, name: &str) -> Vec<Hold> {
        self.items(name, |value| match value {
            Value::Hold(hold) => Some(*hold),
            _ => None,
        })
    }

    pub fn sealed_fields(&self, name: &str) -> Vec<SealedField> {
        self.items(name, |value| match value {
            Value::SealedField(field) => Some(*field),
            _ => None,
        })
    }

    fn items<T>(&self, name: &str, item: impl Fn(&Value) -> Option<T>) -> Vec<T> {
        self.values(name).unwrap_or_default().iter().filter_map(item).collect()
    }
}

/// How a missing key is told.
pub(super) struct Missing<'a> {
    /// The table of a caller that it should be in; `None` for what everybody shares.
    pub caller: Option<(&'a str, &'a Place)>,
}

impl Missing<'_> {
    fn report(&self, key: &Key, problems: &mut Problems) {
        let line = key.toml_line(key.example);
        match self.caller {
            Some((label, place)) => {
                let advice = format!("add for example {line}");
                problems.add(
                    Some(place.clone()),
                    format!("{label}: {}", key.name),
                    Reason::Missing { advice },
                );
            }
            None => {
                let (table, _) = key.table_and_name();
                let advice = format!("add to [{table}] for example {line}, or set {}", key.variable());
                problems.add(None, key.name, Reason::Missing { advice });
            }
        }
    }
}

/// Whether `table`, or a table in it, holds the key.
pub(super) fn is_in_table(key: &str, table: &str) -> bool {
    key.strip_prefix(table).is_some_and(|rest| rest.starts_with('.'))
}
