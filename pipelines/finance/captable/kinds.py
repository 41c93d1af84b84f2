"""The kinds of object in the Open Cap Table Format, and the fields of each.

Version 1.2.1 of the format has nine objects and 47 transactions and change
events. A field is named once and means the same everywhere, so its type hangs on
its name. Does not belong here: what a transaction does (`replay`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pipelines.finance.captable import terms, values

_CHANGE = "date!"
_ACTS = "date! security_id!"
_ISSUES = (
    f"{_ACTS} custom_id! stakeholder_id! security_law_exemptions! board_approval_date"
    " stockholder_approval_date consideration_text"
)
_VESTS = "vesting_terms_id vestings"
_APPROVED = "board_approval_date stockholder_approval_date"
_TRANSFER = f"{_ACTS} resulting_security_ids! balance_security_id consideration_text"
_CANCEL = f"{_ACTS} reason_text! balance_security_id"
_RETRACT = f"{_ACTS} reason_text!"

_COMPENSATION = {
    "ACCEPTANCE": _ACTS,
    "CANCELLATION": f"{_CANCEL} quantity!",
    "EXERCISE": f"{_ACTS} resulting_security_ids! consideration_text quantity!",
    "ISSUANCE": f"{_ISSUES} {_VESTS} compensation_type! quantity! expiration_date"
    " termination_exercise_windows! base_price early_exercisable exercise_price"
    " option_grant_type stock_class_id stock_plan_id",
    "RELEASE": f"{_ACTS} settlement_date! release_price! quantity! resulting_security_ids!"
    " consideration_text",
    "RETRACTION": _RETRACT,
    "TRANSFER": f"{_TRANSFER} quantity!",
}

_FIELDS: Mapping[str, str] = {
    "ISSUER": "legal_name! formation_date! country_of_formation! dba address email phone tax_ids"
    " country_subdivision_of_formation country_subdivision_name_of_formation"
    " initial_shares_authorized",
    "STAKEHOLDER": "name! stakeholder_type! addresses contact_info current_relationship"
    " current_relationships current_status issuer_assigned_id primary_contact tax_ids",
    "STOCK_CLASS": "name! class_type! default_id_prefix! initial_shares_authorized! seniority!"
    f" votes_per_share! {_APPROVED} conversion_rights liquidation_preference_multiple par_value"
    " participation_cap_multiple price_per_share",
    "STOCK_LEGEND_TEMPLATE": "name! text!",
    "STOCK_PLAN": f"plan_name! initial_shares_reserved! {_APPROVED} default_cancellation_behavior"
    " stock_class_id stock_class_ids",
    "VALUATION": "price_per_share! effective_date! valuation_type! stock_class_id! provider"
    f" {_APPROVED}",
    "VESTING_TERMS": "name! description! allocation_type! vesting_conditions!",
    "FINANCING": "name! issuance_ids! date!",
    "DOCUMENT": "md5! path uri related_objects",
    "CE_STAKEHOLDER_RELATIONSHIP": f"{_CHANGE} stakeholder_id! relationship_started"
    " relationship_ended",
    "CE_STAKEHOLDER_STATUS": f"{_CHANGE} stakeholder_id! new_status!",
    "TX_ISSUER_AUTHORIZED_SHARES_ADJUSTMENT": f"{_CHANGE} issuer_id! new_shares_authorized!"
    f" {_APPROVED}",
    "TX_STOCK_CLASS_AUTHORIZED_SHARES_ADJUSTMENT": f"{_CHANGE} stock_class_id!"
    f" new_shares_authorized! {_APPROVED}",
    "TX_STOCK_CLASS_CONVERSION_RATIO_ADJUSTMENT": f"{_CHANGE} stock_class_id!"
    " new_ratio_conversion_mechanism!",
    "TX_STOCK_CLASS_SPLIT": f"{_CHANGE} stock_class_id! split_ratio!",
    "TX_STOCK_PLAN_POOL_ADJUSTMENT": f"{_CHANGE} stock_plan_id! shares_reserved! {_APPROVED}",
    "TX_STOCK_PLAN_RETURN_TO_POOL": f"{_ACTS} stock_plan_id! quantity! reason_text!",
    "TX_CONVERTIBLE_ACCEPTANCE": _ACTS,
    "TX_CONVERTIBLE_CANCELLATION": f"{_CANCEL} amount!",
    "TX_CONVERTIBLE_CONVERSION": f"{_ACTS} reason_text! trigger_id! resulting_security_ids!"
    " balance_security_id quantity_converted capitalization_definition",
    "TX_CONVERTIBLE_ISSUANCE": f"{_ISSUES} investment_amount! convertible_type!"
    " conversion_triggers! seniority! pro_rata",
    "TX_CONVERTIBLE_RETRACTION": _RETRACT,
    "TX_CONVERTIBLE_TRANSFER": f"{_TRANSFER} amount!",
    "TX_EQUITY_COMPENSATION_REPRICING": f"{_ACTS} new_exercise_price!",
    **{f"TX_EQUITY_COMPENSATION_{action}": said for action, said in _COMPENSATION.items()},
    **{f"TX_PLAN_SECURITY_{action}": said for action, said in _COMPENSATION.items()},
    "TX_STOCK_ACCEPTANCE": _ACTS,
    "TX_STOCK_CANCELLATION": f"{_CANCEL} quantity!",
    "TX_STOCK_CONSOLIDATION": f"{_CHANGE} security_ids! resulting_security_id! reason_text",
    "TX_STOCK_CONVERSION": f"{_ACTS} quantity_converted! resulting_security_ids!"
    " balance_security_id",
    "TX_STOCK_ISSUANCE": f"{_ISSUES} {_VESTS} stock_class_id! share_price! quantity!"
    " stock_legend_ids! stock_plan_id share_numbers_issued cost_basis issuance_type",
    "TX_STOCK_REISSUANCE": f"{_ACTS} resulting_security_ids! split_transaction_id reason_text",
    "TX_STOCK_REPURCHASE": f"{_ACTS} price! quantity! consideration_text balance_security_id",
    "TX_STOCK_RETRACTION": _RETRACT,
    "TX_STOCK_TRANSFER": f"{_TRANSFER} quantity!",
    "TX_WARRANT_ACCEPTANCE": _ACTS,
    "TX_WARRANT_CANCELLATION": f"{_CANCEL} quantity!",
    "TX_WARRANT_EXERCISE": f"{_ACTS} trigger_id! resulting_security_ids! consideration_text",
    "TX_WARRANT_ISSUANCE": f"{_ISSUES} {_VESTS} exercise_triggers! purchase_price! quantity"
    " exercise_price quantity_source warrant_expiration_date",
    "TX_WARRANT_RETRACTION": _RETRACT,
    "TX_WARRANT_TRANSFER": f"{_TRANSFER} quantity!",
    "TX_VESTING_ACCELERATION": f"{_ACTS} quantity! reason_text!",
    "TX_VESTING_EVENT": f"{_ACTS} vesting_condition_id!",
    "TX_VESTING_START": f"{_ACTS} vesting_condition_id!",
}

READERS: Mapping[Callable[[object], object], str] = {
    values.number: "initial_shares_reserved liquidation_preference_multiple new_shares_authorized"
    " participation_cap_multiple pro_rata quantity quantity_converted seniority shares_reserved"
    " votes_per_share",
    values.money: "amount base_price cost_basis exercise_price investment_amount"
    " new_exercise_price par_value price price_per_share purchase_price release_price share_price",
    values.day: "board_approval_date date effective_date expiration_date formation_date"
    " settlement_date stockholder_approval_date warrant_expiration_date",
    values.texts: "comments current_relationships issuance_ids resulting_security_ids security_ids"
    " stock_class_ids stock_legend_ids",
    values.parts: "addresses related_objects security_law_exemptions share_numbers_issued"
    " tax_ids termination_exercise_windows",
    values.part: "address capitalization_definition contact_info email phone primary_contact",
    terms.rights: "conversion_rights",
    terms.triggers: "conversion_triggers exercise_triggers",
    terms.conditions: "vesting_conditions",
    terms.vestings: "vestings",
    terms.ratio_mechanism: "new_ratio_conversion_mechanism",
    values.ratio: "split_ratio",
    values.flag: "early_exercisable",
    values.authorized: "initial_shares_authorized",
}
"""Reader → the fields it reads; every other field is text."""

CHOICES: Mapping[str, frozenset[str]] = {
    field: frozenset(said.split())
    for field, said in {
        "allocation_type": "CUMULATIVE_ROUNDING CUMULATIVE_ROUND_DOWN FRONT_LOADED BACK_LOADED"
        " FRONT_LOADED_TO_SINGLE_TRANCHE BACK_LOADED_TO_SINGLE_TRANCHE FRACTIONAL",
        "class_type": "COMMON PREFERRED",
        "compensation_type": "OPTION_NSO OPTION_ISO OPTION RSU CSAR SSAR",
        "convertible_type": "NOTE SAFE CONVERTIBLE_SECURITY",
        "default_cancellation_behavior": "RETIRE RETURN_TO_POOL HOLD_AS_CAPITAL_STOCK"
        " DEFINED_PER_PLAN_SECURITY",
        "stakeholder_type": "INDIVIDUAL INSTITUTION",
        "issuance_type": "RSA FOUNDERS_STOCK",
    }.items()
}
"""Field → the values it may have, for the fields that decide what is computed."""


@dataclass(frozen=True)
class Kind:
    """One kind of object.

    `instrument` is what a transaction is about (stock, convertible, warrant,
    equity_compensation, stock_class …), `action` what it does; both are empty for
    objects. The older name PLAN_SECURITY means the same as EQUITY_COMPENSATION.
    """

    name: str
    instrument: str
    action: str
    required: frozenset[str]
    allowed: frozenset[str]


_INSTRUMENTS = (
    "EQUITY_COMPENSATION",
    "PLAN_SECURITY",
    "STOCK_CLASS",
    "STOCK_PLAN",
    "STOCK",
    "CONVERTIBLE",
    "WARRANT",
    "VESTING",
    "ISSUER",
    "STAKEHOLDER",
)


def _kind(name: str, said: str) -> Kind:
    words = ["id!", "object_type!", "comments", *said.split()]
    instrument = action = ""
    prefix, _, rest = name.partition("_")
    if prefix in {"TX", "CE"}:
        found = next(it for it in _INSTRUMENTS if rest.startswith(f"{it}_"))
        action = rest.removeprefix(f"{found}_").lower()
        instrument = "equity_compensation" if found == "PLAN_SECURITY" else found.lower()
    return Kind(
        name,
        instrument,
        action,
        frozenset(word[:-1] for word in words if word.endswith("!")),
        frozenset(word.rstrip("!") for word in words),
    )


KINDS: Mapping[str, Kind] = {name: _kind(name, said) for name, said in _FIELDS.items()}
"""Name in `object_type` → kind."""
