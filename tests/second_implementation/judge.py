"""The verdict of a charter on a record. docs/charter.md: How an access is judged.

True, False and None stand for true, false and unknown: Kleene's strong logic.
"""

import datetime
import tomllib

from fault import Failed, require

ENUMERATIONS = {
    "operation": ["collect", "alter", "query", "disclose", "combine", "erase"],
    "actor_kind": ["human", "system", "ai"],
    "processing": ["raw", "pseudonymised", "aggregated", "anonymous"],
    "outcome": ["granted", "denied", "failed"],
}
# Fields that a rule can look at, by their number in AccessRecord.
TEXTS = {"dataset": 1, "purpose": 3, "activity": 4, "unit": 10, "role": 11, "legal_basis": 13, "national_norm": 14,
         "recipient": 15, "storage_location": 20, "announcement": 21, "approval": 23}
LISTS = {"categories": 16, "other_datasets": 26}
CHOICES = {"operation": 2, "actor_kind": 12, "processing": 17, "outcome": 25}
COUNTS = {"access_count": 8, "record_count": 9}
FLAGS = {"secondary_use": 18, "consideration": 19}
DAYS = {"announced_on": 22, "collected_on": 24}
PRESENCE = {"occurred_until": 7, "confidential_until": 27, "subjects": 32, "actor": 33, "on_behalf_of": 34,
            "record_keys": 35, "justification": 36, "case_number": 37, "query": 38, "client_address": 39,
            "trace_id": 40, "span_id": 41}
LISTED = {"purpose": "purposes", "role": "roles", "recipient": "recipients", "legal_basis": "legal_bases",
          "unit": "units", "operation": "operations", "storage_location": "storage_locations"}
INHERITED = ["purpose", "unit", "role", "legal_basis", "recipient", "storage_location", "actor_kind", "processing",
             "secondary_use", "consideration", "categories", "national_norm", "announcement", "approval", "announced_on"]
MINUTES_A_DAY = 24 * 60
CHARTER, DEVIATES, NOT_VERIFIABLE = VERDICT = 69, 70, 71
HIDES = 44


def both(truths):
    """All of them hold."""
    truths = list(truths)
    return False if False in truths else None if None in truths else True


def opposite(truth):
    return None if truth is None else not truth


def either(truths):
    return opposite(both(opposite(truth) for truth in truths))


def signed(number):
    return number - (1 << 64) if number >= 1 << 63 else number


class Charter:
    """A charter that is right: what it must not say is not looked for here."""

    def __init__(self, text):
        try:
            # Editors write a byte order mark at the beginning.
            said = tomllib.loads(text.removeprefix("\ufeff"))
        except tomllib.TOMLDecodeError as error:
            raise Failed(f"the charter is not TOML: {error}") from None
        self.datasets = {dataset["id"]: dataset for dataset in said.get("dataset", [])}
        self.activities = {activity["id"]: activity for activity in said.get("activity", [])}
        self.commitments = said["commitment"]

    def verdict(self, record):
        """The ids of the commitments that a record deviates from, and of those that can't be verified."""
        hidden = HIDES in record
        case = Case(self, record)
        found = {commitment["id"]: None if hidden else case.keeps(commitment)
                 for commitment in self.commitments if "question" not in commitment}
        return ([name for name, truth in found.items() if truth is False],
                [name for name, truth in found.items() if truth is None])

    def check(self, record):
        """Checks that the verdict that stands in a record is this charter's."""
        deviates, not_verifiable = self.verdict(record)
        stated = record.get(DEVIATES, []), record.get(NOT_VERIFIABLE, [])
        require(stated == (deviates, not_verifiable), f"the record states {stated}, the charter gives "
                                                      f"{(deviates, not_verifiable)}")


class Case:
    """An access before a charter."""

    def __init__(self, charter, record):
        self.day = signed(record.get(6, 0)) // MINUTES_A_DAY
        self.said = {"access_count": 1, "outcome": "granted"} | facts(record)
        names = [self.said.get("dataset"), *self.said.get("other_datasets", [])]
        self.datasets = [charter.datasets.get(name) for name in names]
        activity = charter.activities.get(self.said.get("activity"), {})
        about = activity.get("datasets", [activity.get("dataset")])
        if any(name in about for name in names if name is not None):
            for field in INHERITED:
                if field in activity and field not in self.said:
                    self.said[field] = activity[field]
        personal = either(None if dataset is None else dataset["personal"] != "none" for dataset in self.datasets)
        if personal is not None:
            self.said["personal"] = personal

    def keeps(self, commitment):
        """Whether the access keeps a rule for each of its data sets: if `when`, then `must`, or then not `must_not`."""
        return both(self.keeps_for(commitment, dataset) for dataset in self.datasets)

    def keeps_for(self, commitment, dataset):
        def all_of(key):
            return both(self.holds(dataset, *one) for one in commitment.get(key, {}).items())
        then = all_of("must") if "must" in commitment else opposite(all_of("must_not"))
        return either([opposite(all_of("when")), then])

    def holds(self, dataset, field, condition):
        """Whether a condition on a field holds, where a data set is asked for this one."""
        if field not in self.said:
            return None
        said = self.said[field]
        if not isinstance(condition, dict):
            return said == condition
        (kind, limit), = condition.items()
        if kind == "in":
            return all(item in limit for item in said) if field in LISTS else said in limit
        if kind == "at_most":
            return said <= limit
        if kind in ("not_older_than_days", "days_before_access"):
            return self.age(said) <= limit if kind == "not_older_than_days" else self.age(said) >= limit
        if kind == "present":
            return True
        return None if dataset is None else self.holds_in(dataset, field, kind, said)

    def holds_in(self, dataset, field, kind, said):
        """The same where the limit is that of a data set."""
        key = {"at_most_of_dataset": "record_ceiling", "not_older_than_of_dataset": "keep_days"}.get(kind, LISTED.get(field))
        if key not in dataset:
            return None
        if kind == "at_most_of_dataset":
            return said <= dataset[key]
        return self.age(said) <= dataset[key] if kind == "not_older_than_of_dataset" else said in dataset[key]

    def age(self, day):
        return self.day - (day if isinstance(day, int) else (day - datetime.date(1970, 1, 1)).days)


def facts(record):
    """What a record says, by the names of charters. An empty text says nothing, nor does the number 0 of a choice."""
    said = {name: record[number] for name, number in (TEXTS | LISTS).items() if record.get(number)}
    said |= {name: record[number] for name, number in COUNTS.items() if number in record}
    said |= {name: bool(record[number]) for name, number in FLAGS.items() if number in record}
    said |= {name: signed(record[number]) for name, number in DAYS.items() if number in record}
    said |= {name: True for name, number in PRESENCE.items() if number in record}
    for name, number in CHOICES.items():
        known = ENUMERATIONS[name]
        choice = signed(record.get(number, 0))
        if choice != 0:
            said[name] = known[choice - 1] if 0 < choice <= len(known) else choice
    return said
