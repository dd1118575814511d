//! A progress bar, for what takes longer than a second.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// What is over sooner needs no bar.
const PATIENCE: Duration = Duration::from_secs(1);

/// A progress bar on standard error, if that is a terminal. Disappears when dropped.
pub struct Progress {
    bar: ProgressBar,
    began: Instant,
    template: &'static str,
    is_quiet: bool,
    is_shown: bool,
}

impl Progress {
    /// A bar of steps that are counted; `what` says what is being done.
    pub fn counting(what: &'static str, is_quiet: bool) -> Self {
        Self::new(what, is_quiet, "{msg} {wide_bar} {human_pos}/{human_len} ({per_sec}, {eta} left)")
    }

    /// A bar of bytes.
    pub fn bytes(what: &'static str, is_quiet: bool) -> Self {
        Self::new(what, is_quiet, "{msg} {wide_bar} {bytes}/{total_bytes} ({bytes_per_sec}, {eta} left)")
    }

    fn new(what: &'static str, is_quiet: bool, template: &'static str) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden()).with_message(what);
        Self { bar, began: Instant::now(), template, is_quiet, is_shown: false }
    }

    /// How far it has come. An unknown total shows what is done only.
    pub fn update(&mut self, done: u64, total: Option<u64>) {
        if let Some(total) = total {
            self.bar.set_length(total);
        }
        self.bar.set_position(done);
        if self.is_shown || self.is_quiet || self.began.elapsed() < PATIENCE {
            return;
        }
        self.is_shown = true;
        let template = if total.is_some() { self.template } else { "{msg} {spinner} {elapsed}" };
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.bar.set_style(style);
        }
        self.bar.set_draw_target(ProgressDrawTarget::stderr());
    }

    /// Shows something without disturbing the bar.
    pub fn suspend<T>(&self, show: impl FnOnce() -> T) -> T {
        self.bar.suspend(show)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
