"""Whose training made a VITS or RVC model, and what that training does with its data, where its config tells or not.

The symbols are those of jaywalnut310/vits@2e561ba text/symbols.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ganloss_cli.io.architectures.audio_task import AudioTask, Mel

_VITS = "jaywalnut310/vits"
_RVC = "RVC-Project/Retrieval-based-Voice-Conversion-WebUI"
_APPLIO = "IAHispano/Applio"
# hop -> samples of a slice: vits ljs_base.json, RVC v1/40k.json and v2/*.json, Applio 24000.json, so-vits-svc's
# template, GPT-SoVITS s2.json
_SEGMENTS = {256: 8192, 240: 8640, 320: 12800, 400: 12800, 480: 17280, 512: 10240, 640: 20480}

_PUNCTUATION = ';:,.!?¡¿—…"«»“” '
_LATIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
# vowels and consonants of the IPA, then its stress, length and tone marks
_IPA = (
    "ɑɐɒæɓʙβɔɕçɗɖðʤəɘɚɛɜɝɞɟʄɡɠɢʛɦɧħɥʜɨɪʝɭɬɫɮʟɱɯɰŋɳɲɴøɵɸθœɶʘɹɺɾɻʀʁɽʂʃʈʧʉʊʋⱱʌɣɤʍχʎʏʑʐʒʔʡʕʢǀǁǂǃˈˌːˑʼʴʰʱʲʷˠˤ˞↓↑→↗↘'\u0329'ᵻ"
)
SYMBOLS = ("_", *_PUNCTUATION, *_LATIN, *_IPA)
PHONETIC = frozenset(_IPA) - {"'"}  # what only a text in phonetic letters has


def recipe_of(decoder: AudioTask, config: Mapping[str, Any], *, text: bool) -> tuple[str | None, Mel | None]:
    """The training, as owner/name and the name of its recipe, and the mel spectrogram of its loss.

    Args:
        decoder: what is known of the decoder alone.
        config: of the file, and beside it.
        text: whether the prior is one of text.
    """
    mel = decoder.mel
    if text:
        return f"{_VITS} vits", mel if mel is None else replace(mel, convention="vits")
    rate = f"{mel.sample_rate // 1000}k" if mel is not None else ""
    data = config.get("data")
    if isinstance(data, Mapping) and "sample_rate" in data:  # where RVC's says sampling_rate
        return f"{_APPLIO} applio_{rate}", mel if mel is None else replace(mel, convention="vits")
    return f"{_RVC} rvc_{rate}", mel if mel is None else replace(mel, convention="rvc")


def segment_of(mel: Mel | None, config: Mapping[str, Any]) -> int | None:
    """Samples of the slices that the training draws."""
    train = config.get("train")
    told = train.get("segment_size") if isinstance(train, Mapping) else None
    if isinstance(told, int) and told > 0:
        return told
    return _SEGMENTS.get(mel.hop) if mel is not None else None


def symbols_of(n_symbols: int, config: Mapping[str, Any]) -> tuple[str, ...]:
    """The symbols of as many numbers: those of the config, else VITS's own; none where they are others."""
    for place in (config, config.get("data"), config.get("model")):
        told = place.get("symbols") if isinstance(place, Mapping) else None
        if isinstance(told, list | tuple) and len(told) == n_symbols and all(isinstance(each, str) for each in told):
            return tuple(told)
    return SYMBOLS if n_symbols == len(SYMBOLS) else ()


def add_blank(config: Mapping[str, Any]) -> bool:
    """Whether the training puts symbol 0 between all others; all of VITS's configs do."""
    data = config.get("data")
    return bool(data.get("add_blank", True)) if isinstance(data, Mapping) else True
