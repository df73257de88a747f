"""A package that is not installed: one sentence names the extra that brings it."""

import subprocess
import sys

import pytest

from sparklime_core import SparkLimeError
from sparklime_core.errors import MissingExtraError
from sparklime_core.extras import EXTRAS, extras_named

WITHOUT = """
import sys
class Gone:
    def find_spec(self, name, *rest):
        if name.partition(".")[0] in {packages!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Gone())
"""


def run_without(packages: tuple[str, ...], code: str) -> subprocess.CompletedProcess[str]:
    """Run code in a Python that has not these packages."""
    program = WITHOUT.format(packages=packages) + code
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("package", EXTRAS)
def test_the_sentence_names_the_extra(package: str) -> None:
    with pytest.raises(MissingExtraError, match=rf"sparklime\[{EXTRAS[package]}\]") as raised, extras_named():
        raise ModuleNotFoundError(f"No module named '{package}.sub'", name=f"{package}.sub")

    assert isinstance(raised.value, SparkLimeError)
    assert isinstance(raised.value.__cause__, ModuleNotFoundError)


def test_any_other_missing_module_is_left_as_it_is() -> None:
    with pytest.raises(ModuleNotFoundError, match="nonsense"), extras_named():
        raise ModuleNotFoundError("No module named 'nonsense'", name="nonsense")


def test_the_core_explains_without_any_extra() -> None:
    code = """
from sparklime_core import build_explainer, explain_rows, load_sample, stability, train_forest
dataset = load_sample("wine")
model = train_forest(dataset, n_estimators=3)
explainer = build_explainer(dataset)
for engine in ("sampled", "exact"):
    print(explain_rows(explainer, model.predict_fn, dataset.features[:2], engine=engine, num_samples=50).num_rows)
"""
    done = run_without(tuple(EXTRAS), code)

    assert (done.returncode, done.stdout.split()) == (0, ["2", "2"]), done.stderr


def test_a_public_name_that_needs_spark_says_so() -> None:
    done = run_without(("pyspark",), "import sparklime_core\nsparklime_core.connect")

    assert done.stderr.splitlines()[-1].endswith("This needs the package pyspark: pip install 'sparklime[spark]'.")


@pytest.mark.parametrize(("command", "extra"), [("doctor", "spark"), ("dashboard", "dashboard")])
def test_a_command_without_its_extra_is_one_line(command: str, extra: str) -> None:
    code = f"from sparklime_core.cli import main\nsys.exit(main(['{command}']))"
    done = run_without(("pyspark", "streamlit"), code)

    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert f"pip install 'sparklime[{extra}]'" in done.stderr


def test_a_reader_that_has_enough_ends_the_command_without_a_word() -> None:
    code = "from sparklime_core.cli import main\nsys.exit(main(['--help']))"
    program = f"import sys\n{code}"
    shell = f'{sys.executable} -c "$0" | true'
    done = subprocess.run(["bash", "-c", shell, program], capture_output=True, text=True, check=False)

    assert "Traceback" not in done.stderr
