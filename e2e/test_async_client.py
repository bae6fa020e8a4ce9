"""jupyter_client's asynchronous client, of which servers are made."""

from __future__ import annotations

import asyncio
import contextlib
import queue
from typing import Any

from jupyter_client import AsyncKernelClient, AsyncKernelManager

from kernels import KERNEL_NAME, LIMIT


def test_async_client():
    asyncio.run(start_and_use())


async def start_and_use() -> None:
    manager = AsyncKernelManager(kernel_name=KERNEL_NAME)
    await manager.start_kernel()
    client = manager.client()
    client.start_channels()
    try:
        await client.wait_for_ready(timeout=LIMIT)
        await asks_and_answers(client)
        await answers_everything_at_once(client)
        await is_interrupted(client, manager)
        await client.execute_interactive("x <- 1", timeout=LIMIT)
        await manager.restart_kernel()
        await client.wait_for_ready(timeout=LIMIT)
        await hears(client)
        assert await printed(client, "cat(exists('x'))") == "FALSE"
        await manager.shutdown_kernel()
        assert not await manager.is_alive()
    finally:
        client.stop_channels()
        if manager.has_kernel:
            await manager.shutdown_kernel(now=True)
        client.context.destroy(linger=0)


async def hears(client: AsyncKernelClient) -> None:
    """Wait until the client hears the kernel on IOPub. After a restart the sockets
    connect again one by one, and wait_for_ready() takes what the old kernel said
    last for a sign of the new one."""
    async with asyncio.timeout(LIMIT):
        while True:
            asked = client.kernel_info()
            with contextlib.suppress(queue.Empty):
                while (await client.get_iopub_msg(timeout=1))["parent_header"].get("msg_id") != asked:
                    pass
                return


async def printed(client: AsyncKernelClient, code: str, **kw: Any) -> str:
    text: list[str] = []
    reply = await client.execute_interactive(
        code, timeout=LIMIT, output_hook=lambda m: text.append(m["content"].get("text", "")), **kw
    )
    assert reply["content"]["status"] == "ok", reply["content"]
    return "".join(text)


async def asks_and_answers(client: AsyncKernelClient) -> None:
    async def answer(request: dict[str, Any]) -> None:
        assert request["content"] == {"prompt": "who? ", "password": False}
        client.input("Ada")

    code = "cat('hello,', readline('who? '))"
    assert await printed(client, code, allow_stdin=True, stdin_hook=answer) == "hello, Ada"


async def answers_everything_at_once(client: AsyncKernelClient) -> None:
    """Requests of all kinds under way at once: replies come in their order."""
    asked = [client.complete("me"), client.inspect("mean"), client.history(), client.is_complete("1 +")]
    for msg_id in asked:
        reply = await client.get_shell_msg(timeout=LIMIT)
        assert reply["parent_header"]["msg_id"] == msg_id


async def is_interrupted(client: AsyncKernelClient, manager: AsyncKernelManager) -> None:
    msg_id = client.execute("cat('on\\n'); Sys.sleep(1000)")
    while (await client.get_iopub_msg(timeout=LIMIT))["msg_type"] != "stream":
        pass
    await manager.interrupt_kernel()
    reply = await client.get_shell_msg(timeout=LIMIT)
    assert reply["parent_header"]["msg_id"] == msg_id and reply["content"]["status"] == "error"
