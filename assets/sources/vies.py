"""VIES, the European Union's register of VAT numbers: is a number valid, and whose is it?

One request for each number in VIES_VAT_NUMBERS. A run asks for all of them; the table
keeps each number's answers with the time for which they held. A number that can't be
looked up, because it is malformed or its member state doesn't answer, is a row whose
`fault` says why, so that "not valid" and "not known" stay apart. Germany and Spain
give no names: then `name` is ---.

    headwater run 'key:"raw/vies__checks"'
"""

from __future__ import annotations

from pipelines.spec import Check, Column, PulledStream, Setting, Soap, Source

_WSDL = "https://ec.europa.eu/taxation_customs/vies/services/checkVatService.wsdl"
_ADDRESS = "https://ec.europa.eu/taxation_customs/vies/services/checkVatService"

# Of one number or one member state: the others can still be looked up.
_SET_ASIDE = ("INVALID_INPUT", "VAT_BLOCKED")
_ONE_STATE = ("MS_UNAVAILABLE", "TIMEOUT", "MS_MAX_CONCURRENT_REQ", "MS_MAX_CONCURRENT_REQ_TIME")
_WHOLE_SERVICE = (
    "SERVICE_UNAVAILABLE",
    "SERVER_BUSY",
    "GLOBAL_MAX_CONCURRENT_REQ",
    "GLOBAL_MAX_CONCURRENT_REQ_TIME",
)
_REFUSED = ("IP_BLOCKED", "INVALID_REQUESTER_INFO")

CHECKS = PulledStream(
    name="checks",
    of="checkVat",
    description="What VIES says of each VAT number, and from when to when it said so.",
    mode="history",
    key=("country_code", "vat_number"),
    columns={
        "country_code": Column(type="VARCHAR", description="Member state, such as DE or EL."),
        "vat_number": Column(type="VARCHAR", description="The number without the state's letters."),
        "request_date": Column(type="VARCHAR", description="Day of the answer, with its zone."),
        "valid": Column(type="BOOLEAN", description="Whether the number is valid on that day."),
        "name": Column(type="VARCHAR", description="Whose it is; --- where the state doesn't say."),
        "address": Column(type="VARCHAR", description="Where they are; --- likewise."),
        "fault": Column(type="VARCHAR", description="Why nothing is known; NULL if all went well."),
    },
    checks=(
        Check(
            expectation="expect_column_values_to_not_be_null",
            arguments={"column": "country_code"},
        ),
    ),
)

SOURCE = Source(
    name="vies",
    description="The European Union's register of VAT numbers.",
    owner="data@headwater.example",
    homepage="https://ec.europa.eu/taxation_customs/vies/",
    licence="Look-ups of one's own customers and suppliers; no copy of the register.",
    connection=Soap(
        wsdl=Setting(env="VIES_WSDL", description="Where the service's WSDL is.", default=_WSDL),
        address=Setting(env="VIES_URL", description="Where the service is.", default=_ADDRESS),
        parallel=1,  # member states refuse requests that come side by side
        operations={
            "checkVat": {
                "each": {
                    "values": Setting(
                        env="VIES_VAT_NUMBERS",
                        description="VAT numbers with their state's letters and commas between.",
                    ),
                    "pattern": r"(?P<countryCode>[A-Z]{2})(?P<vatNumber>[0-9A-Za-z+*.]{2,12})",
                },
                "keep": ("countryCode", "vatNumber"),
                "faults": {
                    **dict.fromkeys(_SET_ASIDE, "record"),
                    **dict.fromkeys(_ONE_STATE, "retry, record"),
                    **dict.fromkeys(_WHOLE_SERVICE, "retry"),
                    **dict.fromkeys(_REFUSED, "fail"),
                },
            }
        },
    ),
    streams=(CHECKS,),
)
