"""How the docs become a site: Markdown by MyST, docstrings by autodoc, and parts made from the package at build."""

from __future__ import annotations

import sys
from pathlib import Path

from smarketing_sim import __version__

sys.path.insert(0, str(Path(__file__).resolve().parent / "_ext"))

project = "The smarketing lab"
author = "the smarketing lab authors"
copyright = author
version = release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "made_from_code"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_ext"]

myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence", "deflist"]

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_attr_annotations = False  # types stand in the signature
python_maximum_signature_line_length = 100

html_theme = "furo"
html_title = f"{project} {__version__}"
html_show_sourcelink = False
html_copy_source = False
html_permalinks_icon = "#"
