"""A table as HTML: every text in it is escaped here."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from smarketing_sim.words.markup import escape


def table_html(
    headings: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    caption: str = "",
    numeric: Collection[str] = (),
) -> str:
    """Return a table as HTML.

    Parameters
    ----------
    headings
        Column names in a reader's words.
    rows
        One sequence per row, as long as ``headings``; its first cell names the row. A pair ``(text, note)`` puts the
        note on a muted second line.
    caption
        A line above the table that says what it holds.
    numeric
        The headings whose columns are set flush right.
    """
    classes = [' class="n r"' if heading in numeric else "" for heading in headings]
    head = "".join(f'<th scope="col"{c}>{escape(h)}</th>' for h, c in zip(headings, classes, strict=True))
    body = "".join(_row(row, classes) for row in rows)
    title = f"<caption>{escape(caption)}</caption>" if caption else ""
    return f'<div class="wide"><table>{title}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _row(row: Sequence[object], classes: Sequence[str]) -> str:
    cells = [
        f'<th scope="row"{c}>{_cell(value)}</th>' if column == 0 else f"<td{c}>{_cell(value)}</td>"
        for column, (value, c) in enumerate(zip(row, classes, strict=True))
    ]
    return f"<tr>{''.join(cells)}</tr>"


def _cell(value: object) -> str:
    if isinstance(value, tuple):
        text, note = value
        return f"{escape(text)}<span>{escape(note)}</span>"
    return escape(value)
