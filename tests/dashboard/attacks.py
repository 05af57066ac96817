"""Texts that would do harm on a page that believed them."""

SCRIPTS = (
    "<script>window.owned = 1</script>",
    "<img src=x onerror='window.owned = 1'>",
    "<svg onload='window.owned = 1'><script>window.owned = 1</script></svg>",
    "'\"><script>window.owned = 1</script>",
    "</title></script></textarea></style><script>window.owned = 1</script>",
    "<iframe srcdoc='<script>parent.owned = 1</script>'></iframe>",
    "<a href='javascript:window.owned = 1'>x</a>",
    "<body onload=window.owned=1><details open ontoggle=window.owned=1>",
    "<div hx-get='/sessions/x' hx-trigger='load' hx-on:load='window.owned = 1' data-hx-on='window.owned = 1'></div>",
    "<math><mtext><table><mglyph><style><img src=x onerror=window.owned=1></style></mglyph></table></mtext></math>",
    "{{ 7 * 7 }}${7 * 7}<%= 7 * 7 %>#{7 * 7}",
    "\u202eevil\u202c \x1b[31mred\x1b[0m \x00 \ufeff",
    "<meta http-equiv=refresh content='0;url=https://evil.example/'>",
    "<link rel=stylesheet href=https://evil.example/x.css><style>@import 'https://evil.example/y.css'</style>",
    "<base href=https://evil.example/><form action=https://evil.example/><input name=q>",
)
MARKDOWN = (
    "[x](javascript:window.owned=1) [y](JaVaScRiPt&colon;window.owned=1) [z](data:text/html,<script>1</script>)",
    "![x](https://evil.example/x.png) ![y](javascript:window.owned=1) ![z](//evil.example/z.png)",
    "<javascript:window.owned=1> <https://evil.example/auto>",
    "[a]: javascript:window.owned=1 'title'\n\n[a] ![a]",
    '[x](https://evil.example/" onmouseover="window.owned=1)',
    "```<script>window.owned=1</script>\n</code></pre><script>window.owned=1</script>\n```",
    "```python\n</code><script>window.owned=1</script>\n```",
    "| <script>window.owned=1</script> |\n|---|\n| <img src=x onerror=window.owned=1> |",
    "# <script>window.owned=1</script>\n\n> <svg onload=window.owned=1>",
)
ALL = (*SCRIPTS, *MARKDOWN)
