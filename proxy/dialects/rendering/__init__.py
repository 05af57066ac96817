"""Recorded answers as replies again, where their bytes were not kept: a module and a line here for each wire format.

Only replays load this package.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from proxy.dialects.rendering.anthropic import AnthropicRenderer
from proxy.dialects.rendering.chat import ChatRenderer
from proxy.dialects.rendering.completions import CompletionsRenderer
from proxy.dialects.rendering.responses import ResponsesRenderer
from proxy.dialects.rendering.told import Renderer, Told

RENDERERS: Mapping[str, Renderer] = MappingProxyType(
    {
        "anthropic": AnthropicRenderer(),
        "chat": ChatRenderer(),
        "completions": CompletionsRenderer(),
        "responses": ResponsesRenderer(),
    }
)

__all__ = ["RENDERERS", "Renderer", "Told"]
