"""Tests of the recomputation of reports: periods, and cells that hide.

    python3 -m unittest discover tests/second_implementation
"""

import datetime
import tempfile
import unittest
from pathlib import Path

import report
from fault import CannotTell, Failed

RECORDS = [{1: "a", 2: 3, 3: "x", 70: ["C-1"]}] * 4 + [{1: "b", 2: 3, 3: "=y", 8: 10}] * 7


class PeriodTest(unittest.TestCase):
    def test_periods_are_whole_days_of_the_calendar(self):
        date = datetime.date
        for period, first, end in [
            ("2026", date(2026, 1, 1), date(2027, 1, 1)), ("2026-Q4", date(2026, 10, 1), date(2027, 1, 1)),
            ("2026-12", date(2026, 12, 1), date(2027, 1, 1)), ("2026-02", date(2026, 2, 1), date(2026, 3, 1)),
            ("2026-W53", date(2026, 12, 28), date(2027, 1, 4)), ("2027-W01", date(2027, 1, 4), date(2027, 1, 11)),
        ]:
            self.assertEqual(report.days_of(period), (first, end), period)
        for none in ["2026-Q5", "2026-1", "November", "2026-W1", "2026-11 "]:
            with self.assertRaises(Failed):
                report.days_of(none)

    def test_a_period_begins_at_midnight_in_its_time_zone(self):
        manifest = {"period": "2026-10", "time_zone": "Europe/Berlin", "first_instant": "2026-09-30T22:00:00Z",
                    "end_instant": "2026-10-31T23:00:00Z"}
        first, end = report.instants(manifest)
        self.assertEqual(end - first, 31 * 86_400 + 3600, "one hour came twice")
        with self.assertRaises(Failed):
            report.instants({**manifest, "end_instant": "2026-10-31T22:00:00Z"})
        with self.assertRaises(CannotTell):
            report.instants({**manifest, "time_zone": "Europe/Nowhere"})


class SheetTest(unittest.TestCase):
    def check(self, text, records=RECORDS):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "csv").mkdir()
            Path(folder, "csv", "by_purpose.csv").write_text(text)
            return report.check_sheet(Path(folder), "by_purpose", 3, None, records)

    def test_figures_are_compared_and_hidden_ones_are_as_small_as_they_say(self):
        self.assertEqual(self.check("purpose,records,accesses\r\nx,4,4\r\n'=y,7,70\r\n"), 4)
        self.assertEqual(self.check("purpose,records,accesses\nx,<5,hidden\n'=y,7,hidden\n"), 2)
        for wrong in ["x,4,4\n'=y,7,71\n", "x,<4,4\n'=y,7,70\n", "x,4,4\n", "x,4,4\n'=y,7,70\nz,0,0\n"]:
            with self.assertRaises(Failed, msg=wrong):
                self.check("purpose,records,accesses\n" + wrong)

    def test_deviations_are_counted_from_the_records(self):
        with tempfile.TemporaryDirectory() as folder:
            sheet = Path(folder, "csv", "commitments.csv")
            sheet.parent.mkdir()
            sheet.write_text("commitment,deviates,not_verifiable\nC-1,4,0\nC-2,0,0\n")
            self.assertEqual(report.check_commitments(Path(folder), RECORDS), 4)
            for wrong in ["C-1,3,0\n", "C-1,4,1\n", "C-2,0,0\n"]:
                sheet.write_text("commitment,deviates,not_verifiable\n" + wrong)
                with self.assertRaises(Failed, msg=wrong):
                    report.check_commitments(Path(folder), RECORDS)


if __name__ == "__main__":
    unittest.main()
