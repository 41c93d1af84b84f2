"""Forms filed with the SEC: D (private offerings), C (crowdfunding), 4 (insiders).

A form is an XML document, or a whole submission in which SGML wraps it (.nc).
Form D has no namespace and ISO dates, Form C has two namespaces and MM-DD-YYYY.
Files are told apart by their content, not by their names: each stream reads
every form and finds its own records. Rows of one form share `_file`.

    headwater run 'key:"raw/sec_forms__*"'
"""

from __future__ import annotations

from collections.abc import Mapping

from pipelines.spec import Check, Column, FileStream, Source, Xml

FILES = (
    "**/sec-forms/**/*.xml",
    "**/sec-forms/**/*.nc",
)


def _stream(
    name: str,
    record: str,
    description: str,
    fields: Mapping[str, tuple[str, str]],
    context: Mapping[str, tuple[str, str]] | None = None,
    checks: tuple[Check, ...] = (),
) -> FileStream:
    """Both mappings: column → (XPath, description); every column is text.

    Of several elements at one path the first counts, hence normalize-space.
    """
    context = context or {}
    return FileStream(
        name=name,
        files=FILES,
        format=Xml(
            record=record,
            columns={column: _first(path) for column, (path, _) in fields.items()},
            context={column: _first(path) for column, (path, _) in context.items()},
            envelope="sgml",
        ),
        description=description,
        columns={
            column: Column(type="VARCHAR", description=said)
            for column, (_, said) in {**context, **fields}.items()
        },
        checks=checks,
    )


def _first(path: str) -> str:
    return path if path.startswith(("sgml:", "concat(")) else f"normalize-space({path})"


def _filled(column: str) -> Check:
    return Check(expectation="expect_column_values_to_not_be_null", arguments={"column": column})


_HEADER = {
    "accession_number": ("sgml:ACCESSION-NUMBER", "Identity of the filing; only in an envelope."),
    "filing_date": ("sgml:FILING-DATE", "Day of filing, YYYYMMDD; only in an envelope."),
}
_ISSUER = "/edgarSubmission/primaryIssuer"
_FORM_D_CONTEXT = {
    "cik": (f"{_ISSUER}/cik", "CIK of the primary issuer, ten digits."),
    "submission_type": ("/edgarSubmission/submissionType", "D, or D/A for an amendment."),
}

FORM_D = _stream(
    "form_d",
    "/edgarSubmission/offeringData",
    "One row a Form D: the offering and its primary issuer.",
    {
        "industry_group_type": ("industryGroup/industryGroupType", "Industry."),
        "investment_fund_type": (
            "industryGroup/investmentFundInfo/investmentFundType",
            "Kind of fund, where the issuer is one.",
        ),
        "revenue_range": ("issuerSize/revenueRange", "Range of revenue, or Decline to Disclose."),
        "is_amendment": ("typeOfFiling/newOrAmendment/isAmendment", "true or false."),
        "previous_accession_number": (
            "typeOfFiling/newOrAmendment/previousAccessionNumber",
            "The filing that is amended.",
        ),
        "date_of_first_sale": ("typeOfFiling/dateOfFirstSale/value", "YYYY-MM-DD."),
        "date_of_first_sale_yet_to_occur": (
            "typeOfFiling/dateOfFirstSale/yetToOccur",
            "true where nothing was sold yet.",
        ),
        "more_than_one_year": ("durationOfOffering/moreThanOneYear", "true or false."),
        "is_equity_type": ("typesOfSecuritiesOffered/isEquityType", "true where offered."),
        "is_debt_type": ("typesOfSecuritiesOffered/isDebtType", "true where offered."),
        "is_pooled_investment_fund_type": (
            "typesOfSecuritiesOffered/isPooledInvestmentFundType",
            "true where interests in a fund are offered.",
        ),
        "minimum_investment_accepted": ("minimumInvestmentAccepted", "US dollars."),
        "total_offering_amount": (
            "offeringSalesAmounts/totalOfferingAmount",
            "US dollars, or Indefinite.",
        ),
        "total_amount_sold": ("offeringSalesAmounts/totalAmountSold", "US dollars."),
        "total_remaining": (
            "offeringSalesAmounts/totalRemaining",
            "US dollars, or Indefinite.",
        ),
        "has_non_accredited_investors": ("investors/hasNonAccreditedInvestors", "true or false."),
        "total_number_already_invested": (
            "investors/totalNumberAlreadyInvested",
            "Number of investors; Form D names none of them.",
        ),
        "sales_commissions": (
            "salesCommissionsFindersFees/salesCommissions/dollarAmount",
            "US dollars.",
        ),
        "finders_fees": ("salesCommissionsFindersFees/findersFees/dollarAmount", "US dollars."),
        "gross_proceeds_used": ("useOfProceeds/grossProceedsUsed/dollarAmount", "US dollars."),
    },
    context={
        **_HEADER,
        **_FORM_D_CONTEXT,
        "test_or_live": ("/edgarSubmission/testOrLive", "LIVE or TEST."),
        "entity_name": (f"{_ISSUER}/entityName", "Name of the primary issuer."),
        "entity_type": (f"{_ISSUER}/entityType", "Legal form."),
        "jurisdiction_of_inc": (f"{_ISSUER}/jurisdictionOfInc", "Jurisdiction, in words."),
        "year_of_inc": (f"{_ISSUER}/yearOfInc/value", "Year of incorporation."),
        "street1": (f"{_ISSUER}/issuerAddress/street1", "Street."),
        "street2": (f"{_ISSUER}/issuerAddress/street2", "Street, second line."),
        "city": (f"{_ISSUER}/issuerAddress/city", "City."),
        "state_or_country": (
            f"{_ISSUER}/issuerAddress/stateOrCountry",
            "EDGAR's code of a state or a country.",
        ),
        "state_or_country_description": (
            f"{_ISSUER}/issuerAddress/stateOrCountryDescription",
            "The same in words.",
        ),
        "zip_code": (f"{_ISSUER}/issuerAddress/zipCode", "Postal code."),
        "phone": (f"{_ISSUER}/issuerPhoneNumber", "Telephone number, any spelling."),
        "previous_name": (
            f"{_ISSUER}/issuerPreviousNameList/*",
            "The first former name; the text None where there is none.",
        ),
    },
    checks=(_filled("cik"),),
)

FORM_D_ISSUERS = _stream(
    "form_d_issuers",
    "/edgarSubmission/issuerList/issuer",
    "One row a further issuer of a Form D.",
    {
        "issuer_cik": ("cik", "CIK of this issuer."),
        "entity_name": ("entityName", "Its name."),
        "entity_type": ("entityType", "Its legal form."),
        "jurisdiction_of_inc": ("jurisdictionOfInc", "Its jurisdiction, in words."),
        "year_of_inc": ("yearOfInc/value", "Its year of incorporation."),
        "state_or_country": ("issuerAddress/stateOrCountry", "EDGAR's code."),
        "state_or_country_description": (
            "issuerAddress/stateOrCountryDescription",
            "The same in words.",
        ),
    },
    context=_FORM_D_CONTEXT,
)

_RELATIONSHIPS = (
    "concat(relatedPersonRelationshipList/relationship[1], ';', "
    "relatedPersonRelationshipList/relationship[2], ';', "
    "relatedPersonRelationshipList/relationship[3])"
)
FORM_D_PERSONS = _stream(
    "form_d_related_persons",
    "/edgarSubmission/relatedPersonsList/relatedPersonInfo",
    "One row a person (or firm) named on a Form D.",
    {
        "first_name": ("relatedPersonName/firstName", "First name; N/A for a firm."),
        "middle_name": ("relatedPersonName/middleName", "Middle name."),
        "last_name": ("relatedPersonName/lastName", "Last name, or the firm's name."),
        "city": ("relatedPersonAddress/city", "City."),
        "state_or_country": ("relatedPersonAddress/stateOrCountry", "EDGAR's code."),
        "relationships": (
            _RELATIONSHIPS,
            "Executive Officer, Director, Promoter: up to three, with semicolons between.",
        ),
        "clarification": ("relationshipClarification", "What the form adds."),
    },
    context=_FORM_D_CONTEXT,
)

FORM_D_SIGNATURES = _stream(
    "form_d_signatures",
    "/edgarSubmission/offeringData/signatureBlock/signature",
    "One row a signature under a Form D.",
    {
        "issuer_name": ("issuerName", "Issuer signed for."),
        "name_of_signer": ("nameOfSigner", "Who signed."),
        "signature_title": ("signatureTitle", "In which role."),
        "signature_date": ("signatureDate", "YYYY-MM-DD."),
    },
    context=_FORM_D_CONTEXT,
)

_INFO = "issuerInformation/issuerInfo"
_OFFER = "offeringInformation"
_REPORT = "annualReportDisclosureRequirements"
FORM_C = _stream(
    "form_c",
    "/edgarSubmission/formData",
    "One row a Form C, C-U or C-AR: a crowdfunding offering, its progress, its yearly report.",
    {
        "name_of_issuer": (f"{_INFO}/nameOfIssuer", "Name of the issuer."),
        "legal_status_form": (f"{_INFO}/legalStatus/legalStatusForm", "Legal form."),
        "jurisdiction_organization": (
            f"{_INFO}/legalStatus/jurisdictionOrganization",
            "EDGAR's code of the jurisdiction.",
        ),
        "date_incorporation": (f"{_INFO}/legalStatus/dateIncorporation", "MM-DD-YYYY."),
        "city": (f"{_INFO}/issuerAddress/city", "City."),
        "state_or_country": (f"{_INFO}/issuerAddress/stateOrCountry", "EDGAR's code."),
        "issuer_website": (f"{_INFO}/issuerWebsite", "Website, with or without https://."),
        "progress_update": ("issuerInformation/progressUpdate", "Progress, on a C-U."),
        "intermediary_name": ("issuerInformation/companyName", "The funding portal."),
        "intermediary_cik": ("issuerInformation/commissionCik", "Its CIK."),
        "security_offered_type": (f"{_OFFER}/securityOfferedType", "Kind of security."),
        "price": (f"{_OFFER}/price", "US dollars a security."),
        "offering_amount": (f"{_OFFER}/offeringAmount", "Target, US dollars."),
        "maximum_offering_amount": (f"{_OFFER}/maximumOfferingAmount", "US dollars."),
        "deadline_date": (f"{_OFFER}/deadlineDate", "MM-DD-YYYY."),
        "current_employees": (f"{_REPORT}/currentEmployees", "Number, with decimals."),
        "total_assets": (f"{_REPORT}/totalAssetMostRecentFiscalYear", "US dollars."),
        "cash": (f"{_REPORT}/cashEquiMostRecentFiscalYear", "US dollars."),
        "revenue": (f"{_REPORT}/revenueMostRecentFiscalYear", "US dollars."),
        "net_income": (f"{_REPORT}/netIncomeMostRecentFiscalYear", "US dollars."),
        "issuer_signature": ("signatureInfo/issuerSignature/issuerSignature", "Who signed."),
    },
    context={
        **_HEADER,
        "submission_type": ("/edgarSubmission/headerData/submissionType", "C, C-U, C-AR …"),
        "cik": (
            "/edgarSubmission/headerData/filerInfo/filer/filerCredentials/filerCik",
            "CIK of the issuer, ten digits.",
        ),
        "file_number": (
            "/edgarSubmission/headerData/filerInfo/filer/fileNumber",
            "SEC file number.",
        ),
        "period": ("/edgarSubmission/headerData/filerInfo/period", "Period, MM-DD-YYYY."),
    },
    checks=(_filled("cik"),),
)

FORM_C_SIGNATURES = _stream(
    "form_c_signatures",
    "/edgarSubmission/formData/signatureInfo/signaturePersons/signaturePerson",
    "One row a person's signature under a Form C.",
    {
        "person_signature": ("personSignature", "Who signed."),
        "person_title": ("personTitle", "In which role."),
        "signature_date": ("signatureDate", "MM-DD-YYYY."),
    },
)

_FORM_4_CONTEXT = {
    "issuer_cik": ("/ownershipDocument/issuer/issuerCik", "CIK of the company."),
    "period_of_report": ("/ownershipDocument/periodOfReport", "Day of the earliest transaction."),
}

FORM_4 = _stream(
    "form_4",
    "/ownershipDocument",
    "One row a Form 3, 4 or 5: an insider's holdings or transactions.",
    {
        "document_type": ("documentType", "3, 4 or 5."),
        "period_of_report": ("periodOfReport", "YYYY-MM-DD."),
        "issuer_cik": ("issuer/issuerCik", "CIK of the company."),
        "issuer_name": ("issuer/issuerName", "Its name."),
        "issuer_trading_symbol": ("issuer/issuerTradingSymbol", "Its ticker."),
        "signature_name": ("ownerSignature/signatureName", "Who signed."),
        "signature_date": ("ownerSignature/signatureDate", "YYYY-MM-DD."),
    },
    context=_HEADER,
    checks=(_filled("issuer_cik"),),
)

FORM_4_OWNERS = _stream(
    "form_4_owners",
    "/ownershipDocument/reportingOwner",
    "One row a reporting owner.",
    {
        "owner_cik": ("reportingOwnerId/rptOwnerCik", "CIK of the owner."),
        "owner_name": ("reportingOwnerId/rptOwnerName", "Name, last name first."),
        "is_director": ("reportingOwnerRelationship/isDirector", "1 or 0, true or false."),
        "is_officer": ("reportingOwnerRelationship/isOfficer", "1 or 0, true or false."),
        "is_ten_percent_owner": (
            "reportingOwnerRelationship/isTenPercentOwner",
            "1 or 0, true or false.",
        ),
        "officer_title": ("reportingOwnerRelationship/officerTitle", "Title."),
    },
    context=_FORM_4_CONTEXT,
)

_TRANSACTION = {
    "security_title": ("securityTitle/value", "Security."),
    "transaction_date": ("transactionDate/value", "YYYY-MM-DD."),
    "transaction_code": ("transactionCoding/transactionCode", "P bought, S sold, M exercised …"),
    "shares": ("transactionAmounts/transactionShares/value", "Number of securities."),
    "price_per_share": ("transactionAmounts/transactionPricePerShare/value", "US dollars."),
    "acquired_disposed_code": (
        "transactionAmounts/transactionAcquiredDisposedCode/value",
        "A acquired, D disposed of.",
    ),
    "shares_owned_following": (
        "postTransactionAmounts/sharesOwnedFollowingTransaction/value",
        "Number held afterwards.",
    ),
    "direct_or_indirect": ("ownershipNature/directOrIndirectOwnership/value", "D or I."),
    "nature_of_ownership": ("ownershipNature/natureOfOwnership/value", "Through whom, if I."),
}

FORM_4_SHARES = _stream(
    "form_4_shares",
    "/ownershipDocument/nonDerivativeTable/nonDerivativeTransaction",
    "One row a transaction in shares.",
    _TRANSACTION,
    context=_FORM_4_CONTEXT,
)

FORM_4_DERIVATIVES = _stream(
    "form_4_derivatives",
    "/ownershipDocument/derivativeTable/derivativeTransaction",
    "One row a transaction in options and other derivatives.",
    {
        **_TRANSACTION,
        "exercise_price": ("conversionOrExercisePrice/value", "US dollars."),
        "expiration_date": ("expirationDate/value", "YYYY-MM-DD."),
        "underlying_title": ("underlyingSecurity/underlyingSecurityTitle/value", "Security."),
        "underlying_shares": ("underlyingSecurity/underlyingSecurityShares/value", "Number."),
    },
    context=_FORM_4_CONTEXT,
)

SOURCE = Source(
    name="sec_forms",
    description="Forms D, C and 4 as filed with the SEC.",
    owner="data@headwater.example",
    homepage="https://www.sec.gov/search-filings",
    licence="Public record of the United States; no copyright claimed.",
    streams=(
        FORM_D,
        FORM_D_ISSUERS,
        FORM_D_PERSONS,
        FORM_D_SIGNATURES,
        FORM_C,
        FORM_C_SIGNATURES,
        FORM_4,
        FORM_4_OWNERS,
        FORM_4_SHARES,
        FORM_4_DERIVATIVES,
    ),
)
