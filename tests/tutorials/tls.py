"""TLS in front of a service that speaks none.

Owns the certificate and the passing on of bytes. Never reads them.
"""

import asyncio
import contextlib
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

_HOST = '127.0.0.1'


@contextlib.contextmanager
def front(folder: Path, port: int, behind: int) -> Iterator[None]:
    """Have TLS on a port, with a certificate of its own.

    :param folder: gets ``ca.pem``, by which it can be verified.
    :param behind: the port of the service.
    """
    certificate, key = folder / 'ca.pem', folder / 'key.pem'
    subprocess.run(
        (
            *('openssl', 'req', '-x509', '-nodes', '-days', '1'),
            *('-newkey', 'rsa:2048', '-subj', '/CN=devcloud'),
            *('-addext', f'subjectAltName=IP:{_HOST}'),
            *('-keyout', key, '-out', certificate),
        ),
        check=True,
        capture_output=True,
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    loop = asyncio.new_event_loop()

    async def serve(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            there = await asyncio.open_connection(_HOST, behind)
            await asyncio.gather(
                _pass_on(reader, there[1]), _pass_on(there[0], writer)
            )
        except OSError:
            writer.close()

    server = loop.run_until_complete(
        asyncio.start_server(serve, _HOST, port, ssl=context)
    )
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()


async def _pass_on(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    while data := await reader.read(1 << 16):
        writer.write(data)
        await writer.drain()
    writer.close()
