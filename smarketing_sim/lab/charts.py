"""The lab's two charts as pictures: drawn off screen, so that a thread in the background may draw them."""

from __future__ import annotations

import base64
import io
import struct

from matplotlib.figure import Figure

from smarketing_sim.charts import years as charts
from smarketing_sim.experiment.replications import Replications
from smarketing_sim.words.markup import escape
from smarketing_sim.words.numbers import span, wait

_DOTS_PER_INCH = 110


def waiting_png(experiment: Replications) -> bytes:
    """Draw where in the week leads wait, new leads and follow-ups together; return a PNG."""
    return _png(charts.waiting(experiment))


def response_png(experiment: Replications) -> bytes:
    """Draw how old leads are when called, on both clocks, with the promised limit; return a PNG."""
    return _png(charts.response(experiment))


def waiting_words(experiment: Replications) -> str:
    """Return in a sentence what the first chart shows."""
    most = charts.busiest_hour(experiment)[1]
    return f"Mean number of leads waiting by weekday and hour; at most {most:.1f} at a time."


def response_words(experiment: Replications) -> str:
    """Return in a sentence what the second chart shows."""
    business, wall = charts.half_called(experiment)
    return f"Leads called by age: half within {wait(business)} on the business clock, {span(wall)} for the buyer."


def picture_html(picture: bytes, text: str) -> str:
    """Return a PNG as HTML with its finding above it and as its alternative text, which an image widget cannot have.

    Its size and its being decoded at once keep the page from blinking when it is drawn anew.
    """
    width, height = struct.unpack(">II", picture[16:24])
    source = f"data:image/png;base64,{base64.b64encode(picture).decode()}"
    image = f'<img src="{source}" alt="{escape(text)}" width="{width}" height="{height}" decoding="sync">'
    return f"<p><b>{escape(text)}</b></p>{image}"


def _png(figure: Figure) -> bytes:
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=_DOTS_PER_INCH, metadata={"Software": None})
    return picture.getvalue()
