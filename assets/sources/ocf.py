"""Open Cap Table Format packages: one JSON file for each kind of object.

A package is a folder: its manifest names the issuer, the other files hold
`items`. Amounts are decimal strings. Rows of one package share the folder in
`_file`. Transactions of all kinds are one stream, told apart by `object_type`.
Parts whose shape hangs on their kind stay JSON text.

    headwater run 'key:"raw/ocf__*"'
"""

from __future__ import annotations

from collections.abc import Mapping

from pipelines.spec import Check, Column, FileStream, Json, Source

MONEY = "STRUCT(amount VARCHAR, currency VARCHAR)"
RATIO = "STRUCT(numerator VARCHAR, denominator VARCHAR)"


def _columns(described: Mapping[str, str | tuple[str, str]]) -> dict[str, Column]:
    """Column → description, or (SQL type, description); text unless told."""
    columns = {"id": Column(type="VARCHAR", description="Identity within the package.")}
    for name, said in described.items():
        kind, description = ("VARCHAR", said) if isinstance(said, str) else said
        columns[name] = Column(type=kind, description=description)
    return columns


def _objects(
    name: str, file: str, description: str, columns: Mapping[str, str | tuple[str, str]]
) -> FileStream:
    return FileStream(
        name=name,
        files=(f"**/*{file}*.ocf.json",),
        format=Json(records="$.items[*]"),
        description=description,
        columns=_columns({"object_type": "Kind of object.", **columns}),
        checks=(
            Check(expectation="expect_column_values_to_not_be_null", arguments={"column": "id"}),
        ),
    )


COMMENTS: dict[str, str | tuple[str, str]] = {"comments": ("VARCHAR[]", "Remarks.")}

ISSUERS = FileStream(
    name="issuers",
    files=("**/*Manifest*.ocf.json",),
    format=Json(
        records="$.issuer",
        context={
            "ocf_version": "$.ocf_version",
            "as_of": "$.as_of",
            "generated_at": "$.generated_at",
        },
    ),
    description="One row a package: the company whose cap table it is.",
    columns=_columns(
        {
            "object_type": "ISSUER.",
            "legal_name": "Legal name.",
            "dba": "Name it does business under.",
            "formation_date": "YYYY-MM-DD.",
            "country_of_formation": "ISO 3166 alpha-2.",
            "country_subdivision_of_formation": "ISO 3166-2 without the country.",
            "initial_shares_authorized": "Shares of all classes it may issue, or UNLIMITED.",
            "ocf_version": "Version of the format.",
            "as_of": "Day the package describes.",
            "generated_at": "When it was written, with zone.",
            **COMMENTS,
        }
    ),
)

STREAMS = (
    ISSUERS,
    _objects(
        "stakeholders",
        "Stakeholders",
        "One row a holder: person or institution.",
        {
            "name": (
                "STRUCT(legal_name VARCHAR, first_name VARCHAR, last_name VARCHAR)",
                "Legal, first and last name.",
            ),
            "stakeholder_type": "INDIVIDUAL or INSTITUTION.",
            "issuer_assigned_id": "The issuer's own number.",
            "current_relationships": ("VARCHAR[]", "EMPLOYEE, INVESTOR, FOUNDER …"),
            "current_relationship": "The same where there is one; older packages.",
            "current_status": "ACTIVE, LEAVE_OF_ABSENCE …",
            **COMMENTS,
        },
    ),
    _objects(
        "stock_classes",
        "StockClasses",
        "One row a class of stock.",
        {
            "name": "Name.",
            "class_type": "COMMON or PREFERRED.",
            "default_id_prefix": "Prefix of certificate numbers.",
            "initial_shares_authorized": "Number, as decimal text, or UNLIMITED.",
            "conversion_rights": "What a share turns into, as JSON.",
            "board_approval_date": "YYYY-MM-DD.",
            "votes_per_share": "Number, as decimal text.",
            "par_value": (MONEY, "Par value of a share."),
            "price_per_share": (MONEY, "Price of a share at first issue."),
            "seniority": "Rank in liquidation, 1 lowest.",
            "liquidation_preference_multiple": "Number, as decimal text.",
            "participation_cap_multiple": "Number, as decimal text.",
            **COMMENTS,
        },
    ),
    _objects(
        "stock_plans",
        "StockPlans",
        "One row an equity plan.",
        {
            "plan_name": "Name.",
            "board_approval_date": "YYYY-MM-DD.",
            "initial_shares_reserved": "Number, as decimal text, perhaps with a plus sign.",
            "default_cancellation_behavior": "What happens to cancelled grants.",
            "stock_class_ids": ("VARCHAR[]", "Classes that the plan grants."),
            "stock_class_id": "The class, where there is one; older packages.",
            **COMMENTS,
        },
    ),
    _objects(
        "stock_legends",
        "StockLegends",
        "One row a legend printed on certificates.",
        {"name": "Name.", "text": "Wording."},
    ),
    _objects(
        "vesting_terms",
        "VestingTerms",
        "One row a vesting schedule.",
        {
            "name": "Name.",
            "description": "Description.",
            "allocation_type": "How fractions are allotted.",
            "vesting_conditions": "The schedule as a graph of conditions, as JSON.",
            **COMMENTS,
        },
    ),
    _objects(
        "valuations",
        "Valuations",
        "One row a valuation, such as a 409A.",
        {
            "provider": "Who valued.",
            "price_per_share": (MONEY, "Value of a share."),
            "effective_date": "YYYY-MM-DD.",
            "valuation_type": "409A …",
            "stock_class_id": "Class that was valued.",
            **COMMENTS,
        },
    ),
    _objects(
        "financings",
        "Financings",
        "One row a financing: a name for a set of issuances.",
        {
            "name": "Name.",
            "issuance_ids": ("VARCHAR[]", "Issuances that belong to it."),
            "date": "YYYY-MM-DD.",
            **COMMENTS,
        },
    ),
    _objects(
        "documents",
        "Documents",
        "One row a document of the package.",
        {
            "path": "File within the package.",
            "uri": "Address, where it is not in the package.",
            "md5": "Checksum.",
            "related_objects": (
                "STRUCT(object_type VARCHAR, object_id VARCHAR)[]",
                "Objects it belongs to.",
            ),
            **COMMENTS,
        },
    ),
    _objects(
        "transactions",
        "Transactions",
        "One row a transaction or change event, of every kind.",
        {
            "date": "Day it took effect, YYYY-MM-DD.",
            "security_id": "Security it acts on.",
            "stakeholder_id": "Holder it concerns.",
            "stock_class_id": "Class it concerns.",
            "stock_plan_id": "Plan it concerns.",
            "issuer_id": "Issuer it concerns.",
            "custom_id": "Certificate or grant number.",
            "quantity": "Number of shares, as decimal text.",
            "quantity_converted": "Number of shares converted, as decimal text.",
            "new_shares_authorized": "Number of shares authorised from now on.",
            "shares_reserved": "Number of shares reserved from now on.",
            "amount": (MONEY, "Amount cancelled or transferred."),
            "investment_amount": (MONEY, "Amount invested in a convertible."),
            "share_price": (MONEY, "Price of a share."),
            "cost_basis": (MONEY, "Cost basis."),
            "exercise_price": (MONEY, "Exercise price of an option or warrant."),
            "new_exercise_price": (MONEY, "Exercise price after repricing."),
            "purchase_price": (MONEY, "Price of a warrant."),
            "release_price": (MONEY, "Price at release."),
            "price": (MONEY, "Price at repurchase."),
            "split_ratio": (RATIO, "Ratio of a split."),
            "compensation_type": "OPTION, RSU …",
            "convertible_type": "SAFE, NOTE …",
            "base_price": (MONEY, "Price above which a right to appreciation pays."),
            "issuance_type": "RSA, FOUNDERS_STOCK.",
            "conversion_triggers": "When and how a convertible converts, as JSON.",
            "quantity_source": "How the number of a warrant's shares is known.",
            "exercise_triggers": "When and how a warrant is exercised, as JSON.",
            "trigger_id": "Trigger by which it converted or was exercised.",
            "new_ratio_conversion_mechanism": "Ratio of a class from now on, as JSON.",
            "vesting_terms_id": "Vesting schedule of a grant.",
            "vesting_condition_id": "Condition of the schedule that was met.",
            "vestings": (
                "STRUCT(date VARCHAR, amount VARCHAR)[]",
                "Exact vesting days, which go before a schedule.",
            ),
            "expiration_date": "Last day of a grant, YYYY-MM-DD.",
            "warrant_expiration_date": "Last day of a warrant, YYYY-MM-DD.",
            "settlement_date": "Day on which a release is settled, YYYY-MM-DD.",
            "split_transaction_id": "Split because of which stock was reissued.",
            "relationship_started": "What the holder became to the issuer.",
            "relationship_ended": "What the holder ceased to be.",
            "new_status": "Status of the holder from now on.",
            "seniority": "Rank of a convertible in liquidation, 1 lowest.",
            "security_law_exemptions": (
                "STRUCT(description VARCHAR, jurisdiction VARCHAR)[]",
                "Exemptions under which it was issued.",
            ),
            "stock_legend_ids": ("VARCHAR[]", "Legends on the certificate."),
            "termination_exercise_windows": "How long a grant can be exercised, as JSON.",
            "reason_text": "Reason given.",
            "consideration_text": "What was given for it.",
            "resulting_security_ids": ("VARCHAR[]", "Securities that come of it."),
            "resulting_security_id": "The security that comes of a consolidation.",
            "balance_security_id": "Security that holds what remains.",
            "security_ids": ("VARCHAR[]", "Securities that are consolidated."),
            **COMMENTS,
        },
    ),
)

SOURCE = Source(
    name="ocf",
    description="Cap tables in the Open Cap Table Format.",
    owner="data@headwater.example",
    homepage="https://www.opencaptablecoalition.com",
    licence="Each package belongs to its issuer; the coalition's samples are Apache-2.0.",
    streams=STREAMS,
)
