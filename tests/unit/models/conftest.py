"""The tables that models are trained on."""

import numpy as np
import pandas as pd
import pytest

from sparklime_core import load_sample, read_csv


@pytest.fixture(scope="module")
def penguins():
    return load_sample("penguins")


@pytest.fixture(scope="module")
def diabetes():
    return load_sample("diabetes")


@pytest.fixture(scope="module")
def loans():
    """A table as people keep it: gaps, texts with spaces, truth values, whole numbers, dates, an identifier."""
    rng = np.random.default_rng(4)
    rows = 400
    table = pd.DataFrame(
        {
            "id": np.arange(rows) + 1000,
            "income": np.where(rng.random(rows) < 0.1, np.nan, rng.lognormal(10, 1, rows).round(2)),
            "rooms": rng.integers(1, 9, rows),
            "town": rng.choice([" Oslo", "Rome", "Köln"], rows),
            "member": rng.choice([True, False], rows),
            "owner": rng.integers(0, 2, rows),
            "plan": rng.choice(np.array(["basic", "plus", None], dtype=object), rows),
            "country": "NO",
            "since": pd.date_range("2019-01-01", periods=rows, freq="31h").astype(str),
            "street": rng.choice([f"street {number}" for number in range(45)], rows),
        }
    )
    good = (table["income"].fillna(0) > 20_000) ^ (table["town"] == "Rome") | (table["street"] < "street 2")
    return table.assign(granted=np.where(good, "yes", "no"))


@pytest.fixture(scope="module")
def loans_read(loans):
    return read_csv(loans.to_csv(index=False).encode(), "granted", name="loans")
