"""A task as executors load it."""

import numpy as np
from lime.lime_tabular import LimeTabularExplainer
from sklearn.ensemble import RandomForestClassifier

from sparklime_core.explain.prepare_task import prepare_task
from sparklime_core.explain.settings import ExplainSettings
from sparklime_core.spark.waves import payload
from sparklime_core.spark.waves.broadcast import BroadcastBytes


class Broadcast:
    """Stands in for Spark's: counts how often its value is read."""

    def __init__(self, data):
        self._value = data
        self.reads = 0

    @property
    def value(self):
        self.reads += 1
        return self._value


def published(seed):
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(40, 3))
    model = RandomForestClassifier(2, random_state=0, n_jobs=2).fit(rows, rows[:, 0] > 0)
    task = prepare_task(LimeTabularExplainer(rows), model.predict_proba, ExplainSettings("reference"))
    data = payload.dill.dumps(task, recurse=True)
    return payload.Payload(str(seed), BroadcastBytes(Broadcast(data))), data


def test_a_payload_is_loaded_once_and_only_the_last_are_kept(monkeypatch, capsys):
    monkeypatch.setattr(payload, "_loaded", type(payload._loaded)())
    made = [published(seed) for seed in range(payload.KEPT + 1)]
    first = made[0][0]
    task = first.load()
    assert first.load() is task
    assert first.carried.broadcast.reads == 1
    assert capsys.readouterr().err.count("loaded model RandomForestClassifier(") == 1
    assert "_value" not in first.carried.broadcast.__dict__
    assert task.predict_fn.__self__.n_jobs == 1
    for other, _ in made[1:]:
        other.load()
    assert list(payload._loaded) == [other.id for other, _ in made[1:]]
