"""The symbols that GPT-SoVITS writes texts in, by their numbers: of Chinese, Japanese and English, then of v2's others.

They are those of RVC-Boss/GPT-SoVITS@48b1a01 GPT_SoVITS/text/symbols.py and symbols2.py, each language's sorted.
"""

from __future__ import annotations

from collections.abc import Mapping

# endings, tones or stresses, with "-" for none -> what takes each of them
_FIRST: Mapping[str, str] = {
    "-": "! , - . ? B CH D DH EE F G HH I JH K L M N NG OO P R S SH T TH U UNK V W Y Z ZH _ b by c ch cl d dy f g gy h "
    "hy j k ky l m my n ny p py q r ry s sh t ts w x y z zh …",
    "-012": "AA ER IH",
    "012": "AE AH AO AW AY EH EY IY OW OY UH UW",
    "12345": "E En ai an ang ao ei en eng er i0 ia ian iang iao ie in ing iong ir iu ong ou ua uai uan uang ui un uo "
    "van ve vn",
    "-23": "SP",
    "-12345": "a e i o u v",
}
_KOREAN = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎㅏㅐㅓㅔㅗㅜㅡㅣ停空"
_CANTONESE: Mapping[str, str] = {
    "-": "Yb Yc Yd Yf Ygw Yh Yj Ykw Yl Yng Ys Yw Yz",
    "123456": "Yaai Yaak Yaam Yaan Yaang Yaap Yaat Yaau Yam Yan Yang Yap Yat Yei Yek Yeng Yeoi Yeon Yeot Yi Yik Yim "
    "Yin Ying Yip Yit Yiu Yoe Yoek Yoeng Yong Yot Yu Yui Yun Yung Yut Yyu Yyun Yyut",
    "-123456": "Ya Yaa Yai Yak Yau Ye Yg Yk Ym Yn Yo Yoi Yok Yon You Yp Yt Yuk",
}


def _sorted(stems: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(
        sorted(
            stem + ending.removeprefix("-")
            for endings, all_stems in stems.items()
            for stem in all_stems.split()
            for ending in endings
        )
    )


_V1 = _sorted(_FIRST)
_V2 = (*_V1, "[", "]", *_KOREAN, *_sorted(_CANTONESE))


def phones_of(count: int) -> tuple[str, ...]:
    """The symbols of as many numbers; none where they are others."""
    return next((symbols for symbols in (_V1, _V2) if len(symbols) == count), ())
