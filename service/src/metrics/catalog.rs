//! Every metric, in one table: what is exposed is described here, and documented in `docs/watching.md`.

/// One metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// Its name on the page, without the suffixes of a histogram.
    pub name: &'static str,
    /// What kind it is.
    pub kind: Kind,
    /// One line for whoever reads the page.
    pub help: &'static str,
}

/// How a metric behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Counts from 0 since the start.
    Counter,
    /// Shows a state.
    Gauge,
    /// Sorts samples into buckets.
    Histogram,
}

/// All metrics, in the order of the documentation.
pub const METRICS: &[Metric] = &[
    // Does it record?
    gauge("einsicht_recording_stopped", "1 if nothing is recorded any more; the log of the service says why"),
    gauge("einsicht_disk_alarm", "1 while nothing is recorded because the disk has no room for it"),
    gauge("einsicht_clock_alarm", "1 if the last attempt to record was refused because of the clock"),
    gauge("einsicht_clock_seconds", "The wall clock of the service when the page was made, Unix time"),
    gauge("einsicht_tree_size", "Published entries"),
    gauge("einsicht_checkpoint_age_seconds", "Age of the newest checkpoint"),
    gauge("einsicht_queue_depth", "Requests that wait to be placed in a commit"),
    counter(
        "einsicht_submissions_total",
        "Requests to record that reached the writer's queue, or found it full",
    ),
    counter("einsicht_commits_total", "Commits made durable"),
    counter("einsicht_entries_total", "Entries made durable"),
    counter("einsicht_errors_total", "Calls answered with an error, by gRPC code"),
    histogram("einsicht_commit_entries", "Entries per commit"),
    histogram("einsicht_commit_seconds", "Time from placing the first caller to answering the last"),
    histogram("einsicht_sync_seconds", "Time of one fdatasync of the log"),
    // Who comes, and who is turned away?
    counter("einsicht_refused_total", "Requests and events that were not let in, by caller and reason"),
    gauge("einsicht_connections", "Open connections, by listener"),
    counter(
        "einsicht_connections_refused_total",
        "Connections that were not taken, or whose TLS handshake failed, by listener and reason",
    ),
    counter(
        "einsicht_connections_ended_total",
        "Connections that were ended because they did not get on, by listener and reason",
    ),
    gauge("einsicht_certificate_expires_in_seconds", "Until the certificate of a listener ends"),
    counter("einsicht_reloads_total", "Times that the configuration was read again, by outcome"),
    // Is what it keeps sound?
    gauge("einsicht_scrub_faults", "1 if the last pass over the whole log found damage"),
    gauge("einsicht_scrub_checked_entries", "Entries that the pass under way has checked"),
    counter("einsicht_scrub_passes_total", "Passes over the whole log since the start"),
    gauge(
        "einsicht_scrub_last_pass_timestamp_seconds",
        "When the last pass ended, Unix time; 0 before the first",
    ),
    gauge("einsicht_session_store_lag_entries", "Entries that the session store does not reflect yet"),
    counter("einsicht_follower_errors_total", "Failed writes behind the log, by what could not be written"),
    // Does what happens fit the charter?
    counter(
        "einsicht_deviations_total",
        "Accesses that deviate from a commitment of the charter in force, by commitment and severity",
    ),
    // What happens to what is sealed?
    counter("einsicht_disclosures_total", "Disclosures of sealed values, requests for them and view keys"),
    counter("einsicht_erasures_total", "Erasures of sealed values, of single entries or of whole months"),
    counter("einsicht_records_opened_total", "Confidential records that were made public"),
    gauge("einsicht_vault_damages", "Places of the vault that are known to be damaged"),
    counter("einsicht_vault_faults_total", "Calls that failed because of the vault or its keys"),
    counter("einsicht_daily_failures_total", "What the daily run could not do, each time that it tried"),
    gauge(
        "einsicht_daily_last_run_timestamp_seconds",
        "When the daily run last ended, Unix time; 0 before the first",
    ),
    gauge("einsicht_retention_held_classes", "Months and classes that are due, and held back"),
    // Does it have room?
    gauge("einsicht_disk_size_bytes", "Size of the file system of the data folder"),
    gauge("einsicht_disk_free_bytes", "Bytes of it that the service may still use"),
    gauge("einsicht_data_bytes", "Bytes of the files in the data folder, by part"),
    // What runs?
    gauge("einsicht_build_info", "Always 1; the label says which version runs"),
    gauge("process_start_time_seconds", "When the service started, Unix time"),
    counter("process_cpu_seconds_total", "Processor time that the service has used, whole seconds"),
    gauge("process_resident_memory_bytes", "Memory that the service holds"),
    gauge("process_threads", "Threads of the service"),
    gauge("process_open_fds", "Open files and connections of the service"),
    gauge("process_max_fds", "Most of them that the operating system allows"),
];

/// Tells the recorder of this process what each metric is, and lets those begin at 0 whose absence
/// nobody could tell from "nothing happened".
pub(super) fn describe() {
    for metric in METRICS {
        match metric.kind {
            Kind::Counter => metrics::describe_counter!(metric.name, metric.help),
            Kind::Gauge => metrics::describe_gauge!(metric.name, metric.help),
            Kind::Histogram => metrics::describe_histogram!(metric.name, metric.help),
        }
    }
    metrics::counter!("einsicht_submissions_total").absolute(0);
    metrics::counter!("einsicht_commits_total").absolute(0);
    metrics::counter!("einsicht_entries_total").absolute(0);
    metrics::counter!("einsicht_scrub_passes_total").absolute(0);
    for outcome in ["done", "refused"] {
        metrics::counter!("einsicht_reloads_total", "outcome" => outcome).absolute(0);
    }
    metrics::gauge!("einsicht_scrub_last_pass_timestamp_seconds").set(0.0);
    for outcome in ["requested", "shown", "view_keys"] {
        metrics::counter!("einsicht_disclosures_total", "outcome" => outcome).absolute(0);
    }
    for what in ["fields", "month"] {
        metrics::counter!("einsicht_erasures_total", "what" => what).absolute(0);
    }
    metrics::counter!("einsicht_records_opened_total").absolute(0);
    metrics::counter!("einsicht_vault_faults_total").absolute(0);
    metrics::counter!("einsicht_daily_failures_total").absolute(0);
    metrics::gauge!("einsicht_daily_last_run_timestamp_seconds").set(0.0);
    metrics::gauge!("einsicht_retention_held_classes").set(0.0);
    for what in ["checkpoint", "sessions", "watermark"] {
        metrics::counter!("einsicht_follower_errors_total", "what" => what).absolute(0);
    }
}

const fn counter(name: &'static str, help: &'static str) -> Metric {
    Metric { name, kind: Kind::Counter, help }
}

const fn gauge(name: &'static str, help: &'static str) -> Metric {
    Metric { name, kind: Kind::Gauge, help }
}

const fn histogram(name: &'static str, help: &'static str) -> Metric {
    Metric { name, kind: Kind::Histogram, help }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_given_once_and_follow_the_rules_of_prometheus() {
        let mut names = BTreeSet::new();
        for metric in METRICS {
            assert!(names.insert(metric.name), "{} stands here twice", metric.name);
            assert!(metric.name.starts_with("einsicht_") || metric.name.starts_with("process_"));
            let counts = metric.name.ends_with("_total");
            assert_eq!(counts, metric.kind == Kind::Counter, "{}: only counters end in _total", metric.name);
        }
    }
}
