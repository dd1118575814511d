"""Runs checks over lists of test vectors."""

from fault import CannotTell, Failed, require, within

VERIFIED, FAILED, COULD_NOT_TELL = 0, 1, 2


def each(vectors, check):
    """Runs a check on each vector; returns how many."""
    for position, vector in enumerate(vectors):
        within(f"vector {position} ({vector.get('name', 'no name')})", check, vector)
    return len(vectors)


def each_refused(vectors, check):
    """The same for vectors that must fail."""
    def refuse(vector):
        try:
            check(vector)
        except Failed:
            return
        raise Failed(f"accepted, although {vector['reason']}")
    return each(vectors, refuse)


def each_ends(vectors, check):
    """The same for vectors that say whether they must fail, or can't be told, or hold."""
    def ends(vector):
        found, expected = outcome(check, vector), vector["outcome"]
        require(found != VERIFIED or expected == VERIFIED, f"accepted, although it ends with {expected}")
        equal(found, expected)
    return each(vectors, ends)


def outcome(check, vector):
    try:
        check(vector)
    except Failed:
        return FAILED
    except CannotTell:
        return COULD_NOT_TELL
    return VERIFIED


def equal(found, *expected):
    require(found == (expected if len(expected) > 1 else expected[0]), f"found {found}, expected {expected}")


def hexes(values):
    return [bytes.fromhex(value) for value in values]
