"""Each trap is found where it is set, with its figure and its way out, and a sound model has none."""

import numpy as np
import pytest

from sparklime_core.data.build_dataset import read_csv, read_rows
from sparklime_core.data.dataset import Dataset
from sparklime_core.data.table_source import load_sample, sample_csv
from sparklime_core.errors import ModelError
from sparklime_core.models.own_model import adopt_model
from sparklime_core.models.settings import ModelSettings
from sparklime_core.models.train import train_with
from sparklime_core.models.traps.evidence import Trap
from sparklime_core.models.traps.find_traps import find_traps

ROWS = 400


def table(target: str = "label", roles: dict[str, str] | None = None, **columns: object) -> Dataset:
    rows = zip(*(list(values) for values in columns.values()), strict=True)
    lines = [",".join(columns), *(",".join(map(str, row)) for row in rows)]
    return read_csv("\n".join(lines).encode(), target, roles=roles)


def traps(dataset: Dataset, **settings: object) -> tuple[Trap, ...]:
    model = train_with(dataset, ModelSettings(**{"n_estimators": 20, "min_samples_leaf": 5, **settings}))
    return find_traps(model, dataset)


@pytest.fixture
def noise() -> np.random.Generator:
    return np.random.default_rng(0)


def signal(noise: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A measurement and a class that it goes with in nine rows of ten."""
    x = noise.normal(size=ROWS).round(6)
    return x, np.where((x > 0) ^ (noise.random(ROWS) < 0.1), "yes", "no")


def test_a_sound_model_has_none(noise: np.random.Generator) -> None:
    x, label = signal(noise)
    assert traps(table(x=x, z=noise.normal(size=ROWS).round(3), label=label)) == ()


def test_a_column_that_gives_the_target_away_is_measured(noise: np.random.Generator) -> None:
    x, _ = signal(noise)
    delay = noise.integers(-30, 60, ROWS)
    found = traps(table(x=x, delay=delay, label=np.where(delay > 15, "late", "on time")))[0]
    assert found.column == "delay"
    assert "'delay' alone predicts 'label' with a balanced accuracy of 1 (1 is perfect)" in found.sentence


def test_a_number_is_given_away_too(noise: np.random.Generator) -> None:
    cents = noise.integers(100, 9999, ROWS)
    found = traps(table("price", net=cents + noise.integers(0, 9, ROWS), x=noise.normal(size=ROWS), price=cents))
    assert [trap.column for trap in found] == ["net"]
    assert "R²" in found[0].sentence


def test_parts_of_a_date_give_away_together_and_are_one_column(noise: np.random.Generator) -> None:
    days = np.datetime64("2020-01-01") + noise.integers(0, 700, ROWS)
    late = [str(day)[:7] in ("2020-03", "2021-05", "2021-06", "2020-10") for day in days]
    (found,) = traps(table(day=days, x=noise.normal(size=ROWS), label=np.where(late, "a", "b")))
    assert found.column == "day"


def test_a_weaker_column_is_no_giveaway(noise: np.random.Generator) -> None:
    assert not [trap for trap in traps(load_sample("penguins")) if trap.column]
    assert not [trap for trap in traps(load_sample("breast_cancer")) if trap.column]


@pytest.mark.parametrize(("name", "words"), [("customer_id", "like an identifier"), ("n", "order of the rows")])
def test_what_names_rows_and_carries_weight_is_found(noise: np.random.Generator, name: str, words: str) -> None:
    x, _ = signal(noise)
    numbers = noise.permutation(ROWS) + 10_000 if name == "customer_id" else np.arange(ROWS) * 1.5
    label = np.where((numbers > np.median(numbers)) ^ (noise.random(ROWS) < 0.05), "yes", "no")
    found = traps(table(**{"x": x, name: numbers, "label": label}, roles={name: "numeric"}))
    assert [trap.column for trap in found] == [name]
    assert words in found[0].sentence
    assert "falls from 0.9" in found[0].sentence


def test_what_names_rows_without_weight_is_no_trap(noise: np.random.Generator) -> None:
    x, label = signal(noise)
    assert traps(table(x=x, n=np.arange(ROWS) * 1.5, label=label)) == ()


@pytest.mark.parametrize("is_number", [False, True])
def test_a_model_no_better_than_none_is_said(noise: np.random.Generator, is_number: bool) -> None:
    target = noise.normal(size=ROWS) if is_number else noise.choice(["yes", "no"], ROWS)
    found = traps(table(x=noise.normal(size=ROWS), label=target), min_samples_leaf=50)
    assert "no better than guessing" in found[0].sentence
    assert not [trap for trap in found if "by heart" in trap.sentence]


def test_few_rows_say_little_for_training_or_for_the_test(noise: np.random.Generator) -> None:
    x = noise.normal(size=100).round(6)
    dataset = table(x=x, label=np.where(x > 0, "yes", "no"))

    def sentences(**settings: object) -> list[str]:
        return [trap.sentence for trap in traps(dataset, **settings)]

    assert sentences(test_size=0.19)[0].startswith("The model has learnt from 81 rows, and 19 measured it")
    assert sentences(test_size=0.85)[0].startswith("The model has learnt from 15 rows, and 85 measured it")
    assert [words for words in sentences(test_size=0.2) if "alone predicts" in words]


def test_test_rows_of_one_class_or_value_prove_nothing(noise: np.random.Generator) -> None:
    label = np.full(ROWS, "a", dtype=object)
    label[0] = "b"
    found = traps(table(x=noise.normal(size=ROWS), label=label))
    assert "All rows that measure the model have one 'label', 'a'" in found[0].sentence
    assert not [trap for trap in found if trap.column]

    dataset = table("y", x=noise.normal(size=ROWS), y=noise.normal(size=ROWS).round(4))
    model = train_with(dataset, ModelSettings(n_estimators=5))
    dataset.target[model.test_rows] = 7.0
    found = find_traps(model, dataset)
    assert "have one 'y', '7'" in found[0].sentence
    assert not [trap for trap in found if trap.column]


@pytest.mark.parametrize("kind", ["forest", "extra_trees", "boosting", "linear"])
@pytest.mark.parametrize(("scale", "shift"), [(1e-8, 0.0), (1.0, 1e8)])
def test_a_column_that_trees_cannot_see_is_named(
    noise: np.random.Generator, kind: str, scale: float, shift: float
) -> None:
    x = noise.normal(size=ROWS)
    dataset = table("y", small=[repr(float(value)) for value in x * scale + shift], z=noise.normal(size=ROWS), y=x)
    named = [trap.sentence for trap in traps(dataset, kind=kind) if "values of 'small'" in trap.sentence]
    assert len(named) == (kind != "linear")


def test_trees_look_for_the_best_split_between_neighbours_that_they_tell_apart(noise: np.random.Generator) -> None:
    x = noise.uniform(size=4 * ROWS)
    dataset = table("y", x=[repr(float(value)) for value in x * 1e-5], y=x)
    forest, random = traps(dataset), traps(dataset, kind="extra_trees")
    assert "tell apart 1 of the 1200 values of 'x'" in forest[0].sentence
    assert not random  # these split wherever they like


def test_the_rounding_of_sums_is_no_value_of_its_own(noise: np.random.Generator) -> None:
    x, label = signal(noise)
    tenths = [repr(sum(noise.permutation([0.1, 0.2, 0.7, 0.3][: 1 + row % 4]).tolist())) for row in range(ROWS)]
    assert traps(table(x=x, tenths=tenths, label=label)) == ()


def test_many_such_columns_are_one_trap(noise: np.random.Generator) -> None:
    columns = {f"c{at}": [repr(float(value)) for value in noise.normal(size=ROWS) * 1e-9] for at in range(8)}
    (trap,) = [
        trap for trap in traps(table("y", **columns, y=noise.normal(size=ROWS))) if "apart" in trap.sentence
    ]
    assert "of 'c4', and few of 3 more columns:" in trap.sentence


def test_a_column_of_gaps_or_of_two_values_may_be_invisible_too(noise: np.random.Generator) -> None:
    x = noise.normal(size=ROWS)
    gappy = ["" if row % 9 == 0 else repr(float(value)) for row, value in enumerate(x * 1e-8)]
    two = [repr(float(value > 0) * 1e-8) for value in x]
    found = traps(table("y", gappy=gappy, two=two, z=noise.normal(size=ROWS), y=x))
    (trap,) = [trap for trap in found if "tell apart" in trap.sentence]
    assert "values of 'gappy', 1 of the 2 values of 'two':" in trap.sentence


@pytest.mark.parametrize("scale", [1e-5, 1.0, 1e8])
def test_numbers_that_trees_see_are_no_trap(noise: np.random.Generator, scale: float) -> None:
    x, label = signal(noise)
    assert (
        traps(table(x=[repr(float(value)) for value in x * scale], z=noise.normal(size=ROWS), label=label)) == ()
    )


@pytest.mark.parametrize(("scale", "shift", "blind"), [(1e-9, 0.0, True), (1.0, 1e9, True), (1e-3, 10.0, False)])
def test_a_target_that_varies_less_than_trees_see_is_said(
    noise: np.random.Generator, scale: float, shift: float, *, blind: bool
) -> None:
    x = noise.normal(size=ROWS)
    target = [repr(float(value)) for value in x * scale + shift]
    dataset = table("y", x=x + noise.normal(size=ROWS) / 9, y=target)

    def is_said(kind: str) -> bool:
        return bool(
            [trap for trap in traps(dataset, kind=kind) if "too close together for trees" in trap.sentence]
        )

    assert is_said("forest") == blind
    assert is_said("boosting") == (blind and scale < 1)  # it subtracts the mean first
    assert not is_said("linear")


def test_training_far_better_than_test_offers_larger_leaves(noise: np.random.Generator) -> None:
    x, label = signal(noise)
    flipped = np.where(noise.random(ROWS) < 0.4, "yes", label)
    found = traps(table(x=x, z=noise.normal(size=ROWS), label=flipped), min_samples_leaf=1)[-1]
    assert "a balanced accuracy of 0.99" in found.sentence
    assert found.settings == ModelSettings(n_estimators=20, min_samples_leaf=5)


def test_a_class_that_is_never_predicted_leads_to_its_rows(noise: np.random.Generator) -> None:
    x, label = signal(noise)
    rare = noise.choice(ROWS, 20, replace=False)
    label = label.astype(object)
    label[rare] = "rare"
    found = traps(table(x=x, label=label), class_weight="none", min_samples_leaf=20)
    (trap,) = [trap for trap in found if "never predicted" in trap.sentence]
    assert "'rare' is never predicted, though 5 rows" in trap.sentence
    assert sorted(trap.rows) == sorted(rare.tolist())
    assert trap.settings.class_weight == "balanced"


def test_a_class_of_three_rows_leads_to_them(noise: np.random.Generator) -> None:
    x, label = signal(noise)
    label = label.astype(object)
    label[[7, 70, 300]] = "rare"
    found = traps(table(x=x, label=label))
    (trap,) = [trap for trap in found if "'rare'" in trap.sentence]
    assert "has 3 rows in the whole table" in trap.sentence
    assert trap.rows == (7, 70, 300)


def test_rows_twice_are_counted_and_measured_without(noise: np.random.Generator) -> None:
    x, label = signal(noise)
    twice = np.r_[np.arange(ROWS), np.arange(100)]
    dataset = table(x=x[twice], z=noise.normal(size=ROWS).round(4)[twice], label=label[twice])
    found = traps(dataset)
    (trap,) = [trap for trap in found if "also training rows" in trap.sentence]
    assert "Without them the balanced accuracy is 0." in trap.sentence
    assert all(min(row, row % ROWS) < 100 for row in trap.rows)


def test_of_a_model_trained_elsewhere_nothing_is_made_up(noise: np.random.Generator) -> None:
    x, label = signal(noise)
    dataset = table(x=x, delay=np.where(label == "yes", 20, 3) + noise.integers(0, 5, ROWS), label=label)
    own = adopt_model(train_with(dataset, ModelSettings(n_estimators=5)).estimator, dataset)
    found = find_traps(own, dataset)
    assert [trap.column for trap in found] == ["delay"]

    few = table(x=x[:30], delay=np.arange(30), label=label[:30])
    own = adopt_model(train_with(few, ModelSettings(n_estimators=5)).estimator, few)
    assert find_traps(own, few)[0].sentence.startswith("Only 30 rows measured the model")


def test_another_table_than_the_models_is_refused() -> None:
    wine, penguins = load_sample("wine"), load_sample("penguins")
    model = train_with(penguins, ModelSettings(n_estimators=2))
    with pytest.raises(ModelError, match=r"has learnt from .* features, and 'wine' has 13"):
        find_traps(model, wine)
    with pytest.raises(ModelError, match="and 'penguins' has 10 rows"):
        find_traps(
            model,
            read_rows(
                "\n".join(sample_csv("penguins").decode().splitlines()[:11]).encode(),
                penguins.encoding,
                name="penguins",
            ),
        )


def test_a_model_that_fails_is_named_in_a_sentence() -> None:
    dataset = load_sample("penguins")
    model = train_with(dataset, ModelSettings(n_estimators=2))
    model.estimator.predict_proba = _refuse
    with pytest.raises(ModelError, match=r"The search for traps .* failed: ValueError: a licence has ended\.$"):
        find_traps(model, dataset)


def _refuse(_rows: np.ndarray) -> np.ndarray:
    raise ValueError("a licence has ended")
