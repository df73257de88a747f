"""What every report ends with: settings, limits, versions, and how to repeat the run."""

from sparklime_core import __version__
from sparklime_core.errors import RunError
from sparklime_core.reports import html
from sparklime_core.runs.manifest import Manifest
from sparklime_core.runs.reproduce import command_line, run_settings
from sparklime_core.runs.run import Run

LIMITS = (
    "LIME explains a linear surrogate of the model near each row, not causes and not the world. Where the local "
    "R² is low, or the surrogate is far from the model at the row, do not lean on the weights.",
    "Features are changed as if they were independent, so the model is also asked about rows that do not occur; "
    "of correlated features either may get the weight. Numbers are told by their bins, missing values as missing.",
    "The weights of a row need not add up to its prediction: only the strongest are kept. They are no Shapley "
    "values.",
)
"""What an explanation does not say, in short."""


def settings_table(manifest: Manifest) -> str:
    """Return the settings of a run's explanations."""
    lines = [line for settings in run_settings(manifest) for line in settings.described().items()]
    return html.table(("Setting", "Value"), lines)


def footer(run: Run, manifest: Manifest) -> list[str]:
    """Return versions and the command that repeats the run."""
    versions = ", ".join(f"{name} {version}" for name, version in manifest.versions.items())
    parts = [html.heading(2, "How to repeat it"), html.paragraph(f"Versions: {versions}. Seed: {manifest.seed}.")]
    try:
        parts.append(html.code(command_line(run)))
    except RunError as error:
        parts.append(html.paragraph(str(error)))
    return [
        *parts,
        html.paragraph(f"Run {run.id}, {manifest.created}. Report by SparkLIME {__version__}.", soft=True),
    ]
