"""The European Central Bank's euro reference rates: history and today's file.

Both files are wide: a row a day, a column a currency, units of the currency for
one euro. Rates are published on TARGET days only. Every line ends in a comma,
and the daily file writes its date as "13 April 2026". Staging makes them long.

    headwater run 'key:"raw/ecb_fx__*"'
"""

from __future__ import annotations

from pipelines.spec import Check, Column, Csv, FileStream, Source

_CODES = """
usd jpy bgn cyp czk dkk eek gbp huf ltl lvl mtl pln rol ron sek sit skk chf isk nok hrk rub trl try
aud brl cad cny hkd idr ils inr krw mxn myr nzd php sgd thb zar
"""


def _columns(date: str) -> dict[str, Column]:
    rates = {
        code: Column(
            type="VARCHAR",
            description=f"{code.upper()} for one euro; N/A where none was published.",
            unit=code.upper(),
        )
        for code in _CODES.split()
    }
    return {"date": Column(type="VARCHAR", description=date), **rates}


DATED = Check(expectation="expect_column_values_to_not_be_null", arguments={"column": "date"})

HISTORY = FileStream(
    name="history",
    files=("**/eurofxref-hist*.csv",),
    format=Csv(delimiter=",", header_row=1, trim=True),
    description="One row a publishing day, newest first.",
    key=("date",),
    columns=_columns("Publishing day, YYYY-MM-DD."),
    checks=(DATED,),
)

DAILY = FileStream(
    name="daily",
    files=("**/eurofxref.csv", "**/eurofxref-daily*.csv"),
    format=Csv(delimiter=",", header_row=1, trim=True),
    description="The newest publishing day; days seen earlier are kept.",
    mode="merge",
    key=("date",),
    columns=_columns("Publishing day, written as 13 April 2026."),
    checks=(DATED,),
)

SOURCE = Source(
    name="ecb_fx",
    description="Euro foreign exchange reference rates.",
    owner="data@headwater.example",
    homepage="https://www.ecb.europa.eu/stats/policy_and_exchange_rates/",
    licence="Free reuse with the source named: European Central Bank.",
    streams=(HISTORY, DAILY),
)
