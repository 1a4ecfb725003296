"""Multipart forms with files."""

import io
from collections.abc import Iterable, Mapping

from aiohttp import MultipartWriter

from publisher.ports import Attachment


async def form_of(
    fields: Mapping[str, str], files: Iterable[tuple[str, Attachment]]
) -> tuple[dict[str, str], bytes]:
    """The headers and the body of a form; each file is named by its field."""
    written = MultipartWriter("form-data")
    for name, media in files:
        file = written.append(io.BytesIO(media.data), {"Content-Type": media.content_type})
        shown = media.file.rpartition("/")[2] or "file"
        file.set_content_disposition("form-data", name=name, filename=shown)
    for name, value in fields.items():
        written.append(value).set_content_disposition("form-data", name=name)
    return {"Content-Type": written.content_type}, await written.as_bytes()
