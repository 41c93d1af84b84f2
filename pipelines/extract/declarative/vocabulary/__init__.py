"""Airbyte's low-code vocabulary: which components there are, and what each may hold.

It says what the published schema says, but for this: parameters may stand on every
component; a `type` may be left out wherever one built-in component is meant; a
position in a list may be an integer in a component mapping's path; codes may be
listed twice.

Belongs here: the vocabulary as data, and the notation it's written in. Does not
belong here: checking a manifest against it, or what a component does.
"""

from __future__ import annotations

from pipelines.extract.declarative.vocabulary import reading, requests, sources
from pipelines.extract.declarative.vocabulary.grammar import (
    Component,
    Field,
    Kind,
    parse_components,
)

CUSTOM = (
    "CustomAuthenticator",
    "CustomBackoffStrategy",
    "CustomConfigTransformation",
    "CustomDecoder",
    "CustomErrorHandler",
    "CustomPaginationStrategy",
    "CustomPartitionRouter",
    "CustomRecordExtractor",
    "CustomRecordFilter",
    "CustomRequester",
    "CustomRetriever",
    "CustomSchemaLoader",
    "CustomSchemaNormalization",
    "CustomStateMigration",
    "CustomTransformation",
    "CustomValidationStrategy",
)

_CUSTOM_TEXT = "\n".join(f"{name}\n  class_name!: text" for name in CUSTOM)

COMPONENTS: dict[str, Component] = parse_components(
    "\n".join((sources.TEXT, requests.TEXT, reading.TEXT, _CUSTOM_TEXT))
)
"""Every component by its name; `Component.tag` is what its `type` field says."""

TAGS: frozenset[str] = frozenset(
    component.tag for component in COMPONENTS.values() if component.tag is not None
)
"""Everything that a `type` field may say somewhere."""

__all__ = ["COMPONENTS", "CUSTOM", "TAGS", "Component", "Field", "Kind"]
