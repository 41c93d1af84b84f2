"""What a manifest asks of the HTTP client: its budget, and enough attempts.

Belongs here: the one function that turns both into a policy. Does not belong
here: deadlines, sizes and addresses, which whoever runs the source decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pipelines.extract.declarative.interpolation import compile_text
from pipelines.extract.declarative.manifest import Manifest
from pipelines.extract.declarative.runtime.budgets import limit_headers, limits_of
from pipelines.extract.declarative.runtime.judging import ErrorHandling
from resources.http.policy import Policy


def policy_for(manifest: Manifest, config: Mapping[str, Any], base: Policy) -> Policy:
    """`base` with the limits of the manifest's `api_budget` added.

    It allows as many attempts as the most patient error handler wants, for the
    judge can only end them sooner, and no more requests at once than
    `concurrency_level` does.
    """
    budget = manifest.document.get("api_budget")
    retries = [
        ErrorHandling(component, config).retries
        for _, component in manifest.components()
        if component.get("type") in ("DefaultErrorHandler", "CompositeErrorHandler")
    ]
    level = (manifest.document.get("concurrency_level") or {}).get("default_concurrency")
    most = None if level is None else compile_text(str(level), {})({"config": config})
    parallel = dict(base.parallel)
    if most:
        parallel["host"] = max(1, min(parallel.get("host", int(most)), int(most)))
    return replace(
        base,
        parallel=parallel,
        attempts=max([base.attempts, *(count + 1 for count in retries)]),
        limits=(*base.limits, *limits_of(budget, config)),
        limit_headers=(*base.limit_headers, *limit_headers(budget)),
    )
