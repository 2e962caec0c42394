"""What a page and its kernel tell each other: a frame that claims more parts than it holds ends the connection.

The libraries that read frames believe the number of parts that stands at their beginning, and would count for ever.
"""

from __future__ import annotations

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection

_V1 = "v1.kernel.websocket.jupyter.org"
_UNSUPPORTED = 1003  # the code by which a websocket is closed for data that it cannot take


class Channels(ZMQChannelsWebsocketConnection):
    """The connection of a page to its kernel."""

    def handle_incoming_message(self, incoming_msg: str | bytes) -> None:
        """Hand on a message, or close the connection that it came by."""
        if isinstance(incoming_msg, bytes) and not holds_its_parts(incoming_msg, v1=self.subprotocol == _V1):
            self.websocket_handler.close(_UNSUPPORTED, "malformed message")
            return
        super().handle_incoming_message(incoming_msg)  # type: ignore[arg-type]


def holds_its_parts(frame: bytes, *, v1: bool) -> bool:
    """Tell whether a binary frame is long enough for the places of the parts that it says it has.

    Parameters
    ----------
    frame
        Number of parts, that many offsets, then the parts.
    v1
        Whether numbers take eight bytes, least first, as in the newer protocol; else four, most first.
    """
    size = 8 if v1 else 4
    count = int.from_bytes(frame[:size], "little" if v1 else "big")
    return count > 0 and size * (count + 1) <= len(frame)
