//! The report as a page: plain HTML in one file, without scripts or anything from elsewhere, to be read aloud,
//! printed and kept.

use std::fmt::Write as _;

use einsicht_access::field::Rendered;

use super::{Access, AccessReport, Language};
use crate::output::escape;

const STYLE: &str = "\
:root{color-scheme:light dark}\
body{font:1rem/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}\
h1,h2,h3{line-height:1.2}\
table{border-collapse:collapse;width:100%;font-size:.9rem}\
th,td{border:1px solid;padding:.3rem .5rem;text-align:left;vertical-align:top}\
dl{display:grid;grid-template-columns:minmax(9rem,14rem) 1fr;gap:.2rem 1rem;margin:.5rem 0}\
dt{font-weight:600}dd{margin:0;overflow-wrap:anywhere;white-space:pre-line}\
.scroll{overflow-x:auto;margin:1.5rem 0}caption{text-align:left;font-weight:600;padding-bottom:.3rem}\
article{border-top:1px solid;padding-top:.5rem;margin-top:1rem;break-inside:avoid}\
.note{border:2px solid;padding:.5rem 1rem}\
@media (max-width:30rem){dl{grid-template-columns:1fr}dd{margin-bottom:.4rem}}\
@media print{body{max-width:none;margin:0;font-size:10pt}a{color:inherit;text-decoration:none}}";

/// The page in that language.
pub fn page(report: &AccessReport, language: Language) -> String {
    let words = language.words();
    let mut page = Page(String::new());
    let title = text(words.title);
    page.raw(&format!(
        "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>{title} – {}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n",
        language.code(),
        text(&report.origin),
    ));
    if report.simulated {
        page.raw(&format!("<p class=\"note\"><strong>{}</strong></p>\n", text(words.simulated)));
    }
    page.paragraph(words.intro);
    page.raw("<dl>\n");
    page.item(words.ledger, &report.origin);
    page.item(words.made_at, &language.time(&report.made_at));
    page.item(words.verified, &report.size.to_string());
    page.item(words.root, &report.root);
    page.raw("</dl>\n");
    page.raw(&format!("<p><strong>{}</strong></p>\n", text(&language.found(report.accesses.len()))));
    page.untold(report, language);
    page.months(report, language);
    page.heading(words.accesses);
    if report.accesses.is_empty() {
        page.paragraph(words.none);
    }
    for access in &report.accesses {
        page.access(access, language);
    }
    page.heading(words.meaning);
    words.meaning_text.iter().for_each(|paragraph| page.paragraph(paragraph));
    page.raw("</main>\n</body>\n</html>\n");
    page.0
}

struct Page(String);

impl Page {
    /// Markup. Nothing from a ledger goes in here unless it went through [`text`].
    fn raw(&mut self, markup: &str) {
        self.0.push_str(markup);
    }

    fn heading(&mut self, heading: &str) {
        self.raw(&format!("<h2>{}</h2>\n", text(heading)));
    }

    fn paragraph(&mut self, paragraph: &str) {
        self.raw(&format!("<p>{}</p>\n", text(paragraph)));
    }

    fn item(&mut self, name: &str, value: &str) {
        self.raw(&format!("<dt>{}</dt><dd>{}</dd>\n", text(name), text(value)));
    }

    fn untold(&mut self, report: &AccessReport, language: Language) {
        if report.untold.is_empty() {
            return;
        }
        let words = language.words();
        self.raw("<section class=\"note\">\n");
        self.heading(words.untold);
        self.paragraph(words.untold_intro);
        self.raw("<ul>\n");
        for (month, untold) in &report.untold {
            self.raw(&format!("<li>{}</li>\n", text(&language.untold(month, *untold))));
        }
        self.raw("</ul>\n</section>\n");
    }

    fn months(&mut self, report: &AccessReport, language: Language) {
        let words = language.words();
        // On a narrow screen the table is wider than the page: it scrolls by itself, also from the keyboard.
        let label = text(words.months);
        self.raw(&format!("<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{label}\">\n"));
        self.raw(&format!("<table>\n<caption>{label}</caption>\n<thead><tr>"));
        for column in words.month_columns {
            self.raw(&format!("<th scope=\"col\">{}</th>", text(column)));
        }
        self.raw("</tr></thead>\n<tbody>\n");
        for month in &report.months {
            self.raw(&format!("<tr><th scope=\"row\">{}</th>", month.month));
            self.raw(&format!("<td>{}</td>", text(&month.schemes.join(", "))));
            for number in [month.records, month.marked, month.hits, month.hidden] {
                self.raw(&format!("<td>{number}</td>"));
            }
            self.raw("</tr>\n");
        }
        self.raw("</tbody>\n</table>\n</div>\n");
    }

    fn access(&mut self, access: &Access, language: Language) {
        let words = language.words();
        let heading = format!("{} {}: {}", words.entry, access.index, language.time(&access.occurred_at));
        self.raw(&format!("<article>\n<h3>{}</h3>\n<dl>\n", text(&heading)));
        for (name, value) in &access.fields {
            let shown = match value {
                Rendered::List(items) => items.join(", "),
                value if name.starts_with("occurred") => language.time(&value.to_string()),
                value => language.value(name, &value.to_string()).to_owned(),
            };
            self.item(language.field(name), &shown);
        }
        self.item(words.recorded_at, &language.time(&access.recorded_at));
        self.item(words.found_by, &access.schemes.join(", "));
        if let Some(by) = access.opened_by {
            self.item(words.opened_by, &by.to_string());
        }
        for (by, correction, ground) in &access.corrections {
            self.item(&format!("{} {by}", words.corrected_by), &format!("{correction} ({ground})"));
        }
        let files: Vec<_> =
            access.proofs.iter().map(|(index, _)| format!("proofs/{index}.tlog-proof")).collect();
        self.item(words.proof, &files.join(", "));
        self.raw("</dl>\n</article>\n");
    }
}

/// Text as it stands in HTML, in elements and in attributes. What can't be seen is shown as its number.
fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in escape::lines(text).chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // Writing to a string can't fail.
            '\'' => drop(write!(out, "&#39;")),
            other => out.push(other),
        }
    }
    out
}
