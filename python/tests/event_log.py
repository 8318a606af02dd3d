"""Writes Windows event logs (.evtx) from records as JSON has them, for tests: without templates, each record spelled out."""

import struct
import zlib
from datetime import datetime, timezone
from typing import Any

HEADER, CHUNK, CHUNK_HEADER = 4096, 65536, 512
_1601 = 11_644_473_600


def event_log(records: list[dict[str, Any]]) -> bytes:
    """A log of records of the form {"Event": {"System": {…}, "EventData": {…}}}."""
    chunks: list[bytes] = []
    number = 1
    while number <= len(records):
        chunk, number = _chunk(records, number)
        chunks.append(chunk)
    head = struct.pack("<8sQQQIHHHH76xI", b"ElfFile\0", 0, max(len(chunks) - 1, 0), number, 128, 1, 3, HEADER, len(chunks), 0)
    head += struct.pack("<I", zlib.crc32(head[:120]))
    return head.ljust(HEADER, b"\0") + b"".join(chunks)


def _chunk(records: list[dict[str, Any]], first: int) -> tuple[bytes, int]:
    """A chunk of as many records as fit it, and the number of the record after them."""
    body, number, last = b"", first, 0
    while number <= len(records):
        at = CHUNK_HEADER + len(body)
        binary = _Xml(at + 24).event(records[number - 1]["Event"])
        size = len(binary) + 28
        if at + size > CHUNK:
            break
        when = _filetime(records[number - 1]["Event"]["System"])
        body += struct.pack("<IIQQ", 0x2A2A, size, number, when) + binary + struct.pack("<I", size)
        last, number = at, number + 1
    if number == first:
        raise ValueError("a record is larger than a chunk")
    free = CHUNK_HEADER + len(body)
    head = struct.pack("<8sQQQQIIII", b"ElfChnk\0", first, number - 1, first, number - 1, 128, last, free, zlib.crc32(body))
    head = head.ljust(124, b"\0")
    tables = bytes(CHUNK_HEADER - 128)
    head += struct.pack("<I", zlib.crc32(head[:120] + tables))
    return (head + tables + body).ljust(CHUNK, b"\0"), number


def _filetime(system: dict[str, Any]) -> int:
    text = system["TimeCreated"]["#attributes"]["SystemTime"].rstrip("Z").replace(" ", "T")[:26]
    moment = datetime.fromisoformat(text).replace(tzinfo=timezone.utc)
    return int((moment.timestamp() + _1601) * 10_000_000)


class _Xml:
    """Binary XML that begins at an offset of its chunk."""

    def __init__(self, offset: int) -> None:
        self.offset = offset
        self.out = bytearray(b"\x0f\x01\x01\x00")

    def event(self, event: dict[str, Any]) -> bytes:
        attributes = event.get("#attributes", {})
        parts = {name: part for name, part in event.items() if name != "#attributes" and part is not None}
        self.open("Event", attributes)
        for name, part in parts.items():
            if name == "EventData":
                self.open(name, {})
                for key, value in part.items():
                    if key != "#attributes":
                        self.element("Data", value, {"Name": key})
                self.close()
            else:
                self.element(name, part, {})
        self.close()
        return bytes(self.out + b"\0")

    def element(self, name: str, value: Any, attributes: dict[str, Any]) -> None:
        below = value if isinstance(value, dict) else {}
        self.open(name, {**below.get("#attributes", {}), **attributes})
        for key, part in below.items():
            if key == "#text":
                self.text(part)
            elif key != "#attributes":
                self.element(key, part, {})
        if not isinstance(value, dict) and value is not None:
            self.text(value)
        self.close()

    def open(self, name: str, attributes: dict[str, Any]) -> None:
        self.out += b"\x41" if attributes else b"\x01"
        # The size of an element is for readers that skip it.
        self.out += bytes(4)
        self.name(name)
        if attributes:
            self.out += bytes(4)
        for number, (key, value) in enumerate(attributes.items(), 1):
            self.out += b"\x06" if number == len(attributes) else b"\x46"
            self.name(key)
            self.text(value)
        self.out += b"\x02"

    def close(self) -> None:
        self.out += b"\x04"

    def name(self, name: str) -> None:
        """A name, which stands where its offset says: right behind it."""
        code = 0
        for unit in name:
            code = (code * 65599 + ord(unit)) & 0xFFFFFFFF
        self.out += struct.pack("<I", self.offset + len(self.out) + 4)
        self.out += struct.pack("<IHH", 0, code & 0xFFFF, len(name)) + name.encode("utf-16-le") + b"\0\0"

    def text(self, value: Any) -> None:
        text = str(value).encode("utf-16-le")
        self.out += b"\x05\x01" + struct.pack("<H", len(text) // 2) + text
