"""An example of run.json, made from a shipped scenario and what the publisher would say of it."""

from __future__ import annotations

import json
from collections.abc import Iterator

from smarketing_sim import __version__
from smarketing_sim.scenario.building import to_document
from smarketing_sim.scenario.files import load


def example() -> Iterator[str]:
    """Yield the record of a run: real where any machine says the same, and told in words elsewhere."""
    scenario = load("smarketing:article-sla")
    record = {
        "schema": 1,
        "title": scenario.name,
        "notebook": "planning_report",
        "scenario": scenario.name,
        "seed": 1,
        "model_version": __version__,
        "published_at": "2026-01-05T06:00:00+00:00",
        "finding": "the answer in one sentence",
        "headline": [{"label": "what it is", "value": "as the page shows it", "range": "its range, in words"}],
        "results": {"…": "what the notebook recorded; each chapter has its own entries"},
        "params": dict.fromkeys(to_document(scenario), "…"),
        "digest": scenario.digest,
        "replications": 200,
        "params_file": {"name": "article-sla.yaml", "sha256": "64 hexadecimal digits"},
        "versions": {"python": "…", "numpy": "…", "smarketing_sim": __version__},
        "git": {"commit": "40 hexadecimal digits", "dirty": False},
        "duration_seconds": "a number",
        "cores": "a whole number",
        "artefacts": {"report.html": "…"},
    }
    yield f"```json\n{json.dumps(record, indent=1, ensure_ascii=False)}\n```"
