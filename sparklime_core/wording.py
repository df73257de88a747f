"""Numbers in words, with their units and sensible digits: the same on the pages and in reports."""


def count(number: int, noun: str, plural: str | None = None) -> str:
    """Return "1 row", "1,200 rows"."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def duration(seconds: float) -> str:
    """Return a time span: "0.4 s", "12 s", "3 min 20 s", "1 h 5 min"."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def speed(rows_per_second: float) -> str:
    """Return "12 rows/s", "0.8 rows/s"."""
    digits = 0 if rows_per_second >= 10 else 1
    return f"{rows_per_second:,.{digits}f} rows/s"


def number(value: float) -> str:
    """Return a value with four significant digits at most."""
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.4g}"


def executor_name(executor: str) -> str:
    """Return an executor's name for people: Spark calls the only one of embedded Spark "driver"."""
    return "embedded Spark" if executor == "driver" else f"executor {executor}"
