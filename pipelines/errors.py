"""Every error that Headwater raises on purpose, sorted by what to do next.

    HeadwaterError
    ├── ConfigurationError   a person must change a setting or a declaration
    │   ├── NotConfigured        … a source lacks values that only a person has
    │   └── DeclarationError     … in a file under assets/
    │       └── ManifestRefused      … in a low-code manifest: every fault of it
    ├── SourceError          a source could not be read; other sources go on
    │   ├── FileRefused          one file cannot be read and is quarantined whole
    │   ├── CapTableRefused      a cap table's package breaks the format or its own sums
    │   ├── ContractViolation    a stream broke the contract it declared
    │   ├── SourceUnavailable    it does not answer now; a later run may succeed
    │   ├── CredentialsRefused   a person must renew a key or ask for a right
    │   ├── SourceNotFound       what was asked for is not there
    │   ├── RequestRefused       what was asked is wrong or not allowed, now and later
    │   └── TemplateFailed       a manifest's template could not be evaluated
    ├── WarehouseError       the lake or its catalog could not be used
    │   ├── WarehouseBusy        try again later
    │   ├── PackageDamaged       a landing package fails its checksum
    │   └── DuplicateKeys        rows to be written hold a key more than once
    ├── ModelError           a model could not be built
    └── FinanceError         no true number follows from these amounts, rates or terms

Belongs here: the tree, and the exit code that each branch ends the command
with. Does not belong here: wording. Whoever raises writes full sentences: where,
what was got, what was expected, what to do next.
"""

from __future__ import annotations

from collections.abc import Sequence


class HeadwaterError(Exception):
    """Root of the tree; `exit_code` is what the command ends with."""

    exit_code = 3


class ConfigurationError(HeadwaterError):
    """A setting, a selection or an argument is wrong; nothing was run."""

    exit_code = 2


class NotConfigured(ConfigurationError):
    """A source lacks settings; `missing` holds (variable, what it is) of each.

    With `any_of` one of them is enough: all have defaults, and the source is read
    once a person has set one.
    """

    def __init__(
        self, source: str, missing: Sequence[tuple[str, str]], *, any_of: bool = False
    ) -> None:
        self.source = source
        self.missing = tuple(missing)
        self.any_of = any_of
        names = "; ".join(
            f"{name} ({about.rstrip('.')})" if about else name for name, about in missing
        )
        one = "one of these " if any_of else ""
        super().__init__(
            f"The source {source} is not configured. Set {one}in the environment, in .env, or as "
            f"files in the folder HEADWATER_SECRETS: {names}."
        )


class DeclarationError(ConfigurationError):
    """A declaration under assets/ is wrong; the message names file and field."""


class ManifestRefused(DeclarationError):
    """A low-code manifest can't be used. `faults` holds one sentence for each.

    `classes` names the Python classes it asks for, which only the isolated
    runner can run.
    """

    def __init__(self, origin: str, faults: Sequence[str], classes: Sequence[str] = ()) -> None:
        self.origin = origin
        self.faults = tuple(faults)
        self.classes = tuple(classes)
        count = "one fault" if len(faults) == 1 else f"{len(faults)} faults"
        super().__init__(
            f"The manifest {origin} has {count}:" + "".join(f"\n  {fault}" for fault in faults)
        )


class SourceError(HeadwaterError):
    """A source could not be read; its table is as it was before."""


class FileRefused(SourceError):
    """One file cannot be read as declared; it goes to quarantine whole."""


class CapTableRefused(SourceError):
    """A cap table's package can't be believed. `faults` has file, object and rule of each."""

    def __init__(self, package: str, faults: Sequence[object]) -> None:
        self.package = package
        self.faults = tuple(faults)
        count = "one fault" if len(faults) == 1 else f"{len(faults)} faults"
        super().__init__(
            f"The cap table package {package} has {count}, so no holding was taken from it. "
            "Correct them in the system that wrote it and export it again:"
            + "".join(f"\n  {fault}" for fault in faults)
        )


class ContractViolation(SourceError):
    """A frozen stream met a column or a type that it did not declare."""


class SourceUnavailable(SourceError):
    """The source, or the way to it, failed for now; trying later is safe."""


class CredentialsRefused(SourceError):
    """The source refused who asked, or what they may see; trying again is useless."""


class SourceNotFound(SourceError):
    """The source answered that what was asked for is not there."""


class RequestRefused(SourceError):
    """A request is wrong, or not allowed by the source or by our own policy."""


class TemplateFailed(SourceError):
    """A template in a manifest couldn't be evaluated; the message quotes it."""


class WarehouseError(HeadwaterError):
    """The lake or its catalog could not be used; nothing was committed."""


class WarehouseBusy(WarehouseError):
    """Another writer held the warehouse for too long; trying later is safe."""


class PackageDamaged(WarehouseError):
    """A landing package is not what its manifest says; it must not be loaded."""


class DuplicateKeys(WarehouseError):
    """Rows to be written hold a key more than once; nothing was written."""


class ModelError(HeadwaterError):
    """A model could not be built; its table is as it was before."""


class FinanceError(HeadwaterError):
    """No true number follows from what was given; nothing was guessed in its place."""
