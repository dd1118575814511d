//! Times as logs write them, made into the one spelling that events take (RFC 3339).

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;

/// How a log writes its times.
#[derive(Debug, Clone)]
pub enum TimeFormat {
    /// Seconds since 1970, maybe with a fraction.
    Unix,
    /// Milliseconds since 1970.
    UnixMilliseconds,
    /// Like `%d/%b/%Y:%H:%M:%S %z`; the zone is for formats that do not hold one.
    Pattern {
        /// The format, as `strptime` has it.
        format: String,
        /// The zone that the times are in.
        zone: Option<TimeZone>,
    },
}

/// Why a time format can't be used.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    /// A conversion that does not exist.
    #[error("the time format can't be read: {0}")]
    Format(jiff::Error),
    /// Neither the format nor the mapping says which zone times are in.
    #[error(
        "say which zone the times are in: zone = \"UTC\" or \"Europe/Berlin\" (or put %z into the format)"
    )]
    NoZone,
    /// The format has the zone, and the mapping too.
    #[error("the format holds the zone of each time already: leave 'zone' out")]
    TwoZones,
    /// A zone that nobody knows.
    #[error("there is no time zone of that name; zones are called UTC, Europe/Berlin and the like")]
    UnknownZone,
    /// The format leaves the day open.
    #[error("the format does not hold a whole day (year, month and day)")]
    NoDay,
}

impl TimeFormat {
    /// Reads a format for times: `unix`, `unix-ms` or a `strptime` format.
    ///
    /// # Errors
    /// [`FormatError`].
    pub fn of_times(format: &str, zone: Option<&str>) -> Result<Self, FormatError> {
        let zone = zone.map(|name| TimeZone::get(name).map_err(|_| FormatError::UnknownZone)).transpose()?;
        match format {
            "unix" | "unix-ms" if zone.is_some() => Err(FormatError::TwoZones),
            "unix" => Ok(Self::Unix),
            "unix-ms" => Ok(Self::UnixMilliseconds),
            _ => {
                let sample = sample(format)?;
                let has_zone = sample.to_timestamp().is_ok();
                match (has_zone, &zone) {
                    (false, _) if sample.to_datetime().is_err() => Err(FormatError::NoDay),
                    (true, Some(_)) => Err(FormatError::TwoZones),
                    (false, None) => Err(FormatError::NoZone),
                    _ => Ok(Self::Pattern { format: format.to_owned(), zone }),
                }
            }
        }
    }

    /// Reads a format for days.
    ///
    /// # Errors
    /// [`FormatError`].
    pub fn of_days(format: &str) -> Result<Self, FormatError> {
        match sample(format)?.to_date() {
            Ok(_) => Ok(Self::Pattern { format: format.to_owned(), zone: None }),
            Err(_) => Err(FormatError::NoDay),
        }
    }

    /// A time in RFC 3339, or `None` if the text is not one in this format. A time that a clock change
    /// skips or repeats counts as jiff's "compatible" says: the later, the earlier.
    pub fn time(&self, text: &str) -> Option<String> {
        self.timestamp(text).map(|time| time.to_string())
    }

    /// A day as `YYYY-MM-DD`, or `None` if the text is not one in this format.
    pub fn day(&self, text: &str) -> Option<String> {
        match self {
            Self::Pattern { format, .. } => {
                Some(strtime::parse(format, text).ok()?.to_date().ok()?.to_string())
            }
            Self::Unix | Self::UnixMilliseconds => None,
        }
    }

    fn timestamp(&self, text: &str) -> Option<Timestamp> {
        match self {
            Self::Unix => unix(text),
            Self::UnixMilliseconds => Timestamp::from_millisecond(text.parse().ok()?).ok(),
            Self::Pattern { format, zone: None } => strtime::parse(format, text).ok()?.to_timestamp().ok(),
            Self::Pattern { format, zone: Some(zone) } => {
                let local: DateTime = strtime::parse(format, text).ok()?.to_datetime().ok()?;
                Some(zone.to_ambiguous_zoned(local).compatible().ok()?.timestamp())
            }
        }
    }
}

/// What can be read back of a time that was written in the format: tells bad formats, and what the
/// good ones hold.
fn sample(format: &str) -> Result<strtime::BrokenDownTime, FormatError> {
    let written = strtime::format(format, &Timestamp::UNIX_EPOCH.to_zoned(TimeZone::UTC));
    strtime::parse(format, written.map_err(FormatError::Format)?).map_err(FormatError::Format)
}

/// Seconds with up to nine digits of fraction. Not through floating point: it would change them.
fn unix(text: &str) -> Option<Timestamp> {
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let is_number = !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit());
    let nanoseconds: i32 = format!("{fraction:0<9.9}").parse().ok().filter(|_| is_number)?;
    let nanoseconds = if seconds.starts_with('-') { -nanoseconds } else { nanoseconds };
    Timestamp::new(seconds.parse().ok()?, nanoseconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(format: &str, zone: Option<&str>, text: &str) -> Option<String> {
        TimeFormat::of_times(format, zone).unwrap().time(text)
    }

    #[test]
    fn times_of_logs_become_rfc_3339() {
        let apache = "%d/%b/%Y:%H:%M:%S %z";
        assert_eq!(time(apache, None, "10/Oct/2000:13:55:36 -0700").as_deref(), Some("2000-10-10T20:55:36Z"));
        let plain = "%Y-%m-%d %H:%M:%S";
        assert_eq!(time(plain, Some("UTC"), "2017-01-01 00:00:03").as_deref(), Some("2017-01-01T00:00:03Z"));
        let german = "%d.%m.%Y %H:%M";
        assert_eq!(
            time(german, Some("Europe/Berlin"), "22.11.2026 17:39").as_deref(),
            Some("2026-11-22T16:39:00Z")
        );
        assert_eq!(time("unix", None, "1795365547.25").as_deref(), Some("2026-11-22T16:39:07.25Z"));
        assert_eq!(time("unix-ms", None, "1795365547250").as_deref(), Some("2026-11-22T16:39:07.25Z"));
        assert_eq!(time("%s", None, "1795365547").as_deref(), Some("2026-11-22T16:39:07Z"));
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in ["", "yesterday", "2017-02-30 00:00:00", "2017-01-01 00:00:03 and more"] {
            assert_eq!(time("%Y-%m-%d %H:%M:%S", Some("UTC"), text), None, "{text}");
        }
        for text in ["", "x", "1.", "1.x", "99999999999999999"] {
            assert_eq!(time("unix", None, text), None, "{text}");
        }
    }

    #[test]
    fn a_repeated_hour_counts_as_the_earlier_and_a_skipped_one_as_the_later() {
        let berlin = |text| time("%Y-%m-%d %H:%M", Some("Europe/Berlin"), text).unwrap();
        assert_eq!(berlin("2026-10-25 02:30"), "2026-10-25T00:30:00Z");
        assert_eq!(berlin("2026-03-29 02:30"), "2026-03-29T01:30:00Z");
    }

    #[test]
    fn a_format_must_say_which_zone_once() {
        let refused = |format, zone| TimeFormat::of_times(format, zone).unwrap_err();
        assert!(matches!(refused("%Y-%m-%d %H:%M", None), FormatError::NoZone));
        assert!(matches!(refused("%Y-%m-%d %H:%M %z", Some("UTC")), FormatError::TwoZones));
        assert!(matches!(refused("unix", Some("UTC")), FormatError::TwoZones));
        assert!(matches!(refused("%Y", Some("Ulm")), FormatError::UnknownZone));
        assert!(matches!(refused("%H:%M", Some("UTC")), FormatError::NoDay));
        assert!(matches!(refused("%Y-%!", Some("UTC")), FormatError::Format(_)));
    }

    #[test]
    fn days_are_read_in_their_format() {
        let german = TimeFormat::of_days("%d.%m.%Y").unwrap();
        assert_eq!(german.day("08.10.2020").as_deref(), Some("2020-10-08"));
        assert_eq!(german.day("2020-10-08"), None);
        assert!(matches!(TimeFormat::of_days("%d.%m.").unwrap_err(), FormatError::NoDay));
    }
}
