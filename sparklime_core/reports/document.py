"""A report as a document: its template, the drawings in it, and what every report ends with."""

import hashlib
import re
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from sparklime_core import __version__
from sparklime_core.errors import RunError
from sparklime_core.reports.html_templates import render
from sparklime_core.runs.manifest import Manifest
from sparklime_core.runs.reproduce import command_line, run_settings
from sparklime_core.runs.run import Run

POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""What a browser lets a report do: show its own text and drawings. Nothing runs, and nothing is loaded."""

LIMITS = (
    "LIME explains a linear surrogate of the model near each row, not causes and not the world. Where the local "
    "R² is low, or the surrogate is far from the model at the row, do not rely on the weights.",
    "Features are changed as if they were independent, so the model is also asked about rows that do not occur; "
    "of correlated features either may get the weight. Numbers appear as bins, missing values as missing.",
    "The weights of a row need not add up to its prediction: only the strongest are kept. They are not Shapley "
    "values.",
)
"""What an explanation does not say, in short."""


@dataclass(frozen=True)
class Figure:
    """A drawing, with words for people who cannot see it."""

    svg: Markup
    words: str


def figure(svg: str, words: str) -> Figure:
    """Return a drawing whose names are its own: in one document they would be taken for those of the first one."""
    own = f"s{hashlib.sha256(svg.encode()).hexdigest()[:12]}-"
    return Figure(Markup(re.sub(r'(\sid="|url\(#)', rf"\g<1>{own}", svg)), words)  # noqa: S704 - our own drawing


def document(template: str, run: Run, manifest: Manifest, title: str, **values: Any) -> bytes:
    """Return a report as an HTML file.

    Parameters
    ----------
    template
        One that extends ``report.html``.
    title
        Of the document, and its first heading.
    values
        What the template's own part needs.
    """
    command, no_command = None, None
    try:
        command = command_line(run)
    except RunError as error:
        no_command = str(error)
    return render(
        template,
        policy=POLICY,
        title=title,
        settings=_settings(manifest),
        limits=LIMITS,
        versions=", ".join(f"{name} {version}" for name, version in manifest.versions.items()),
        seed=manifest.seed,
        command=command,
        no_command=no_command,
        origin=f"Run {run.id}, {manifest.created}. Report by SparkLIME {__version__}.",
        **values,
    ).encode()


def _settings(manifest: Manifest) -> list[tuple[str, object]]:
    return [line for settings in run_settings(manifest) for line in settings.described().items()]
