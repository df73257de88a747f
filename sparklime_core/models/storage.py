"""Keep a model on disk with skops: a format that is audited before anything of it is constructed."""

from pathlib import Path
from typing import Any

from sparklime_core.errors import ModelError

TRUSTED = ("sklearn.", "numpy.", "scipy.")
"""Packages whose types a saved model may hold; everything else is refused."""


def save_estimator(estimator: Any, path: Path) -> None:
    """Write an estimator to a file in skops' format."""
    import skops.io  # noqa: PLC0415 - it takes seconds to load, and listing runs does not need it

    skops.io.dump(estimator, path)


def load_estimator(path: Path) -> Any:
    """Read an estimator back.

    Raises
    ------
    ModelError
        When the file is no skops file, or holds types that are not to be trusted.
    """
    import skops.io  # noqa: PLC0415 - as above

    try:
        unknown = skops.io.get_untrusted_types(file=path)
        foreign = [name for name in unknown if not name.startswith(TRUSTED)]
        if foreign:
            raise ModelError(
                f"The model file {path.name!r} holds types that are not trusted: {', '.join(foreign)}."
            )
        return skops.io.load(path, trusted=unknown)
    except FileNotFoundError:
        raise ModelError(f"There is no model file {path.name!r}.") from None
    except ModelError:
        raise
    except Exception as error:
        raise ModelError(f"The file {path.name!r} is not a model in the skops format.") from error
