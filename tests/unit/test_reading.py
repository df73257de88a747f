import numpy as np
import pytest

from sparklime_core import SparkLimeError, read_csv
from sparklime_core.data.reading import read_table

GOOD = b"a,b,kind\n1,2.5,x\n2,3.5,y\n3,4.5,x\n4,5.5,y\n"


def test_numbers_and_classes_are_encoded():
    dataset = read_csv(GOOD, "kind")
    assert dataset.feature_names == ("a", "b")
    assert dataset.class_names == ("x", "y")
    assert dataset.mode == "classification"
    np.testing.assert_array_equal(dataset.features, [[1, 2.5], [2, 3.5], [3, 4.5], [4, 5.5]])
    np.testing.assert_array_equal(dataset.target, [0, 1, 0, 1])
    assert dataset.target_text(1) == "y"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(delimiter):
    content = GOOD.replace(b",", delimiter.encode())
    assert read_csv(content, "kind").feature_names == ("a", "b")


def test_a_byte_order_mark_is_no_part_of_the_first_name():
    assert read_csv(b"\xef\xbb\xbf" + GOOD, "kind").feature_names[0] == "a"


def test_names_are_kept_as_written(tmp_path):
    path = tmp_path / "odd.csv"
    path.write_text('"<b>a</b>","x, y",t\n1,2,0\n3,4,1\n')
    dataset = read_csv(path, "t")
    assert dataset.feature_names == ("<b>a</b>", "x, y")
    assert dataset.name == "odd"


def test_few_whole_numbers_are_classes_and_others_are_values():
    classes = b"a,t\n" + b"".join(b"%d,%d\n" % (i, i % 3) for i in range(30))
    values = b"a,t\n" + b"".join(b"%d,%d\n" % (i, i) for i in range(30))
    assert read_csv(classes, "t").class_names == ("0", "1", "2")
    assert read_csv(values, "t").class_names is None
    assert read_csv(classes, "t", task="regression").class_names is None
    assert read_csv(values, "t", task="classification").class_names == tuple(map(str, range(30)))


def test_whole_number_classes_are_in_the_order_of_the_numbers():
    content = b"a,t\n" + b"".join(b"%d,%d\n" % (i, i % 12) for i in range(36))
    assert read_csv(content, "t").class_names == tuple(map(str, range(12)))


def test_categories_become_codes_and_a_gap_is_a_category():
    dataset = read_csv(b"c,n,t\nred,1,0\nblue,2,1\n,3,0\nred,4,1\n", "t", categorical=["c"])
    assert dataset.categorical_names == {0: ("blue", "missing", "red")}
    np.testing.assert_array_equal(dataset.features[:, 0], [2, 0, 1, 2])
    assert dataset.value_text(0, 1.0) == "missing"


def test_a_missing_number_becomes_a_sentinel_below_all_others():
    dataset = read_csv(b"a,t\n5,0\n,1\n9,0\n7,1\n", "t")
    assert dataset.missing_values == {0: 1.0}
    np.testing.assert_array_equal(dataset.features[:, 0], [5, 1, 9, 7])
    assert dataset.value_text(0, 1.0) == "missing"
    assert dataset.value_text(0, 5.0) == "5"


def test_the_report_says_what_became_of_each_column():
    dataset = read_csv(b"a,b,c,t\n1,x,,0\n2,y,5,1\n", "t", drop=["b"])
    roles = {column.name: (column.role, column.missing) for column in dataset.report.columns}
    assert roles == {"t": ("target", 0), "a": ("numeric", 0), "b": ("left out", 0), "c": ("numeric", 1)}


@pytest.mark.parametrize(
    ("content", "target", "words"),
    [
        (b"", "t", "empty"),
        (b"   \n", "t", "empty"),
        (b"a,t\n", "t", "no rows"),
        (GOOD, "nothing", "no column 'nothing'"),
        (b"a,t\n1,x\n2,x\n", "t", "one value 'x'"),
        (b"a,t\nfoo,x\n2,y\n", "t", "'a' holds text ('foo' in row 1)"),
        (b"a,t\n1,x\noops,y\n", "t", "'oops' in row 2"),
        (b"a,t\n,x\n,y\n", "t", "empty in every row"),
        (b"a,t\n1,x\n2,\n", "t", "no value in row 2"),
        (b"a,t\ninf,x\n2,y\n", "t", "infinite number in row 1"),
        (b"a,t\n2020-01-01,x\n2020-01-02,y\n", "t", "not numbers"),
        (b"a,a,t\n1,2,x\n3,4,y\n", "t", "names 'a' 2 times"),
        (b"a,,t\n1,2,x\n3,4,y\n", "t", "Column 2 has no name"),
        (b"a,t\n1,x\n2,y,z\n", "t", "well-formed"),
        (b"t\n1\n2\n", "t", "no column beside"),
        (b"PK\x03\x04\x00\x00\x00", "t", "binary"),
        (b"a,t\n\xff\xfe1,x\n", "t", "UTF-8"),
    ],
)
def test_bad_input_is_one_plain_sentence(content, target, words):
    with pytest.raises(SparkLimeError) as caught:
        read_csv(content, target)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SparkLimeError, match=r"no file .*absent\.csv"):
        read_table(tmp_path / "absent.csv")
    with pytest.raises(SparkLimeError, match="folder"):
        read_table(tmp_path)
