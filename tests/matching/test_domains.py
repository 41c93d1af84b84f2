"""Domains and numbers of registers: whose they are, and where they are nobody's."""

from __future__ import annotations

import pytest

from pipelines.matching import registers
from pipelines.matching.domains import of_mailbox, registrable


@pytest.mark.parametrize(
    ("address", "domain"),
    [
        ("https://www.shop.example.co.uk/about?x=1", "example.co.uk"),
        ("HTTP://Acme.COM.", "acme.com"),
        ("acme.io", "acme.io"),
        ("http://user:secret@acme.com:8080/", "acme.com"),
        ("http://münchen.de", "xn--mnchen-3ya.de"),
        ("acme.github.io", "acme.github.io"),
        ("https://acme.medium.com/about", "acme.medium.com"),
        ("facebook.com", "facebook.com"),
        ("https://www.facebook.com/", "facebook.com"),
    ],
)
def test_a_site_is_known_by_what_was_registered(address: str, domain: str) -> None:
    assert registrable(address) == domain


@pytest.mark.parametrize(
    "address",
    [
        "https://facebook.com/acme",
        "https://medium.com/@acme",
        "https://apps.apple.com/app/acme",
        "https://sites.google.com/view/acme",
        "https://",
        "localhost",
        "http://127.0.0.1/",
        "co.uk",
        "not a site",
        "",
        None,
    ],
)
def test_a_page_on_a_shared_host_is_nobodys_domain(address: str | None) -> None:
    assert registrable(address) is None


def test_a_mailbox_tells_its_owners_domain_unless_anybody_gets_one_there() -> None:
    assert of_mailbox("Ada@mail.acme.co.uk") == "acme.co.uk"
    assert of_mailbox("ada@gmail.com") is None
    assert of_mailbox("nobody") is None
    assert of_mailbox(None) is None


def test_a_mistyped_lei_is_none() -> None:
    assert registers.lei(" hwupkr0mpou8fgxbt394 ") == "HWUPKR0MPOU8FGXBT394"
    assert registers.lei("HWUPKR0MPOU8FGXBT395") is None


def test_padded_and_plain_ciks_are_one() -> None:
    assert registers.cik("0000320193") == registers.cik(320193) == registers.cik("CIK320193")
    assert registers.cik("0") is registers.cik("") is registers.cik("none") is None


def test_company_numbers_are_told_apart_by_register() -> None:
    assert registers.company_number("GB", "123456") == "GB:00123456"
    assert registers.company_number("gb", "sc 123456") == "GB:SC123456"
    assert registers.company_number("DE", "123456") != registers.company_number("GB", "123456")
    assert registers.company_number(None, "123456") is None
    assert registers.company_number("GB", "000000000") is None
