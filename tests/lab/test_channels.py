"""Frames that no page sends: the server goes on, for everybody else at once."""

from __future__ import annotations

import pytest
from jupyter_server.services.kernels.connection.base import (
    deserialize_msg_from_ws_v1,
    serialize_binary_message,
    serialize_msg_to_ws_v1,
)

from smarketing_sim.lab.channels import holds_its_parts

MESSAGE = {"header": {}, "parent_header": {}, "metadata": {}, "content": {}, "buffers": [b"x", b""]}


def test_frames_as_pages_send_them_are_let_through() -> None:
    v1 = serialize_msg_to_ws_v1([b"{}", b"{}", b"{}", b"{}", b"buffer"], "shell")
    assert deserialize_msg_from_ws_v1(v1)[0] == "shell"
    assert holds_its_parts(v1, v1=True)
    assert holds_its_parts(serialize_binary_message(MESSAGE), v1=False)


@pytest.mark.parametrize("v1", [True, False])
@pytest.mark.parametrize(
    "frame", [b"", b"\xff" * 8, b"\xff" * 4, bytes(8), b"\x7f" + b"\xff" * 30, b"\x05" + bytes(15)]
)
def test_a_frame_that_claims_more_parts_than_it_holds_is_none(frame: bytes, v1: bool) -> None:
    assert not holds_its_parts(frame, v1=v1)
