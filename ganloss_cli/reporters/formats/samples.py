"""Pictures and sounds of samples within a page: as data: URIs, as many samples as there is room for."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ganloss_cli.records.report import SamplePicture, SampleRank, SampleSound, SampleView
from ganloss_cli.reporters.document import Pictures
from ganloss_cli.reporters.figures import figure

_ROOM = 900_000  # bytes of all of them, with their words


@dataclass(frozen=True, kw_only=True)
class Medium:
    """A picture or a sound, with what it shows in words."""

    kind: str  # "img" or "audio"
    uri: str
    called: str
    told: str
    wide: bool


@dataclass(frozen=True, kw_only=True)
class Card:
    """One sample."""

    name: str
    media: Sequence[Medium]
    ranks: Sequence[SampleRank]


def cards(section: Pictures) -> list[Card]:
    """The first samples, drawn one after the other until the room is spent."""
    found: list[Card] = []
    left = _ROOM
    for picture in section.pictures:
        card = _card(picture)
        left -= sum(len(one.uri) + 2 * len(one.called) for one in card.media) + 1000 * (1 + len(card.media))
        if left < 0:
            break
        found.append(card)
    return found


def _card(picture: SamplePicture) -> Card:
    return Card(name=picture.name, media=list(_media(picture)), ranks=picture.ranks)


def _media(picture: SamplePicture) -> Iterator[Medium]:
    for sound in picture.sounds:
        yield Medium(kind="audio", uri=_uri("audio/ogg", sound.ogg), called=sound.side, told=_heard(sound), wide=True)
    for view in picture.views:
        form = "webp" if view.image.startswith(b"RIFF") else "jpeg"
        uri = _uri(f"image/{form}", view.image)
        yield Medium(kind="img", uri=uri, called=view.called, told=_told(view), wide=view.wide)


def _uri(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"


def _told(view: SampleView) -> str:
    if view.mean is None:
        return ""
    low, high = (None if value is None else figure(value) for value in (view.low, view.high))
    if low and high:
        return f": mean {figure(view.mean)}, from {low} to {high}"
    return f": mean {figure(view.mean)}" + (f", lowest {low}" if low else f", largest {high}" if high else "")


def _heard(sound: SampleSound) -> str:
    if sound.start == 0 and sound.end == sound.length:
        return f": {sound.length:.2f} s"
    return f": {sound.start:.2f} to {sound.end:.2f} of {sound.length:.2f} s"
