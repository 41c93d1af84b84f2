"""Units as companies state them: kEUR, US$'000, in Mio. €, %, and number formats.

Belongs here: one text, or one number format, → currency, scale and percent. Does not
belong here: which of several statements counts for a cell (settle).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipelines.finance.kpi.wording import fold

_CODES = (
    "usd eur gbp chf sek nok dkk pln czk huf ron bgn isk ils inr jpy cny cad aud nzd sgd hkd brl"
    " mxn zar try aed sar krw idr ngn kes egp cop clp ars uah"
)
_SIGNS = {
    "us$": "USD", "$us": "USD", "ca$": "CAD", "c$": "CAD", "a$": "AUD", "au$": "AUD",
    "s$": "SGD", "hk$": "HKD", "nz$": "NZD", "r$": "BRL", "mx$": "MXN", "€": "EUR", "£": "GBP",
    "₹": "INR", "₪": "ILS", "₺": "TRY", "₩": "KRW", "₴": "UAH", "zł": "PLN", "zl": "PLN",
    "euros": "EUR", "euro": "EUR", "us dollars": "USD", "us dollar": "USD", "dollars us": "USD",
    "pounds sterling": "GBP", "sterling": "GBP", "swiss francs": "CHF", "schweizer franken": "CHF",
    "swedish kronor": "SEK", "norwegian kroner": "NOK", "danish kroner": "DKK",
    "$": "$", "dollars": "$", "kr": "kr", "kronor": "kr", "kroner": "kr", "¥": "¥",
}  # fmt: skip
CANDIDATES = {
    "$": ("USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN"),
    "kr": ("SEK", "NOK", "DKK", "ISK"),
    "¥": ("JPY", "CNY"),
}
"""Signs that several currencies share."""
_LOCALES = {
    "409": "USD", "1009": "CAD", "c0c": "CAD", "c09": "AUD", "1409": "NZD", "4809": "SGD",
    "411": "JPY", "804": "CNY", "41d": "SEK", "414": "NOK", "406": "DKK", "40f": "ISK",
}  # fmt: skip
"""Windows' number of a language and country, in number formats, → currency."""
_SCALES = {
    1_000: "thousands thousand tausend tsd milliers millier miles migliaia duizend '000s '000 000s"
    " 000' 000 k t",
    1_000_000: "millions million millionen millones milioni miljoen mio mln mn mm m",
    1_000_000_000: "billions billion milliarden milliards mrd bn",
}
_SCALE_OF = {word: scale for scale, words in _SCALES.items() for word in words.split()}
_NEEDS_CURRENCY = {"t", "m"}
_OTHER = {
    "%": "percent", "percent": "percent", "pct": "percent", "prozent": "percent",
    "per cent": "percent", "pourcent": "percent", "months": "months", "mths": "months",
    "monate": "months", "mois": "months", "meses": "months", "days": "days", "tage": "days",
    "jours": "days", "dias": "days", "#": "count", "number": "count",
    "anzahl": "count", "fte": "count", "x": "ratio",
}  # fmt: skip
_FILLING = (
    "in of all the are is as unless otherwise noted stated expressed shown reported figures amounts"
    " values numbers currency currencies unit units financials financial data reporting angaben"
    " werte alle betraege waehrung einheit en de les montants exprimes chiffres devise cifras"
    " importes expresado expresados moneda sauf indication contraire"
)
_FILLER = frozenset(_FILLING.split())
_ATOMS = sorted([*_CODES.split(), *_SIGNS, *_SCALE_OF, *_OTHER], key=len, reverse=True)
_ATOM = re.compile("|".join(re.escape(atom) for atom in _ATOMS))
_FORMAT_PART = re.compile(r'"([^"]*)"|\[\$([^\]-]*)(?:-([0-9A-Fa-f]+))?\]|\[[^\]]*\]|\\(.)|_.|\*.')
_TRAILING_COMMAS = re.compile(r"[0#?](,+)(?![0#?,])")


@dataclass(frozen=True)
class Unit:
    """What was stated; None where nothing was. `currency` may be a shared sign, such as $."""

    currency: str | None = None
    scale: int | None = None
    kind: str | None = None

    def __bool__(self) -> bool:
        return self != Unit()


@dataclass(frozen=True)
class Format:
    """What a number format says; `shown_as`: the cell is shown divided by this."""

    unit: Unit
    shown_as: int = 1


def unit_of(text: str) -> Unit | None:
    """The unit that a text consists of; None where it says anything else, or two units."""
    folded = fold(text).replace("(", " ").replace(")", " ").strip(" .:;,-–[]")
    folded = re.sub(r"\b(tsd|mio|mrd)\.", r"\1", folded)
    kept = " ".join(
        word for word in folded.split() if word.strip(",.:;") not in _FILLER or word in _OTHER
    )
    if not kept:
        return None
    return _scanned(kept)


def _scanned(text: str) -> Unit | None:
    currency, scale, kind, bare = None, None, None, False
    at = 0
    while at < len(text):
        if text[at] in " ,/-":
            at += 1
            continue
        found = _ATOM.match(text, at)
        if found is None:
            return None
        atom, at = found[0], found.end()
        if atom in _SCALE_OF and scale is None:
            scale, bare = _SCALE_OF[atom], atom in _NEEDS_CURRENCY
        elif atom in _OTHER and kind is None:
            kind = _OTHER[atom]
        elif atom not in _SCALE_OF and atom not in _OTHER:
            code = _SIGNS.get(atom, atom.upper())
            if currency not in (None, code) and not _same(currency, code):
                return None
            currency = code if currency is None or currency in CANDIDATES else currency
        else:
            return None
    if (bare and currency is None) or (kind and currency):
        return None
    return Unit(currency, scale, kind)


def _same(one: str | None, other: str) -> bool:
    """Whether a shared sign and a code may mean the same."""
    return other in CANDIDATES.get(one or "", ()) or one in CANDIDATES.get(other, ())


def format_of(code: str | None) -> Format:
    """What the format of a cell states by its signs, texts and trailing commas."""
    if not code or code == "@":
        return Format(Unit())
    first = code.split(";")[0]
    said = []
    for text, sign, locale, escaped in _FORMAT_PART.findall(first):
        known = _LOCALES.get(locale.lower().lstrip("0")) if sign in CANDIDATES else None
        said.append(known or sign or text or escaped)
    plain = _FORMAT_PART.sub("", first)
    commas = _TRAILING_COMMAS.search(plain)
    said += re.findall(r"[$€£¥₹₪]", plain)
    unit = unit_of(" ".join(said)) or Unit()
    if "%" in plain:
        unit = Unit(kind="percent")
    return Format(unit, 1000 ** len(commas[1]) if commas else 1)
