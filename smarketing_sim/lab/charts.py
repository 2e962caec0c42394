"""The lab's two charts as pictures: drawn off screen, so that a thread in the background may draw them."""

from __future__ import annotations

import base64
import io
import struct
import warnings

import numpy as np
from matplotlib.figure import Figure

from smarketing_sim.charts.style import response_curves, waiting_map
from smarketing_sim.experiment.replications import Replications
from smarketing_sim.experiment.results import mean_of
from smarketing_sim.measure.response import BUSINESS_GRID, WALL_GRID
from smarketing_sim.scenario.contract import speed_by_business_clock
from smarketing_sim.words.markup import escape
from smarketing_sim.words.numbers import span, wait

_DOTS_PER_INCH = 110


def waiting_png(experiment: Replications) -> bytes:
    """Draw where in the week leads wait, new leads and follow-ups together; return a PNG."""
    new, retries = experiment.stacked("waiting_new"), experiment.stacked("waiting_retries")
    return _png(waiting_map(new.mean(axis=0) + retries.mean(axis=0)))


def response_png(experiment: Replications) -> bytes:
    """Draw how old leads are when called, on both clocks, with the promised limit; return a PNG."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a year without a lead has no share
        return _png(
            response_curves(
                business_hours=BUSINESS_GRID / 60,
                business=experiment.stacked("called_business"),
                wall_hours=WALL_GRID / 60,
                wall=experiment.stacked("called_wall"),
                promise_hours=_promise_hours(experiment),
            )
        )


def waiting_words(experiment: Replications) -> str:
    """Return in a sentence what the first chart shows."""
    waiting = experiment.stacked("waiting_new").mean(axis=0) + experiment.stacked("waiting_retries").mean(axis=0)
    return f"Mean number of leads waiting by weekday and hour; at most {np.nanmax(waiting, initial=0.0):.1f} at a time."


def response_words(experiment: Replications) -> str:
    """Return in a sentence what the second chart shows."""
    business, wall = (mean_of(experiment, f"response_{clock}_p50_minutes").mean for clock in ("business", "wall"))
    return f"Leads called by age: half within {wait(business)} on the business clock, {span(wall)} for the buyer."


def picture_html(picture: bytes, told: str) -> str:
    """Return a PNG as HTML with its finding above it and as its alternative text, which an image widget cannot have.

    Its size and its being decoded at once keep the page from blinking when it is drawn anew.
    """
    width, height = struct.unpack(">II", picture[16:24])
    source = f"data:image/png;base64,{base64.b64encode(picture).decode()}"
    image = f'<img src="{source}" alt="{escape(told)}" width="{width}" height="{height}" decoding="sync">'
    return f"<p><b>{escape(told)}</b></p>{image}"


def _promise_hours(experiment: Replications) -> float | None:
    clauses = experiment.scenario.sla.values()
    promise = speed_by_business_clock(clauses)
    return None if promise is None else experiment.scenario.clause_minutes(promise) / 60.0


def _png(figure: Figure) -> bytes:
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=_DOTS_PER_INCH, metadata={"Software": None})
    return picture.getvalue()
