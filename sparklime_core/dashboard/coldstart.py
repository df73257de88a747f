"""The first visit to a server, when it is not to the start page.

A server that has not run ``app.py`` yet looks for a page in the files ``pages/*.py`` beside it; where there is
none of that name, it shows "Page not found" over the page that it then draws. So each page has a file there, which
runs ``app.py``: after that the server knows the real pages, and these files are not looked at again.
"""

import runpy

from sparklime_core.paths import app_file


def run_app() -> None:
    """Run the dashboard's router."""
    runpy.run_path(str(app_file()), run_name="__main__")
