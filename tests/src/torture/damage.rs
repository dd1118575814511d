//! Damage at rest: one flipped bit at a time in a data folder, a file of its vault or a key of it cut, gone or
//! exchanged, and who notices it.
//!
//! Each harm is done to a copy of its own. On it the offline check (`fsck`, which is also what the scrub of
//! a running service does), the audit (`einsicht verify`) and a start are run as the library functions that
//! the programs call; for one of each kind, as the programs themselves. What noticed it must be what
//! `docs/faults.md` says.
//!
//! - `original`: the folder that is damaged, and what its ledger answered before
//! - `regions`: what each byte of it is
//! - `harm`: what is done to a file
//! - `checks`: the three checks, as functions
//! - `sealed`: what a ledger that was harmed says of sealed values
//! - `programs`: the three checks, as programs
//! - `page`: the table of `docs/faults.md`

mod checks;
mod harm;
mod original;
mod page;
mod programs;
mod regions;
mod sealed;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use clap::Args;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use tempfile::TempDir;

use super::grouped;
use crate::folder;
use checks::Noticed;
use harm::{Harm, How};
use original::Original;
use page::{Page, Row};
use regions::Region;

/// What is flipped.
#[derive(Debug, Args)]
pub struct DamageArgs {
    /// Bits that are flipped in each kind of region, besides one in each region, and its first and last byte
    #[arg(long, value_name = "N", default_value_t = 12)]
    pub flips: usize,
    /// Flip a bit in every byte of the folder instead; takes hours
    #[arg(long)]
    pub all: bool,
    /// Damage copies of this data folder instead of a new one; it must be at rest
    #[arg(long, value_name = "DIR")]
    pub folder: Option<PathBuf>,
    /// Only what is in files whose path begins with this, such as `state/`
    #[arg(long, value_name = "PATH", default_value = "")]
    pub within: String,
    /// Do not run the programs
    #[arg(long)]
    pub in_process: bool,
    /// The page with the table of who notices what
    #[arg(long, value_name = "FILE", default_value = "docs/faults.md")]
    pub page: PathBuf,
}

/// Runs the trial, and returns its counts.
///
/// # Panics
/// If a flip goes unnoticed and something differs, or something else noticed it than the page says.
#[must_use]
pub fn run(args: &DamageArgs, seed: u64) -> String {
    let original = match &args.folder {
        Some(folder) => Original::of(folder),
        None => Original::make(),
    };
    let regions = regions::of(original.data());
    let kinds = kinds_within(&regions, &args.within);
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut harms: Vec<Harm> =
        kinds.values().flat_map(|regions| choose(regions, args, &mut random)).collect();
    harms.extend(
        harm::of_vault(&original, &mut random).into_iter().filter(|harm| harm.file.starts_with(&args.within)),
    );
    let (mut rows, mut wrong, mut programs) = (BTreeMap::<String, Row>::new(), Vec::new(), 0);
    for harm in &harms {
        let is_first = !rows.contains_key(&harm.kind);
        // Of the token the functions know nothing; the programs read it.
        let is_known = !regions::MAY_DIFFER_UNNOTICED.contains(&harm.kind.as_str());
        let by_programs = is_first && is_known && !args.in_process;
        programs += u64::from(by_programs);
        let row = rows.entry(harm.kind.clone()).or_default();
        // What panics says why; here it is said of which harm.
        match catch_unwind(AssertUnwindSafe(|| look(&original, harm, by_programs))) {
            Ok((noticed, found)) => {
                row.add(&noticed);
                wrong.extend(found);
            }
            Err(_) => wrong.push(format!("{harm}: a check panicked, as said above")),
        }
    }
    let page = Page::read(&args.page);
    wrong.extend(page.differences(&rows, args.within.is_empty()));
    if !wrong.is_empty() {
        let kept = original.keep();
        panic!("{}\nthe folder is kept: --folder {}", wrong.join("\n"), kept.display());
    }
    let flips = harms.iter().filter(|harm| matches!(harm.how, How::Flip { .. })).count() as u64;
    format!(
        "{} bits flipped in {} regions, {} files cut, removed or exchanged, of {} kinds, {programs} also by the \
         programs; none went unnoticed where something differed",
        grouped(flips),
        grouped(kinds.values().map(|regions| regions.len() as u64).sum()),
        grouped(harms.len() as u64 - flips),
        rows.len()
    )
}

/// Runs the checks on a copy, and returns what noticed the harm, and what is wrong.
fn look(original: &Original, harm: &Harm, by_programs: bool) -> (Noticed, Vec<String>) {
    let noticed = checks::run(original, damaged(original, harm).path(), harm);
    let mut wrong: Vec<_> = judge(harm, &noticed).into_iter().collect();
    if by_programs {
        let told = programs::run(damaged(original, harm).path(), harm);
        if told != noticed.told() {
            wrong.push(format!("{harm}: the programs say {told:?}, the functions {noticed:?}"));
        }
    }
    (noticed, wrong)
}

/// The regions by kind, of these files only.
fn kinds_within<'r>(regions: &'r [Region], within: &str) -> BTreeMap<String, Vec<&'r Region>> {
    let mut kinds: BTreeMap<String, Vec<&Region>> = BTreeMap::new();
    for region in regions.iter().filter(|region| region.file.starts_with(within)) {
        match kinds.entry(region.kind.clone()) {
            Entry::Occupied(mut known) => known.get_mut().push(region),
            Entry::Vacant(new) => drop(new.insert(vec![region])),
        }
    }
    kinds
}

/// The first and the last byte of a kind, a byte of each of its regions, and some more; or all of them. Of
/// each byte one bit.
fn choose(regions: &[&Region], args: &DamageArgs, random: &mut ChaCha8Rng) -> Vec<Harm> {
    let every = || regions.iter().flat_map(|region| region.bytes.clone().map(|offset| (*region, offset)));
    let total = every().count();
    let mut chosen = vec![args.all || total <= args.flips; total];
    for position in [0, total - 1] {
        chosen[position] = true;
    }
    let mut first = 0;
    for region in regions {
        let next = first + region.bytes.len();
        chosen[random.random_range(first..next)] = true;
        first = next;
    }
    for _ in 0..args.flips {
        chosen[random.random_range(0..total)] = true;
    }
    let chosen = every().zip(chosen).filter(|(_, chosen)| *chosen);
    let flip = |region: &Region, offset, bit| Harm {
        kind: region.kind.clone(),
        file: region.file.clone(),
        how: How::Flip { offset, bit },
    };
    chosen.map(|((region, offset), _)| flip(region, offset, random.random_range(0..8))).collect()
}

/// A copy to which it was done.
fn damaged(original: &Original, harm: &Harm) -> TempDir {
    let copy = original::scratch();
    folder::copy(original.data(), copy.path());
    harm.inflict(copy.path());
    copy
}

/// What must never be.
fn judge(harm: &Harm, noticed: &Noticed) -> Option<String> {
    if let Some(wrong) = &noticed.wrong {
        return Some(format!("{harm}: {wrong}; {noticed:?}"));
    }
    let unnoticed = !noticed.anybody() && noticed.differs;
    let allowed = regions::MAY_DIFFER_UNNOTICED.contains(&harm.kind.as_str());
    (unnoticed && !allowed).then(|| format!("{harm}: NOBODY noticed, and the file still differs"))
}
