//! Import of the log of another programme, record by record: reading ([`input`]), mapping
//! ([`mapping`]), and what makes a repeated import add nothing ([`identity`], [`known`]).

pub mod identity;
pub mod input;
pub mod known;
pub mod line;
pub mod mapping;
mod pattern;
pub mod read;
mod rule;
pub mod send;
pub mod tally;
pub mod template;
mod time;
