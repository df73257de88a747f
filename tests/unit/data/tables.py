"""Small tables as bytes, and their columns' reports."""


def csv(**columns):
    names = list(columns)
    lines = [",".join(names), *(",".join(map(str, row)) for row in zip(*columns.values(), strict=True))]
    return "\n".join(lines).encode()


def report(dataset, name):
    return next(column for column in dataset.report.columns if column.name == name)


def mixed(rows=60):
    return csv(
        id=range(1000, 1000 + rows),
        size=[i * 1.5 if i % 7 else "" for i in range(rows)],
        color=[("red", "green", "blue")[i % 3] if i % 11 else "" for i in range(rows)],
        day=[f"2021-{1 + i % 12:02d}-{1 + i % 28:02d}" for i in range(rows)],
        flag=[i % 2 for i in range(rows)],
        note=[f"text number {i}" for i in range(rows)],
        same=["x"] * rows,
        empty=[""] * rows,
        t=["Yes" if (i % 3 == 0) else "No" for i in range(rows)],
    )
