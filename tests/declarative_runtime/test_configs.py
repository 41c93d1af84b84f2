"""The config is what the manifest's rules make of the settings."""

from __future__ import annotations

from typing import Any

import pytest

from pipelines.errors import ConfigurationError
from pipelines.extract.declarative.runtime.client_policy import policy_for
from pipelines.extract.declarative.runtime.configs import normalised
from resources.http.policy import Policy
from tests.declarative_runtime.reading import manifest, stream


def rules(**parts: Any) -> Any:
    spec = {
        "type": "Spec",
        "connection_specification": {"type": "object"},
        "config_normalization_rules": {"type": "ConfigNormalizationRules", **parts},
    }
    return manifest(stream(), spec=spec)


def test_settings_are_moved_added_and_removed_and_the_given_ones_stay() -> None:
    given = {"region": "eu", "old": {"key": "k"}, "gone": 1}
    add = {
        "type": "ConfigAddFields",
        "fields": [
            {
                "type": "AddedFieldDefinition",
                "path": ["auth", "key"],
                "value": "{{ config['old']['key'] }}",
            }
        ],
    }
    made = rules(
        config_migrations=[{"type": "ConfigMigration", "transformations": [add]}],
        transformations=[
            {
                "type": "ConfigRemapField",
                "map": {"eu": "api.eu.example"},
                "field_path": ["region"],
            },
            {"type": "ConfigRemoveFields", "field_pointers": [["gone"], ["old"]]},
        ],
    )
    assert normalised(made, given) == {"region": "api.eu.example", "auth": {"key": "k"}}
    assert given == {"region": "eu", "old": {"key": "k"}, "gone": 1}


def test_a_setting_that_breaks_a_rule_is_refused_without_showing_it() -> None:
    strategy = {"type": "ValidateAdheresToSchema", "base_schema": {"pattern": "^[0-9]+$"}}
    made = rules(
        validations=[
            {"type": "DpathValidator", "field_path": ["key"], "validation_strategy": strategy}
        ]
    )
    assert normalised(made, {"key": "123"}) == {"key": "123"}
    with pytest.raises(ConfigurationError, match="setting key") as refused:
        normalised(made, {"key": "s3cr3t"})
    assert "s3cr3t" not in str(refused.value)


def test_no_more_requests_are_under_way_than_the_manifest_allows() -> None:
    level = {"type": "ConcurrencyLevel", "default_concurrency": "{{ config['most'] }}"}
    made = manifest(stream(), concurrency_level=level)
    assert policy_for(made, {"most": 2}, Policy()).parallel["host"] == 2
    assert policy_for(made, {"most": 50}, Policy()).parallel["host"] == 8


def test_requests_that_weigh_more_leave_room_for_fewer() -> None:
    budget = {
        "type": "HTTPAPIBudget",
        "policies": [
            {
                "type": "FixedWindowCallRatePolicy",
                "period": "PT1M",
                "call_limit": 100,
                "matchers": [{"method": "GET", "weight": 5}],
            }
        ],
    }
    limits = policy_for(manifest(stream(), api_budget=budget), {}, Policy()).limits
    assert [limit.count for limit in limits] == [20]
