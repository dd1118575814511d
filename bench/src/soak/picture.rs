//! A soak as a picture.

use super::{Sample, SoakReport};
use crate::plot::{Line, Panel, Plot};

impl SoakReport {
    /// Memory, latency, throughput and queue over time, as SVG.
    #[must_use]
    pub fn to_svg(&self) -> String {
        let line = |name, of: fn(&Sample) -> Option<f64>| Line {
            name,
            values: self.samples.iter().map(of).collect(),
        };
        let panels = [
            Panel {
                title: "Memory of the service, MB",
                lines: vec![line("resident", |sample| Some(sample.resident_mb))],
            },
            Panel {
                title: "One event a call: milliseconds until it is durable",
                lines: vec![
                    line("p99", |sample| sample.single.p99_ms),
                    line("p50", |sample| sample.single.p50_ms),
                ],
            },
            Panel {
                title: "Batches: milliseconds until they are durable",
                lines: vec![
                    line("p99", |sample| sample.batch.p99_ms),
                    line("p50", |sample| sample.batch.p50_ms),
                ],
            },
            Panel {
                title: "Receipts: milliseconds until they are verified",
                lines: vec![
                    line("p99", |sample| sample.receipt.p99_ms),
                    line("p50", |sample| sample.receipt.p50_ms),
                ],
            },
            Panel {
                title: "Durable acknowledged events a second",
                lines: vec![line("events", |sample| Some(sample.events_per_s))],
            },
            Panel {
                title: "Requests that wait for the writer",
                lines: vec![line("waiting", |sample| Some(sample.queue_depth))],
            },
        ];
        let times_s: Vec<_> = self.samples.iter().map(|sample| sample.at_s).collect();
        Plot {
            title: &format!("A steady load for {}", told(self.plan.lasting.as_secs())),
            description: &self.described(),
            times_s: &times_s,
            panels: &panels,
        }
        .to_svg()
    }

    fn described(&self) -> String {
        let of = |name: &str| self.figures.find(name).map_or(f64::NAN, |summary| summary.median);
        let most = |name: &str| self.figures.find(name).map_or(f64::NAN, |summary| summary.max);
        format!(
            "Six panels over time. Memory: {:.0} MB in the middle, {:.0} MB at most, {:.2} times as \
             much in the last third as in the first. One event a call: half within {:.2} ms, 99 of 100 within \
             {:.2} ms. Batches: {:.2} and {:.2} ms. Receipts: {:.2} and {:.2} ms. {:.0} events a second; at \
             most {:.0} requests waited. Medians of {} samples.",
            of("soak_memory_mb"),
            most("soak_memory_mb"),
            of("soak_memory_growth"),
            of("soak_single_p50_ms"),
            of("soak_single_p99_ms"),
            of("soak_batch_p50_ms"),
            of("soak_batch_p99_ms"),
            of("soak_receipt_p50_ms"),
            of("soak_receipt_p99_ms"),
            of("soak_events_per_s"),
            most("soak_queue_depth"),
            self.samples.len(),
        )
    }
}

fn told(seconds: u64) -> String {
    if seconds >= 120 { format!("{} minutes", seconds / 60) } else { format!("{seconds} seconds") }
}
