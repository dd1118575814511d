//! Periods, days and times as people read them, in the time zone of the city.

use einsicht_access::sentence::Language;

use super::Page;
use super::words::pick;

impl Page<'_> {
    /// The period: `November 2026`. Of a week also its days, for hardly anybody knows weeks by their number.
    pub fn period(&self) -> String {
        let text = &self.doc.about.period;
        let name = period(text, self.language);
        if text.contains('W') { format!("{name}, {}", self.days()) } else { name }
    }

    /// Its days: `26. Oktober bis 1. November 2026`.
    fn days(&self) -> String {
        between(&self.first_day(), &self.last_day(), self.language)
    }

    /// The first day of the period.
    pub fn first_day(&self) -> String {
        self.day(self.figures.scope().span().first_s)
    }

    /// The last day of it.
    pub fn last_day(&self) -> String {
        self.day(self.figures.scope().span().end_s.saturating_sub(1))
    }

    /// When the newest entry was recorded.
    pub fn newest(&self) -> String {
        self.moment(self.figures.newest.0)
    }

    /// The day of that.
    pub fn newest_day(&self) -> String {
        self.day(self.figures.newest.0)
    }

    /// When the ledger began.
    pub fn began(&self) -> String {
        self.moment(self.figures.began_at.0)
    }

    /// The day of that.
    pub fn began_day(&self) -> String {
        self.day(self.figures.began_at.0)
    }

    /// When a charter came into force, by the index of its last entry.
    pub fn in_force_from(&self, index: &u64) -> String {
        let charter = self.figures.charters.iter().find(|in_force| in_force.index.0 == *index);
        charter.map_or(String::new(), |in_force| self.moment(in_force.recorded_at.0))
    }

    /// A day of a file that somebody wrote, `YYYY-MM-DD`.
    pub fn written_day(&self, day: &str) -> String {
        let midnight = format!("{day}T00:00:00Z");
        einsicht_access::period::second_of(&midnight)
            .map_or(day.to_owned(), |second| self.language.day(einsicht_access::Zone::utc().day_of(second)))
    }

    fn day(&self, second: u64) -> String {
        self.language.day(self.figures.scope().zone().day_of(second))
    }

    fn moment(&self, second: u64) -> String {
        let (hour, minute) = self.figures.scope().zone().time_of(second);
        match self.language {
            Language::German => format!("{}, {hour:02}:{minute:02} Uhr", self.day(second)),
            Language::English => format!("{}, {hour:02}:{minute:02}", self.day(second)),
        }
    }
}

/// From a day to another; what both have in common is said once.
fn between(first: &str, last: &str, language: Language) -> String {
    let (mut from, mut to) = (first.split(' ').rev().peekable(), last.split(' ').rev());
    while from.peek().is_some_and(|word| to.next() == Some(word)) {
        from.next();
    }
    let mut from: Vec<_> = from.collect();
    from.reverse();
    format!("{} {} {last}", from.join(" "), pick(language, "bis", "to"))
}

/// A period in words.
fn period(period: &str, language: Language) -> String {
    let german = language == Language::German;
    match period.split_once('-') {
        None if german => format!("Jahr {period}"),
        None => format!("Year {period}"),
        Some((year, rest)) => match (rest.strip_prefix('Q'), rest.strip_prefix('W')) {
            (Some(quarter), _) if german => format!("{quarter}. Quartal {year}"),
            (Some(quarter), _) => format!("Quarter {quarter} of {year}"),
            (_, Some(week)) if german => format!("Kalenderwoche {}/{year}", week.trim_start_matches('0')),
            (_, Some(week)) => format!("Calendar week {}/{year}", week.trim_start_matches('0')),
            _ => month(period, language),
        },
    }
}

/// A month in words: `November 2026`.
pub fn month(month: &str, language: Language) -> String {
    let (year, number) = month.split_once('-').unwrap_or((month, ""));
    format!("{} {year}", language.month(number.parse().unwrap_or_default())).trim_start().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_told_in_words() {
        let told = |text| (period(text, Language::German), period(text, Language::English));
        assert_eq!(told("2026"), ("Jahr 2026".into(), "Year 2026".into()));
        assert_eq!(told("2026-Q4"), ("4. Quartal 2026".into(), "Quarter 4 of 2026".into()));
        assert_eq!(told("2026-W06"), ("Kalenderwoche 6/2026".into(), "Calendar week 6/2026".into()));
        assert_eq!(told("2026-03"), ("März 2026".into(), "March 2026".into()));
    }

    #[test]
    fn of_two_days_a_month_and_a_year_are_said_once_where_they_are_the_same() {
        let told = |first, last| between(first, last, Language::German);
        assert_eq!(told("9. März 2026", "15. März 2026"), "9. bis 15. März 2026");
        assert_eq!(told("26. Oktober 2026", "1. November 2026"), "26. Oktober bis 1. November 2026");
        assert_eq!(told("28. Dezember 2026", "3. Januar 2027"), "28. Dezember 2026 bis 3. Januar 2027");
        assert_eq!(between("9 March 2026", "15 March 2026", Language::English), "9 to 15 March 2026");
    }
}
