"""Sources described in Airbyte's low-code vocabulary, read without its code.

`manifest` turns a manifest's text into resolved components. A component is a
plain `dict[str, Any]`: `type` is always set, references are resolved, omitted
fields carry the vocabulary's defaults, and `$parameters` holds the parameters in
force at that place. `interpolation` compiles the templates inside them:
`compile_text(text, parameters)` gives a function of the context, a mapping such
as `{"config": …, "record": …}`.

Belongs here: the vocabulary, loading, validating, interpolating. Reading with
the components is `runtime`'s. Does not belong here: the network, or the
warehouse.
"""
