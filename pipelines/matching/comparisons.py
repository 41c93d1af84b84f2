"""How two records are compared: for each matter, levels from the same to different.

Belongs here: the levels, and the probabilities that training starts from. Does not
belong here: learning (`training`) and scoring (`scoring`).

`m` is how often a level occurs between two records of one organization, `u` how often
between records of two. The `m` here are what is assumed before anything was learned.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Level:
    """One level: a condition on columns with _l and _r, tried in order.

    `common` names the column whose common values say less than its rare ones.
    """

    name: str
    condition: str
    m: float
    common: str | None = None


@dataclass(frozen=True)
class Comparison:
    """One matter; where `unknown` holds, it says nothing for or against."""

    name: str
    unknown: str
    levels: tuple[Level, ...]


_SAME_FAMILY = (
    "numerals_l IS NOT DISTINCT FROM numerals_r AND series_of_l IS NOT DISTINCT FROM series_of_r"
)
_ELSE = "ELSE"

COMPARISONS = (
    Comparison(
        "name",
        "name_key_l IS NULL OR name_key_r IS NULL",
        (
            Level(
                "same",
                f"name_key_l = name_key_r AND {_SAME_FAMILY}",
                0.55,
                common="name_key",
            ),
            Level(
                "same but for a descriptor",
                f"name_short_l = name_short_r AND length(name_short_l) >= 4 AND {_SAME_FAMILY}",
                0.15,
                common="name_short",
            ),
            Level("same as another name", "list_has_any(name_keys_l, name_keys_r)", 0.12),
            Level(
                "a letter or two differ",
                "length(name_short_l) >= 7 AND damerau_levenshtein(name_short_l, name_short_r) "
                f"<= CASE WHEN length(name_short_l) >= 12 THEN 2 ELSE 1 END AND {_SAME_FAMILY}",
                0.05,
            ),
            Level(
                "one begins with the other",
                "length(name_short_l) >= 4 AND length(name_short_r) >= 4 AND "
                "(starts_with(name_words_l, name_words_r || ' ') OR "
                f"starts_with(name_words_r, name_words_l || ' ')) AND {_SAME_FAMILY}",
                0.05,
            ),
            Level("different", _ELSE, 0.08),
        ),
    ),
    Comparison(
        "domain",
        "domain_l IS NULL OR domain_r IS NULL",
        (
            Level("same", "list_has_any(domains_l, domains_r)", 0.88, common="domain"),
            Level(
                "same but for the suffix",
                "length(split_part(domain_l, '.', 1)) >= 4 AND "
                "split_part(domain_l, '.', 1) = split_part(domain_r, '.', 1)",
                0.06,
            ),
            Level("different", _ELSE, 0.06),
        ),
    ),
    Comparison(
        "vendor_id",
        "NOT list_has_any(vendors_l, vendors_r)",
        (
            Level("same", "list_has_any(vendor_ids_l, vendor_ids_r)", 0.93),
            Level("different", _ELSE, 0.07),
        ),
    ),
    Comparison(
        "people",
        "len(people_l) = 0 OR len(people_r) = 0",
        (
            Level("one in common", "list_has_any(people_l, people_r)", 0.7),
            Level("none in common", _ELSE, 0.3),
        ),
    ),
    Comparison(
        "country",
        "country_code_l IS NULL OR country_code_r IS NULL",
        (
            Level("same", "country_code_l = country_code_r", 0.92),
            Level("different", _ELSE, 0.08),
        ),
    ),
    Comparison(
        "city",
        "city_l IS NULL OR city_r IS NULL",
        (
            Level("same", "city_l = city_r", 0.75),
            Level("different", _ELSE, 0.25),
        ),
    ),
    Comparison(
        "founded",
        "founded_year_l IS NULL OR founded_year_r IS NULL",
        (
            Level("same year", "founded_year_l = founded_year_r", 0.76),
            Level("within a year", "abs(founded_year_l - founded_year_r) <= 1", 0.14),
            Level("within three years", "abs(founded_year_l - founded_year_r) <= 3", 0.08),
            Level("further apart", _ELSE, 0.02),
        ),
    ),
)

COMMON = tuple(
    level.common for comparison in COMPARISONS for level in comparison.levels if level.common
)
"""Columns whose values are weighed by how common they are."""


Odds = Mapping[str, list[float]]
"""Comparison → a probability for each of its levels, in order."""


def settings(
    prior: float,
    m: Odds,
    u: Odds,
    rules: list[str],
    comparisons: Sequence[Comparison] = COMPARISONS,
) -> dict[str, Any]:
    """The comparisons as splink takes them.

    `prior` is the probability that two records taken at random are of one organization.
    """
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": "record_id",
        "probability_two_random_records_match": prior,
        "blocking_rules_to_generate_predictions": rules,
        "comparisons": [_comparison(each, m[each.name], u[each.name]) for each in comparisons],
        "retain_matching_columns": False,
        "retain_intermediate_calculation_columns": False,
    }


def _comparison(comparison: Comparison, m: list[float], u: list[float]) -> dict[str, Any]:
    unknown: dict[str, Any] = {
        "sql_condition": comparison.unknown,
        "label_for_charts": "unknown",
        "is_null_level": True,
    }
    levels = [_level(level, *both) for level, *both in zip(comparison.levels, m, u, strict=True)]
    return {"output_column_name": comparison.name, "comparison_levels": [unknown, *levels]}


def _level(level: Level, m: float, u: float) -> dict[str, Any]:
    made: dict[str, Any] = {
        "sql_condition": level.condition,
        "label_for_charts": level.name,
        "m_probability": m,
        "u_probability": u,
    }
    if level.common:
        made["tf_adjustment_column"] = level.common
        made["tf_adjustment_weight"] = 1.0
        made["disable_tf_exact_match_detection"] = True
    return made
