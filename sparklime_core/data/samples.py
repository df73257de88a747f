"""The bundled samples: tables to try everything with, as CSV files like any that a person uploads."""

import io
from dataclasses import dataclass
from importlib import resources

import pandas as pd

from sparklime_core.data.build_dataset import assemble
from sparklime_core.data.dataset import Dataset
from sparklime_core.data.read_table import Reading, read_table
from sparklime_core.errors import DataError, raised_as


@dataclass(frozen=True)
class Sample:
    """A bundled table.

    Attributes
    ----------
    name, title, description
        Its key, its name for people, and what it holds.
    target
        The column to predict.
    """

    name: str
    title: str
    description: str
    target: str


SAMPLES: dict[str, Sample] = {
    sample.name: sample
    for sample in (
        Sample(
            "breast_cancer",
            "Breast cancer (Wisconsin)",
            "569 tumours by 30 measurements of their cell nuclei; malignant or benign.",
            "diagnosis",
        ),
        Sample("wine", "Wine", "178 Italian wines by 13 chemical measures; which of three cultivars.", "cultivar"),
        Sample(
            "diabetes",
            "Diabetes",
            "442 patients by 10 measures; how far the disease has gone a year later (a number).",
            "progression",
        ),
        Sample(
            "penguins",
            "Palmer penguins",
            "344 penguins by size, island and sex, some of it missing; which of three species (CC0).",
            "species",
        ),
    )
}


@raised_as(DataError, "The sample cannot be read")
def load_sample(name: str) -> Dataset:
    """Read a bundled sample.

    Raises
    ------
    DataError
        When there is none of that name.
    """
    return assemble(read_sample(name), get_sample(name).target)


def read_sample(name: str) -> Reading:
    """Read a bundled sample as a table whose columns have no roles yet; see `load_sample` for errors."""
    sample = get_sample(name)
    return read_table(sample_csv(name), name=name, file=f"{name}.csv", header_names=[sample.target])


def get_sample(name: str) -> Sample:
    """Return a bundled sample's description; raise `DataError` when there is none of that name."""
    if name not in SAMPLES:
        raise DataError(f"There is no sample {name!r}; choose one of {', '.join(SAMPLES)}.")
    return SAMPLES[name]


def sample_csv(name: str) -> bytes:
    """Return a bundled sample as the bytes of a CSV file."""
    sample = get_sample(name)
    if name == "penguins":
        return resources.files("sparklime_core.data").joinpath("bundled/penguins.csv").read_bytes()
    import sklearn.datasets  # noqa: PLC0415 - it takes a second to load, and naming the samples does not need it

    bunch = {
        "breast_cancer": sklearn.datasets.load_breast_cancer,
        "wine": sklearn.datasets.load_wine,
        "diabetes": sklearn.datasets.load_diabetes,
    }[name]()
    frame = pd.DataFrame(bunch.data, columns=bunch.feature_names)
    frame[sample.target] = bunch.target_names[bunch.target] if name == "breast_cancer" else bunch.target
    buffer = io.StringIO()
    frame.to_csv(buffer, index=False)
    return buffer.getvalue().encode()
