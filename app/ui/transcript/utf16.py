"""Qt counts text in UTF-16 units, Python in characters; they part ways at the first emoji."""


def units(text: str) -> int:
    """How many units Qt counts in this text."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def characters(text: str, unit_count: int) -> int:
    """How many characters of the text lie before this unit."""
    return len(text.encode("utf-16-le", "surrogatepass")[: 2 * unit_count].decode("utf-16-le", "ignore"))
