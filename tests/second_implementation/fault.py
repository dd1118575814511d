"""The two ways in which a verification does not succeed. They are never mixed up."""


class Failed(Exception):
    """What was read contradicts the format or the signature."""


class CannotTell(Exception):
    """Something that is needed to decide could not be had, or is not known here."""


def require(condition, message):
    if not condition:
        raise Failed(message)


def within(place, function, *arguments):
    """Calls the function, and says of a problem where it was."""
    try:
        return function(*arguments)
    except (Failed, CannotTell) as problem:
        raise type(problem)(f"{place}: {problem}") from None
