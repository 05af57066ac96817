from pathlib import Path
from signal import SIGTERM

from openai import AsyncOpenAI, DefaultAsyncHttpxClient

from proxy.standin import create_standin
from tests.cli.commands import line_with, started, steno
from tests.servers import running


async def test_what_is_served_is_recorded_and_can_be_read_meanwhile(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'steno.db'}"
    async with running(create_standin()) as upstream:
        flags = ("--port", "0", "--store", url, "--upstream", f"{upstream}/v1")
        async with started("serve", *flags) as process:
            base_url = (await line_with(process, "steno: serving on ")).split()[-1]
            http = DefaultAsyncHttpxClient(trust_env=False)
            async with AsyncOpenAI(base_url=f"{base_url}/v1", api_key="sk-test", http_client=http) as client:
                await client.chat.completions.create(
                    model="gpt-4o", messages=[{"role": "user", "content": "What is 6 * 7?"}]
                )
            ran = await steno("search", "6 * 7", "--store", url)
            assert "What is 6 * 7?" in ran.out, ran.err
            process.send_signal(SIGTERM)
            assert await process.wait() == 0
    assert len((await steno("sessions", "--json", "--store", url)).json) == 1


async def test_to_serve_takes_none_of_what_other_commands_print_with(tmp_path: Path) -> None:
    flags = ("--store", f"sqlite:///{tmp_path / 'steno.db'}", "--host", "256.0.0.1")
    ran = await steno("serve", *flags, PYTHONPROFILEIMPORTTIME="1")
    loaded = {line.rpartition("|")[2].strip() for line in ran.err.splitlines() if line.startswith("import time:")}
    assert ran.code == 1
    assert "proxy.upstream" in loaded
    assert not {"rich", "pygments", "jinja2", "proxy.cli.reading"} & loaded
    assert not {"click", "proxy.workers", "logging.handlers", "_brotli", "zstandard"} & loaded
