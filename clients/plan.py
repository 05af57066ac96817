"""The clients that are tried: where each comes from, and which conversations it holds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Client:
    """A client: its package, the environment that has it, its script and the parts of that.

    ``exact`` clients send what they were told to and nothing else; the others are agents.
    """

    name: str
    package: str
    environment: str
    script: str
    parts: tuple[str, ...] = ("",)
    exact: bool = True


SDKS, OLDER, AIDER, NODE = "sdks", "llamaindex-litellm", "aider", "node"
"""Three environments of Python, since not all can share one version of the OpenAI SDK, and one of Node."""

CLIENTS = (
    Client("openai (Python)", "openai", SDKS, "openai_python.py", ("chat", "stream", "tools", "responses", "held")),
    Client("openai (Node)", "openai", NODE, "openai_node.mjs", ("chat", "stream", "tools", "responses", "held")),
    Client("anthropic (Python)", "anthropic", SDKS, "anthropic_python.py", ("messages", "stream")),
    Client("anthropic (Node)", "@anthropic-ai/sdk", NODE, "anthropic_node.mjs", ("messages", "stream")),
    Client("AI SDK", "ai", NODE, "ai_sdk.mjs", ("default", "stream", "chat", "compatible")),
    Client("LangChain", "langchain-openai", SDKS, "langchain_python.py", ("chat", "stream", "agent", "responses")),
    Client("LlamaIndex", "llama-index-llms-openai", OLDER, "llamaindex.py", ("chat", "stream", "responses")),
    Client("LiteLLM", "litellm", OLDER, "litellm_python.py", ("chat", "stream", "responses", "messages")),
    Client("Pydantic AI", "pydantic-ai-slim", SDKS, "pydantic_ai_python.py", ("default", "chat")),
    Client("OpenAI Agents", "openai-agents", SDKS, "openai_agents.py", ("default", "held", "chat")),
    Client("Instructor", "instructor", SDKS, "instructor_python.py", ("chat",)),
    Client("llm", "llm", SDKS, "llm_cli.py"),
    Client("aider", "aider-chat", AIDER, "aider_cli.py", exact=False),
    Client("Codex", "@openai/codex", NODE, "codex_cli.py", ("builtin", "provider"), exact=False),
    Client("Claude Code", "@anthropic-ai/claude-code", NODE, "claude_code.py", exact=False),
    Client("opencode", "opencode-ai", NODE, "opencode_cli.py", exact=False),
)

REPLAYED = (
    Client(
        "OpenAI Agents, replayed",
        "openai-agents",
        SDKS,
        "openai_agents_twice.py",
        ("default", "held", "stream", "chat", "chat stream"),
    ),
)
"""Those that are run a second time, against what was recorded of the first."""
