"""The package as executors receive it."""

import zipfile

from sparklime_core.spark.executors import prewarm


def test_the_shipped_zip_is_named_after_what_it_holds(tmp_path, monkeypatch):
    monkeypatch.setenv("SPARKLIME_HOME", str(tmp_path))
    prewarm.package_zip.cache_clear()
    first = prewarm.package_zip()
    content = first.read_bytes()
    names = zipfile.ZipFile(first).namelist()
    assert "sparklime_core/explain/task.py" in names
    assert all(name.endswith(".py") for name in names)
    first.unlink()
    prewarm.package_zip.cache_clear()
    again = prewarm.package_zip()
    prewarm.package_zip.cache_clear()
    assert (again, again.read_bytes()) == (first, content)
