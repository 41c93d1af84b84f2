"""Forms D, C and 4 of the made-up world, in the SEC's XML, some inside an SGML envelope.

Form D has no namespace and ISO dates, Form C has two namespaces and MM-DD-YYYY.
Oddities on purpose: an offering of Indefinite size, a first sale yet to occur,
the text None, a series of a fund, an amendment, a blank line before the XML
declaration.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random
from xml.sax.saxutils import escape

from sandbox.files import write
from sandbox.universe import TODAY, Company, Universe

FORMS_D = 12
FUND_CIK = 9_200_001
_ROLES = ("Executive Officer", "Director", "Promoter")


def write_forms(folder: Path, universe: Universe) -> None:
    """A dozen Forms D, two Forms C, two Forms 4."""
    chance = universe.random("forms")
    american = filers_of_form_d(universe)
    target = folder / "sec-forms"
    for place, (company, form) in enumerate(_first_forms_d(chance, american)):
        if place == 0:
            write(target / f"{accession(company)}.nc", _envelope(company, form).encode())
        else:
            blank = "\n" if place % 5 == 0 else ""
            write(target / f"D.{company.slug}.xml", (blank + form).encode())
    write(target / "D.quillfen-fund-iii.xml", _fund(chance).encode())
    for place, company in enumerate(american[FORMS_D : FORMS_D + 2]):
        kind = ("C", "C-AR")[place]
        write(target / f"{company.slug}.Form{kind}.xml", _form_c(company, kind).encode())
    listed = [c for c in universe.companies if c.status == "ipo"][:2]
    for company in listed:
        write(target / f"form4.{company.slug}.xml", _form_4(chance, company).encode())


def forms_d(universe: Universe) -> dict[str, tuple[Company, str]]:
    """Accession number → who filed it and its XML; the first dozen are those in the files."""
    american = filers_of_form_d(universe)
    made = list(_first_forms_d(universe.random("forms"), american))
    for company in american[FORMS_D:]:
        place = company.number
        made.append((company, _form_d(universe.random(f"form D {place}"), company, place)))
    return {accession(company): (company, form) for company, form in made}


def _first_forms_d(chance: Random, american: list[Company]) -> Iterator[tuple[Company, str]]:
    for place, company in enumerate(american[:FORMS_D]):
        yield company, _form_d(chance, company, place)


def filers_of_form_d(universe: Universe) -> list[Company]:
    """American companies with a round of late years; the first files in an envelope."""
    return [
        c
        for c in universe.companies
        if c.country == "USA"
        and c.status == "operating"
        and c.rounds
        and c.rounds[-1].on.year > 2018
    ]


def filed_on(company: Company) -> date:
    """The day of the company's newest Form D."""
    return min(TODAY, company.rounds[-1].on + timedelta(days=14))


def accession(company: Company) -> str:
    """The accession number of the company's newest Form D."""
    return f"{company.cik:010d}-{filed_on(company):%y}-000001"


def _tags(indent: int, **values: object) -> str:
    pad = " " * indent
    return "".join(
        f"{pad}<{name}>{escape(str(value))}</{name}>\n"
        for name, value in values.items()
        if value is not None
    )


def _issuer(tag: str, cik: int, name: str, company: Company | None) -> str:
    city = company.city.upper() if company else "NEW YORK"
    state = company.state if company else "NY"
    year = company.founded.year if company else 2025
    return (
        f"  <{tag}>\n"
        + _tags(4, cik=f"{cik:010d}", entityName=name)
        + "    <issuerAddress>\n"
        + _tags(6, street1="1 EXAMPLE STREET", city=city, stateOrCountry=state, zipCode="00000")
        + "    </issuerAddress>\n"
        + _tags(4, issuerPhoneNumber="000-000-0000", jurisdictionOfInc="DELAWARE")
        + "    <issuerPreviousNameList>\n      <value>None</value>\n    </issuerPreviousNameList>\n"
        + _tags(4, entityType="Corporation" if company else "Limited Partnership")
        + f"    <yearOfInc>\n      <value>{year}</value>\n    </yearOfInc>\n  </{tag}>\n"
    )


def _persons(names: tuple[str, ...]) -> str:
    items = ""
    for place, name in enumerate(names):
        first, _, last = name.partition(" ")
        roles = "".join(f"<relationship>{role}</relationship>" for role in _ROLES[: place + 1])
        items += (
            "    <relatedPersonInfo>\n      <relatedPersonName>\n"
            + _tags(8, firstName=first, lastName=last)
            + "      </relatedPersonName>\n"
            + f"      <relatedPersonRelationshipList>{roles}</relatedPersonRelationshipList>\n"
            + "      <relationshipClarification></relationshipClarification>\n"
            + "    </relatedPersonInfo>\n"
        )
    return f"  <relatedPersonsList>\n{items}  </relatedPersonsList>\n"


def _offering(
    *, kind: str, industry: str, sold: int, total: str, sale: date | None, fund: bool, signer: str,
    signed: date, issuer: str, investors: int,
) -> str:  # fmt: skip
    first = f"<value>{sale}</value>" if sale else "<yetToOccur>true</yetToOccur>"
    left = total if total == "Indefinite" else str(int(total) - sold)
    fund_info = (
        "<investmentFundInfo><investmentFundType>Venture Capital Fund</investmentFundType>"
        "</investmentFundInfo>"
    )
    amendment = "true" if kind.endswith("/A") else "false"
    return (
        "  <offeringData>\n"
        f"    <industryGroup><industryGroupType>{industry}</industryGroupType>"
        f"{fund_info if fund else ''}</industryGroup>\n"
        "    <issuerSize><revenueRange>Decline to Disclose</revenueRange></issuerSize>\n"
        f"    <typeOfFiling><newOrAmendment><isAmendment>{amendment}</isAmendment></newOrAmendment>"
        f"<dateOfFirstSale>{first}</dateOfFirstSale></typeOfFiling>\n"
        "    <durationOfOffering><moreThanOneYear>false</moreThanOneYear></durationOfOffering>\n"
        "    <typesOfSecuritiesOffered><isEquityType>true</isEquityType>"
        "</typesOfSecuritiesOffered>\n"
        "    <minimumInvestmentAccepted>0</minimumInvestmentAccepted>\n"
        f"    <offeringSalesAmounts><totalOfferingAmount>{total}</totalOfferingAmount>"
        f"<totalAmountSold>{sold}</totalAmountSold><totalRemaining>{left}</totalRemaining>"
        "</offeringSalesAmounts>\n"
        f"    <investors><hasNonAccreditedInvestors>false</hasNonAccreditedInvestors>"
        f"<totalNumberAlreadyInvested>{investors}</totalNumberAlreadyInvested></investors>\n"
        f"    <signatureBlock><signature><issuerName>{escape(issuer)}</issuerName>"
        f"<nameOfSigner>{escape(signer)}</nameOfSigner><signatureTitle>CEO</signatureTitle>"
        f"<signatureDate>{signed}</signatureDate></signature></signatureBlock>\n"
        "  </offeringData>\n"
    )


def _submission(kind: str, inside: str) -> str:
    head = _tags(2, schemaVersion="X0708", submissionType=kind, testOrLive="LIVE")
    return f'<?xml version="1.0"?>\n<edgarSubmission>\n{head}{inside}</edgarSubmission>\n'


def _form_d(chance: Random, company: Company, place: int) -> str:
    last = company.rounds[-1]
    sold = last.amount_usd or 0
    indefinite = place % 4 == 3
    kind = "D/A" if place == 6 else "D"
    offering = _offering(
        kind=kind,
        industry="Other Technology",
        sold=sold,
        total="Indefinite" if indefinite else str(sold + 50_000 * chance.randint(0, 20)),
        sale=None if place % 4 == 2 else last.on,
        fund=False,
        signer=company.founders[0],
        signed=last.on + timedelta(days=12),
        issuer=company.legal_name,
        investors=chance.randint(1, 30),
    )
    issuer = _issuer("primaryIssuer", company.cik, company.legal_name.upper(), company)
    return _submission(kind, issuer + _persons(company.founders) + offering)


def _fund(chance: Random) -> str:
    name = "Quillfen Fund III, a series of Quillfen Ventures, LP"
    beside = "Quillfen Fund III-A, a series of Quillfen Ventures, LP"
    offering = _offering(
        kind="D",
        industry="Pooled Investment Fund",
        sold=41_500_000,
        total="60000000",
        sale=TODAY - timedelta(days=40),
        fund=True,
        signer="Ada Saltmarsh",
        signed=TODAY - timedelta(days=25),
        issuer=name,
        investors=chance.randint(20, 60),
    )
    issuer = _issuer("primaryIssuer", FUND_CIK, name, None)
    other = f"  <issuerList>\n{_issuer('issuer', FUND_CIK + 1, beside, None)}  </issuerList>\n"
    return _submission("D", issuer + other + _persons(("Ada Saltmarsh",)) + offering)


def _envelope(company: Company, form: str) -> str:
    return (
        f"<SUBMISSION>\n<ACCESSION-NUMBER>{accession(company)}\n<TYPE>D\n<PUBLIC-DOCUMENT-COUNT>1\n"
        f"<ITEMS>06b\n<FILING-DATE>{filed_on(company):%Y%m%d}\n<FILER>\n<COMPANY-DATA>\n"
        f"<CONFORMED-NAME>{company.legal_name.upper()}\n<CIK>{company.cik:010d}\n"
        "<IRS-NUMBER>000000000\n</COMPANY-DATA>\n</FILER>\n<DOCUMENT>\n<TYPE>D\n<SEQUENCE>1\n"
        f"<FILENAME>primary_doc.xml\n<TEXT>\n<XML>\n{form}</XML>\n</TEXT>\n</DOCUMENT>\n"
        "</SUBMISSION>\n"
    )


def _form_c(company: Company, kind: str) -> str:
    day = "%m-%d-%Y"
    period = f"<period>12-31-{TODAY.year - 1}</period>" if kind == "C-AR" else ""
    offer = (
        "    <offeringInformation>\n"
        + _tags(6, securityOfferedType="Common Stock", price="1.25000", offeringAmount="50000.00")
        + _tags(6, maximumOfferingAmount="1070000.00")
        + _tags(6, deadlineDate=(TODAY + timedelta(days=90)).strftime(day))
        + "    </offeringInformation>\n"
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<edgarSubmission xmlns="http://www.sec.gov/edgar/formc" '
        'xmlns:com="http://www.sec.gov/edgar/common">\n'
        f"  <headerData><submissionType>{kind}</submissionType><filerInfo><filer>"
        f"<filerCredentials><filerCik>{company.cik:010d}</filerCik></filerCredentials></filer>"
        f"{period}</filerInfo></headerData>\n"
        "  <formData>\n    <issuerInformation><issuerInfo>\n"
        + _tags(6, nameOfIssuer=company.legal_name)
        + "      <legalStatus>"
        + f"<dateIncorporation>{company.founded.strftime(day)}</dateIncorporation></legalStatus>\n"
        + f"      <issuerAddress><com:city>{company.city}</com:city>"
        + f"<com:stateOrCountry>{company.state}</com:stateOrCountry></issuerAddress>\n"
        + _tags(6, issuerWebsite=f"www.{company.slug}.example")
        + "    </issuerInfo></issuerInformation>\n"
        + (offer if kind == "C" else "")
        + "    <annualReportDisclosureRequirements>\n"
        + _tags(6, currentEmployees=f"{company.people}.00")
        + _tags(
            6, totalAssetMostRecentFiscalYear="182000.00", netIncomeMostRecentFiscalYear="-9.50"
        )
        + "    </annualReportDisclosureRequirements>\n"
        + "    <signatureInfo><signaturePersons><signaturePerson>\n"
        + _tags(6, personSignature=company.founders[0], personTitle="CEO")
        + _tags(6, signatureDate=(TODAY - timedelta(days=10)).strftime(day))
        + "    </signaturePerson></signaturePersons></signatureInfo>\n"
        + "  </formData>\n</edgarSubmission>\n"
    )


def _form_4(chance: Random, company: Company) -> str:
    on = TODAY - timedelta(days=chance.randint(5, 60))
    first, _, last = company.founders[0].partition(" ")
    trades = "".join(
        "    <nonDerivativeTransaction>\n"
        "      <securityTitle><value>Common Stock</value></securityTitle>\n"
        f"      <transactionDate><value>{on}</value></transactionDate>\n"
        f"      <transactionCoding><transactionCode>{code}</transactionCode></transactionCoding>\n"
        f"      <transactionAmounts><transactionShares><value>{shares}</value></transactionShares>"
        f"<transactionPricePerShare><value>{price}</value></transactionPricePerShare>"
        f"<transactionAcquiredDisposedCode><value>{way}</value></transactionAcquiredDisposedCode>"
        "</transactionAmounts>\n    </nonDerivativeTransaction>\n"
        for code, way, shares, price in (
            ("M", "A", 10_000, "1.25"),
            ("S", "D", 10_000, f"{chance.uniform(20, 90):.3f}"),
        )
    )
    return (
        "<ownershipDocument>\n"
        + _tags(2, schemaVersion="X0306", documentType="4", periodOfReport=on)
        + "  <issuer>\n"
        + _tags(4, issuerCik=f"{company.cik:010d}", issuerName=company.legal_name)
        + _tags(4, issuerTradingSymbol=company.slug[:4].upper())
        + "  </issuer>\n  <reportingOwner>\n    <reportingOwnerId>\n"
        + _tags(6, rptOwnerCik=f"{company.cik + 500_000:010d}", rptOwnerName=f"{last} {first}")
        + "    </reportingOwnerId>\n    <reportingOwnerRelationship>"
        + "<isDirector>1</isDirector><isOfficer>1</isOfficer><officerTitle>CEO</officerTitle>"
        + "</reportingOwnerRelationship>\n  </reportingOwner>\n"
        + f"  <nonDerivativeTable>\n{trades}  </nonDerivativeTable>\n"
        + f"  <derivativeTable>\n{_exercise(on)}  </derivativeTable>\n"
        + "  <ownerSignature>\n"
        + _tags(4, signatureName=company.founders[0], signatureDate=on + timedelta(days=1))
        + "  </ownerSignature>\n</ownershipDocument>\n"
    )


def _exercise(on: date) -> str:
    """The option behind the shares that were acquired by exercising it."""
    return (
        "    <derivativeTransaction>\n"
        "      <securityTitle><value>Stock Option (Right to Buy)</value></securityTitle>\n"
        "      <conversionOrExercisePrice><value>1.25</value></conversionOrExercisePrice>\n"
        f"      <transactionDate><value>{on}</value></transactionDate>\n"
        "      <transactionCoding><transactionCode>M</transactionCode></transactionCoding>\n"
        "      <transactionAmounts><transactionShares><value>10000</value></transactionShares>"
        "<transactionPricePerShare><value>0</value></transactionPricePerShare>"
        "<transactionAcquiredDisposedCode><value>D</value></transactionAcquiredDisposedCode>"
        "</transactionAmounts>\n"
        f"      <expirationDate><value>{on + timedelta(days=2_000)}</value></expirationDate>\n"
        "      <underlyingSecurity><underlyingSecurityTitle><value>Common Stock</value>"
        "</underlyingSecurityTitle><underlyingSecurityShares><value>10000</value>"
        "</underlyingSecurityShares></underlyingSecurity>\n"
        "    </derivativeTransaction>\n"
    )
