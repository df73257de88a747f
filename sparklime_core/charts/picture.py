"""The drawing of a picture, alone in a module: a child process imports it, and no altair; see `chart_files`."""

from typing import IO, Any, Literal

import vl_convert

Kind = Literal["svg", "png"]

NOWHERE: list[str] = []
"""The addresses that a chart may load from."""


def draw(file: IO[bytes], kind: Kind, spec: dict[str, Any], config: dict[str, Any], scale: float) -> None:
    """Draw a specification of Vega-Lite and write it into a file."""
    if kind == "svg":
        svg = str(vl_convert.vegalite_to_svg(spec, config=config, allowed_base_urls=NOWHERE))
        file.write(svg.encode())
    else:
        png = vl_convert.vegalite_to_png(spec, scale=scale, config=config, allowed_base_urls=NOWHERE)
        file.write(bytes(png))
