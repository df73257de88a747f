"""The files that a person on the page may read: those of the operator's folders, and no others by any trick."""

import os

import numpy as np
import pytest

from sparklime_core import SparkLimeError, load_sample
from sparklime_core.data import table_source
from sparklime_core.data.read_options import ReadOptions
from sparklime_core.data.table_source import (
    SAMPLES,
    ServerTable,
    TableSource,
    data_folders,
    list_tables,
    read_server_table,
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A data folder, beside which there is a secret."""
    named = tmp_path / "data"
    (named / "deep" / "er").mkdir(parents=True)
    (tmp_path / "secret.csv").write_text("a,b\n1,2\n")
    (tmp_path / "data-too").mkdir()
    (tmp_path / "data-too" / "secret.csv").write_text("a,b\n1,2\n")
    for name in ("wine.csv", "deep/er/cars.parquet", "deep/notes.md", ".hidden.csv", "=1+1.csv"):
        (named / name).write_text("a,b\n1,2\n3,4\n")
    (named / "link.csv").symlink_to(tmp_path / "secret.csv")
    (named / "linked").symlink_to(tmp_path)
    os.mkfifo(named / "pipe.csv")
    monkeypatch.setenv("SPARKLIME_DATA_FOLDERS", f"{named}{os.pathsep}{tmp_path / 'nowhere'}{os.pathsep}")
    return named


def test_without_the_operator_there_is_no_folder(monkeypatch):
    monkeypatch.delenv("SPARKLIME_DATA_FOLDERS", raising=False)
    assert data_folders() == ()


def test_tables_of_the_named_folders_are_listed(folder):
    assert data_folders() == (folder,)
    assert list_tables(folder) == ["=1+1.csv", "deep/er/cars.parquet", "wine.csv"]
    assert read_server_table(folder, "deep/er/cars.parquet") == b"a,b\n1,2\n3,4\n"


@pytest.mark.parametrize(
    "name",
    [
        "../secret.csv",
        "deep/../../secret.csv",
        "../data-too/secret.csv",
        "link.csv",
        "linked/secret.csv",
        "pipe.csv",
        "/etc/passwd",
        "",
        ".",
        "deep",
        "nothing.csv",
        "wine.csv\0.txt",
        "a" * 5000,
    ],
)
def test_nothing_outside_is_reached(folder, name):
    with pytest.raises(SparkLimeError, match="There is no file"):
        read_server_table(folder, name)


def test_a_folder_that_is_not_named_is_refused(folder):
    for other in (folder.parent, folder / "deep", folder / ".."):
        with pytest.raises(SparkLimeError, match="is not one of those that SPARKLIME_DATA_FOLDERS names"):
            read_server_table(other, "secret.csv")


def test_a_large_folder_is_listed_in_part(folder, monkeypatch):
    monkeypatch.setattr(table_source, "MOST_LISTED", 2)
    assert len(list_tables(folder)) == 2


def test_a_file_that_became_a_link_is_not_read_again(folder):
    source = TableSource.of_server_file(ServerTable(folder, "deep/er/cars.parquet"))
    assert source.name == "cars"
    assert source.table.rows == 2
    (folder / "deep" / "er" / "cars.parquet").unlink()
    (folder / "deep" / "er" / "cars.parquet").symlink_to(folder.parent / "secret.csv")
    with pytest.raises(SparkLimeError, match="There is no file"):
        source.read_again(ReadOptions())


def test_a_folder_that_became_a_link_is_not_read_again(folder):
    source = TableSource.of_server_file(ServerTable(folder, "deep/er/cars.parquet"))
    (folder / "deep").rename(folder / "moved")
    (folder.parent / "er").mkdir()
    (folder.parent / "er" / "cars.parquet").write_text("a,b\n1,2\n")
    (folder / "deep").symlink_to(folder.parent)
    with pytest.raises(SparkLimeError, match="There is no file"):
        source.read_again(ReadOptions())


@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_is_read(name):
    dataset = load_sample(name)
    assert dataset.rows > 100
    assert np.isfinite(dataset.features).all()
    assert dataset.target_name == SAMPLES[name].target


def test_the_samples_hold_what_their_descriptions_say():
    assert load_sample("breast_cancer").class_names == ("benign", "malignant")
    assert len(load_sample("wine").class_names) == 3
    assert load_sample("diabetes").mode == "regression"
    penguins = load_sample("penguins")
    assert len(penguins.categorical_features) == 2
    assert len(penguins.missing_values) == 4


def test_an_unknown_sample_is_refused():
    with pytest.raises(SparkLimeError, match="choose one of"):
        load_sample("iris")
