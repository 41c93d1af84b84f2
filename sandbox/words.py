"""The words that the made-up firm's world is named with; none is a real company.

Belongs here: word lists. Does not belong here: how they are put together.
"""

from __future__ import annotations

HEADS = (
    "Quil Bramm Tesk Orvu Zephl Nurr Kelb Wisp Drov Yart Plim Fosk Grenn Hulv Jask Lorv Mirt Ovik "
    "Pranz Rudd Sploo Trag Ulm Vask Wex Xand Yeb Zorr"
)
TAILS = (
    "abex ondry ivane ulith orple andric eskin imory ashka owick ullum ebrix iptor undel ogrim "
    "astiq elune ivork"
)
SPOILT_NAMES = (
    "Caféolune",
    "Naïvork",
    "Brammé Bakery",
    "Fosk’s Larder",
    "Zorr™ Labs",
    "Señabex",
    "Vaskørn",
)
"""Names that two wrong encodings spoil but that can be told again."""

LOST_NAMES = ("Müllowick", "Grünlith")
"""Names of which two wrong encodings lose a letter."""

FIRST_NAMES = (
    "Ada Bo Ciarán Dita Emeka Farah Goran Hana Ilse Jomo Kaito Lena Mirek Nadia Oskar Priya "
    "Quentin Rosa Samir Tove Uma Viktor Wanjiru Xenia Yusuf Zoë"
)
LAST_NAMES = (
    "Abernold Brackwill Castleford D'Ormond Eastwick Fennimore Gallowglass Hartigan Ironmonger "
    "Jessop Kettlewell Larkspur Mossgrave Nightingale O'Tarrow Pennywhistle Quartermain Ravenel "
    "Saltmarsh Thistlewood Underhay Vantongeren Whitlock Yarrowby"
)
CATEGORIES = (
    "software biotech health ecommerce analytics enterprise mobile hardware security fintech "
    "cleantech education"
)
PLACES = (
    ("USA", "CA", "SF Bay", "San Francisco"),
    ("USA", "CA", "SF Bay", "Oakland"),
    ("USA", "NY", "New York", "New York"),
    ("USA", "MA", "Boston", "Cambridge"),
    ("USA", "TX", "Austin", "Austin"),
    ("USA", "WA", "Seattle", "Seattle"),
    ("GBR", "", "London", "London"),
    ("DEU", "", "Berlin", "Berlin"),
    ("FRA", "", "Paris", "Paris"),
    ("NAM", "", "unknown", "Windhoek"),
)
ALPHA2 = {"USA": "US", "GBR": "GB", "DEU": "DE", "FRA": "FR", "NAM": "NA"}
TAGS = (
    "fintech developer-tools b2b saas artificial-intelligence climate marketplace healthcare "
    "robotics logistics education gaming"
)
