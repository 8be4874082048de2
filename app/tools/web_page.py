"""Opening a web page, after the person agreed."""

from typing import Final

from app.tools.address import AddressRefused, WebAddress, web_address
from app.tools.desk import Desk
from app.tools.tool import Arguments, Tool, ToolResult, answer, failure

_LONGEST_SHOWN: Final = 120
_LONGEST_ADDRESS: Final = 2000


async def _open(arguments: Arguments, desk: Desk) -> ToolResult:
    try:
        address = web_address(str(arguments["address"]))
    except AddressRefused as refusal:
        return failure(f"Web page · not opened, {refusal}", f"This address is not opened: {refusal}.")
    if not await _agreed(address, desk):
        return answer(f"Web page {address.host} · not opened, as you wished", opened=False, why="The person declined.")
    desk.open_page(address.url)
    return answer(f"Web page {address.host} · opened in the browser", opened=True, address=address.url)


async def _agreed(address: WebAddress, desk: Desk) -> bool:
    site = address.host
    if address.spoken_host != address.host:
        site = f"{address.spoken_host} (in plain letters {address.host})"
    page = address.url if len(address.url) <= _LONGEST_SHOWN else address.url[: _LONGEST_SHOWN - 1] + "…"
    if address.is_local:
        warning = "This leads into your own computer or network, where a page may change settings."
        return await desk.confirm(f"Open a page of {site}? {warning} {page}", "Open anyway", "Do not open")
    return await desk.confirm(f"Open a page of {site}? {page}", "Open", "Do not open")


WEB_PAGE: Final = Tool(
    name="open_web_page",
    title="Web page",
    description="Shows a web page in the person's browser. The person is asked first and may decline.",
    parameters={
        "type": "object",
        "properties": {
            "address": {
                "type": "string",
                "minLength": 1,
                "maxLength": _LONGEST_ADDRESS,
                "description": "The whole address, beginning with https:// or http://.",
            },
        },
        "required": ["address"],
        "additionalProperties": False,
    },
    time_limit_s=60.0,  # for the person to read and decide
    run=_open,
)
