"""Texts that would be markup, code or a template if anything let them."""

from __future__ import annotations

import itertools

_RUN = "document.documentElement.dataset.pwned=1"
_PAYLOADS = [
    f"<script>{_RUN}</script>",
    f"<img src=x onerror={_RUN}>",
    f"<svg onload={_RUN}>",
    f"<svg><script>{_RUN}</script></svg>",
    f"<details open ontoggle={_RUN}>",
    f"<iframe srcdoc='<script>parent.{_RUN}</script>'>",
    f"<a href=javascript:{_RUN}>x</a>",
    f"[x](javascript:{_RUN})",
    "![x](javascript:alert(1))",
    "[x]: javascript:alert(1)",
    "<javascript:alert(1)>",
    "<https://example.com>",
    "https://example.com/a",
    "# heading",
    "- item",
    "1. item",
    "> quote",
    "**bold** _em_ ~~gone~~ `code`",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "```html\n<b>x</b>\n```",
    "    indented",
    "***",
    "text\n===",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;img src=x onerror=alert(1)&#62;",
    "<style>*{display:none}</style>",
    "<meta http-equiv=refresh content='0;url=https://example.com'>",
    "<base href=https://example.com/>",
    "<form action=https://example.com><input name=a autofocus onfocus=alert(1)>",
    "<math><mtext></p><img src=x onerror=alert(1)>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<![CDATA[<img src=x onerror=alert(1)>]]>",
    "{{7*7}}",
    "{% raw %}{{ ''.__class__ }}{% endraw %}",
    "{# gone #}",
    "${7*7}",
    "=1+1",
    "x\x00y",
    "\ud800",
    "a\u202egnp.exe",
    "\ufeff\u2028\u2029<b>",
    "ünïcode 中文 🎉 <b>",
    "\\",
    "\\*not\\*",
    "$x$ and $y$",
    "'\"><b>",
    "' onmouseover='alert(1)",
    '" onmouseover="alert(1)',
    "` onmouseover=`alert(1)",
]
_FRAMES = [
    "{}",
    '">{}',
    "'>{}",
    "</td></table>{}",
    "</title></style></textarea>{}",
    "--> {}",
    "]]>{}",
    "\n\n{}\n\n",
    "a {} b",
    "{}{}",
]


def hostile_texts() -> list[str]:
    """Return 500 distinct texts that would be markup, code or a template if anything let them."""
    return [frame.replace("{}", payload) for frame, payload in itertools.product(_FRAMES, _PAYLOADS)]
