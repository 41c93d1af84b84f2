r"""Python's regular expressions in DuckDB's spelling, where both mean the same.

Great-expectations searches with Python's `re`; DuckDB has RE2, which differs in
what `\d`, `\w`, `\s` and `$` match and lacks look-around. Belongs here: the
translation, or None where there is no pattern with the very same meaning.
"""

from __future__ import annotations

import re

_SPACE = (
    r"\t-\r\x1c-\x20\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}"
)
_CLASSES = {"d": r"\p{Nd}", "w": r"\p{L}\p{N}_", "s": _SPACE}
_SAME_ESCAPES = set("tnrfv") | set(r".^$*+?{}[]\|()-/'\"#&~@!%,:;<>=` _")
_TOKEN = re.compile(r"\\(.)|\(\?(P<\w+>|:)|\((?!\?)|\{\d*,?\d*\}|(.)", re.DOTALL)

_BEFORE_START = re.compile(r"(.*\|)?(\((\?:|\?P<\w+>)?)*", re.DOTALL)
_AFTER_END = re.compile(r"\)*(\|.*)?", re.DOTALL)


def to_re2(pattern: str) -> str | None:
    """The RE2 pattern that finds what Python's `re.search` finds, or None."""
    result: list[str] = []
    position = 0
    while position < len(pattern):
        if pattern[position] == "[":
            piece, position = _set(pattern, position)
        else:
            found = _TOKEN.match(pattern, position)
            if found is None:
                return None
            position = found.end()
            piece = _token(found, pattern[: found.start()], pattern[position:])
        if piece is None:
            return None
        result.append(piece)
    return "".join(result)


def _token(found: re.Match[str], before: str, rest: str) -> str | None:
    escaped, plain = found[1], found[3]
    # DuckDB answers wrongly where anchors meet, as in ^^ or (^)^: only one at the
    # very beginning and one at the very end of an alternative are taken.
    if found[0] in ("^", r"\A") and not _BEFORE_START.fullmatch(before):
        return None
    if found[0] in ("$", r"\Z") and not _AFTER_END.fullmatch(rest):
        return None
    if escaped is not None:
        return _escape(escaped)
    if plain == "$":
        # Python's $ also stands before a line end at the very end of the text.
        return r"(?:\n?\z)"
    if plain == "(" or (plain in ("*", "+", "?", "}") and rest[:1] == "+"):
        return None  # look-around, inline flags, possessive quantifiers
    if found[0].startswith("{") and (rest[:1] == "+" or _too_often(found[0])):
        return None
    return found[0]


def _too_often(quantifier: str) -> bool:
    # RE2 knows no {,n} and repeats a thousand times at most.
    counts = quantifier[1:-1].split(",")
    return counts[0] == "" or any(int(count) > 1000 for count in counts if count)


def _escape(character: str) -> str | None:
    if character in _CLASSES:
        return f"[{_CLASSES[character]}]"
    if character.lower() in _CLASSES:
        return f"[^{_CLASSES[character.lower()]}]"
    if character in ("A", "Z"):
        return r"\A" if character == "A" else r"\z"
    return _plain(character)


def _plain(character: str) -> str | None:
    return (
        "\\" + character
        if character in _SAME_ESCAPES and character != " "
        else (" " if character == " " else None)
    )


def _set(pattern: str, start: int) -> tuple[str | None, int]:
    """The character class that begins at `start`, and the position after it."""
    position = start + 1
    result = ["["]
    if pattern[position : position + 1] == "^":
        result.append("^")
        position += 1
    first = True
    while position < len(pattern):
        character = pattern[position]
        if character == "]" and not first:
            return "".join([*result, "]"]), position + 1
        first = False
        if character == "\\":
            escaped = pattern[position + 1 : position + 2]
            inside = _CLASSES.get(escaped) or _plain(escaped)
            if inside is None:
                return None, position
            result.append(inside)
            position += 2
            continue
        if character in "[]":
            character = "\\" + character
        result.append(character)
        position += 1
    return None, position
