"""A bar of tqdm that counts rows, in a terminal or in a notebook, where somebody asks for it."""

from collections.abc import Iterable, Iterator


def counted(blocks: Iterable[slice], rows: int, *, progress: bool) -> Iterator[slice]:
    """Yield blocks of rows; with `progress` a bar counts them, in a terminal or a notebook."""
    if not progress:
        yield from blocks
        return
    from tqdm.auto import tqdm  # noqa: PLC0415 - executors need none

    with tqdm(total=rows, unit="row") as bar:
        for block in blocks:
            yield block
            bar.update(block.stop - block.start)
