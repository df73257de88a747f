"""Bringing a table: the data page."""

import io
import zipfile
from pathlib import Path

import pytest

from sparklime_core.data.dataset import Dataset
from sparklime_core.data.table_source import sample_csv
from sparklime_core.models.train import Model
from sparklime_core.runs.store import RunStore
from tests.app.conftest import OpenPage, send, sound, words


class TestData:
    def test_a_sample_is_one_click(self, no_runs: RunStore, open_page: OpenPage) -> None:
        app = open_page("data")

        sound(app.button(key="sample-penguins").click().run())

        assert "penguins: 344 rows, 7 features; target: species (3 classes)." in words(app)
        report = app.dataframe[-1].value
        assert list(report[report["role"] == "categorical"]["name"]) == ["island", "sex"]

    def test_an_upload_is_encoded_as_the_form_says(self, no_runs: RunStore, open_page: OpenPage) -> None:
        app = open_page("data")
        lines = [f"{row},{row % 3},{'ab'[row % 2]}" for row in range(20)]
        app.file_uploader[0].upload("my table.csv", "\n".join(["x,kind,label", *lines]).encode())
        sound(app.run())

        sound(app.selectbox(key="target").select("label").run())
        sound(send(app, "Use this table"))

        dataset: Dataset = app.session_state["dataset"]
        assert dataset.name == "my table"
        assert dataset.feature_names == ("x", "kind")
        assert dataset.class_names == ("a", "b")

    def test_files_of_the_server_are_offered_where_the_operator_names_folders_only(
        self, no_runs: RunStore, open_page: OpenPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("SPARKLIME_DATA_FOLDERS", raising=False)
        app = open_page("data")
        assert "Or a file on the server" not in [expander.label for expander in app.expander]

        offered = tmp_path / "offered"
        offered.mkdir()
        (offered / "wine.csv").write_bytes(sample_csv("wine"))
        (offered / "link.csv").symlink_to("/etc/passwd")
        monkeypatch.setenv("SPARKLIME_DATA_FOLDERS", str(offered))
        sound(app.run())
        files = app.selectbox(key=f"data-file-{offered}")
        assert files.options == ["wine.csv"]
        sound(files.select("wine.csv").run())
        sound(next(button for button in app.button if button.label == "Read it").click().run())

        assert app.session_state["source"].name == "wine"
        assert "178 rows, 14 columns" in words(app)

    def test_a_file_is_read_again_as_the_person_says(self, no_runs: RunStore, open_page: OpenPage) -> None:
        app = open_page("data")
        app.file_uploader[0].upload("days.csv", b"day,n\n01/02/2020,1\n03/04/2020,2\n05/06/2020,3\n")
        sound(app.run())
        decided = app.dataframe[1].value
        assert "delimiter" in list(decided["what"])

        app.selectbox(key="read-delimiter").select(";")
        sound(send(app, "Read it again"))

        assert app.session_state["source"].table.names == ("day,n",)

    def test_a_file_that_needs_choices_to_be_read_offers_all_of_them(
        self, no_runs: RunStore, open_page: OpenPage
    ) -> None:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            rows = "".join(f"'it''s {k % 3}, so';{k};{'+-'[k % 2]}\n" for k in range(20))
            archive.writestr("grades.csv", "'text';'n';'sign'\n" + rows)
            archive.writestr("other.csv", "a,b\n1,2\n")
        app = open_page("data")
        app.file_uploader[0].upload("two.zip", packed.getvalue())
        sound(app.run())
        assert "2 files" in app.error[0].value

        app.text_input(key="unread-member").input("grades.csv")
        app.selectbox(key="unread-quote").select("'")
        app.selectbox(key="unread-missing").select("these, with commas between")
        app.text_input(key="unread-words").input("?, n/a")
        sound(send(app, "Read it again"))

        table = app.session_state["source"].table
        assert table.options.missing_words == ("?", "n/a")
        assert table.column("text").values[0].as_py() == "it's 0, so"
        assert set(table.column("sign").values.to_pylist()) == {"+", "-"}

    @pytest.mark.parametrize(
        ("content", "part"),
        [
            (b"", "empty"),
            (b"\x89PNG\r\n\x1a\n\x00\x00\xff\xfe" * 50, "binary"),
            (b"a,b\n", "no rows"),
            (b"%PDF-1.7", "PDF"),
        ],
    )
    def test_a_wrong_file_is_told_in_a_sentence(
        self, no_runs: RunStore, open_page: OpenPage, content: bytes, part: str
    ) -> None:
        app = open_page("data")

        app.file_uploader[0].upload("wrong.csv", content)
        sound(app.run())

        (error,) = app.error
        assert part in error.value.replace("\\", "")
        assert len(error.value.split(".")) <= 3
        assert "Use this table" not in [button.label for button in app.form_submit_button]
        assert "source" not in app.session_state or app.session_state["source"] is None

    @pytest.mark.parametrize(
        ("content", "part"), [(b"x,y\n1,a\n2,a\n3,a\n", "nothing to learn"), (b"x,y\n1,a\n", "nothing to learn")]
    )
    def test_a_table_that_no_model_learns_from_is_told_in_a_sentence(
        self, no_runs: RunStore, open_page: OpenPage, content: bytes, part: str
    ) -> None:
        app = open_page("data")
        app.file_uploader[0].upload("one.csv", content)
        app.run()

        sound(send(app, "Use this table"))

        (error,) = app.error
        assert part in error.value
        assert "dataset" not in app.session_state

    def test_another_table_drops_the_model(
        self, no_runs: RunStore, open_page: OpenPage, wine_model: tuple[Dataset, Model]
    ) -> None:
        app = open_page("data")
        app.session_state["dataset"], app.session_state["model"] = wine_model

        app.button(key="sample-diabetes").click().run()

        assert app.session_state["dataset"].name == "diabetes"
        assert "model" not in app.session_state
