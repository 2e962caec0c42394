"""What a page and its kernel tell each other: a frame that claims more parts than it holds ends the connection.

The libraries that read frames believe the number of parts that stands at their beginning, and would count for ever.
"""

from __future__ import annotations

from typing import Any

from jupyter_client.session import DELIM
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection

from smarketing_sim.lab.faults import shown

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


class VisitorChannels(Channels):
    """The connection of a visitor's page to its kernel, which tells of faults in words and shows no code."""

    def handle_outgoing_message(self, stream: str, outgoing_msg: list[Any]) -> None:
        """Hand on a message, or what a visitor may read of it."""
        names, (_, *parts) = self.session.feed_identities(outgoing_msg)
        kind = self.session.unpack(parts[0])["msg_type"]
        if kind in {"stream", "error", "execute_input"} or kind.endswith("_reply"):
            content = shown(kind, self.session.unpack(parts[3]))
            if content is None:
                return
            parts[3] = self.session.pack(content)
            outgoing_msg = [*names, DELIM, self.session.sign(parts[:4]), *parts]
        super().handle_outgoing_message(stream, outgoing_msg)


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
