"""Quotation marks with a backslash before them, in the very bytes that Spark 4.3 and MySQL write."""

import pytest

from sparklime_core import ReadOptions, read_csv, read_table

SPARK = (
    b'id,t,c\n1,"8\\" pipe, steel",a\n2,"say \\"hi\\"",b\n3,C:\\dir\\x,a\n4,ends with \\,b\n'
    b'5,"a, ends with \\\\",a\n6,"back\\\\\\"slash quote, x",b\n7,"two\nlines",a\n8,"\\"",b\n'
    b'9,\\\\server\\share,a\n10,"",b\n11,,a\n13,"dbl\\\\\\\\\\"q",a\n14,plain,b\n15,"ends\\"",a\n16,"a,\\\\\\\\",b\n'
)
"""What ``df.write.option("header", True).csv(...)`` has written of `WRITTEN`."""

WRITTEN = [
    *('8" pipe, steel', 'say "hi"', "C:\\dir\\x", "ends with \\", "a, ends with \\", 'back\\"slash quote, x'),
    *("two\nlines", '"', "\\\\server\\share", "", "", 'dbl\\\\"q', "plain", 'ends"', "a,\\\\"),
]


def texts(content, name, **options):
    return [value or "" for value in read_table(content, ReadOptions(**options)).column(name).raw.to_pylist()]


def decision(reading, what):
    return next((found for found in reading.decisions if found.what == what), None)


def test_what_spark_writes_with_its_defaults_is_read_as_it_was():
    assert texts(SPARK, "t") == WRITTEN
    assert decision(read_table(SPARK), "escape").value == "\\"


def test_mysql_doubles_every_backslash_and_writes_nulls_in_its_own_way():
    content = (
        b'"name","path","n"\n"6\\" nail","C:\\\\tools","1"\n"two\\\nlines","D:\\\\x",\\N\n"\\"","E:\\\\","3"\n'
    )
    assert texts(content, "name") == ['6" nail', "two\nlines", '"']
    assert texts(content, "path") == ["C:\\tools", "D:\\x", "E:\\"]
    assert read_table(content).column("n").values.to_pylist() == [1, None, 3]


def test_a_rare_escape_late_in_a_long_file_is_found():
    lines = [f"{k},elbow,{'uv'[k % 2]}" for k in range(100_000)]
    lines[90_000] = '90000,"9\\" bend, brass",u'
    reading = read_table(("k,item,y\n" + "\n".join(lines)).encode())
    assert reading.rows == 100_000
    assert reading.column("item").raw[90_000].as_py() == '9" bend, brass'


def test_a_text_that_ends_in_a_backslash_is_no_escape():
    content = b'folder,kind\n"C:\\logs\\",x\n"D:\\data\\",y\n"say ""hi""",x\n'
    reading = read_table(content)
    assert texts(content, "folder") == ["C:\\logs\\", "D:\\data\\", 'say "hi"']
    assert decision(reading, "escape").value == "none"


def test_single_quotation_marks_can_be_escaped_too():
    assert texts(b"name,n\n'it\\'s, yes',1\n'b',2\n'c',3\n", "name") == ["it's, yes", "b", "c"]


@pytest.mark.parametrize(
    ("content", "escape", "expected"),
    [
        (b'a,b\n"x^" y, z",1\n"w",2\n', "^", ['x" y, z', "w"]),
        (b'a,b\n"x\\",1\n"w",2\n', "", ["x\\", "w"]),
    ],
)
def test_the_escape_can_be_chosen(content, escape, expected):
    assert texts(content, "a", escape=escape) == expected


def test_new_rows_are_cut_as_the_model_s_table_was():
    from sparklime_core import read_rows

    lines = "\n".join(f'"{k % 3}\\" rod, iron",{k},{"uv"[k % 2]}' for k in range(40))
    learnt = read_csv(f"item,n,y\n{lines}".encode(), "y", roles={"n": "numeric"})
    new = read_rows(b'item,n\n"2\\" rod, iron",5\n', learnt.encoding)
    assert new.value_text(0, new.features[0, 0]) == '2" rod, iron'
