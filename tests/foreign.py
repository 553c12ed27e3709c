"""A global that is on no list of allowed ones; where it is called it leaves a note here, and nothing else happens."""

CALLS: list[tuple[object, ...]] = []


def mark(*arguments: object) -> None:
    """Note that this ran."""
    CALLS.append(arguments)


class Foreign:
    """Pickled as a call of `mark`."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return mark, ("called",)


class Outer:
    """Holds a class, which pickles before protocol 4 look up by getattr."""

    class Inner:
        """Pickled by its name."""
