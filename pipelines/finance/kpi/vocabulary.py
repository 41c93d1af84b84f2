"""The figures that a venture portfolio reports, and what companies call them.

Belongs here: the metrics as data, with names in several languages. Does not belong
here: comparing labels with them (labels).

A metric's `names` mean it and nothing else. Its `hints` may mean it: they are shown
to a person as a suggestion, and used only after that person agreed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["money", "count", "percent", "months", "days", "ratio"]
Basis = Literal["flow", "stock", "rate"]


@dataclass(frozen=True)
class Metric:
    """One figure. A flow adds up over periods, a stock is its last day's, a rate neither.

    `signed`: it may be below zero; costs and burn are given as positive amounts. A
    percentage lies between 0 and `most`, or -`most` where it is signed.
    """

    id: str
    title: str
    kind: Kind
    basis: Basis
    names: tuple[str, ...]
    hints: tuple[str, ...] = ()
    signed: bool = False
    most: int | None = None


def _metric(
    identity: str,
    title: str,
    kind: Kind,
    basis: Basis,
    names: str,
    hints: str = "",
    *,
    signed: bool = False,
    most: int | None = None,
) -> Metric:
    """Names and hints are written with | between them."""
    split = [tuple(n.strip() for n in text.split("|") if n.strip()) for text in (names, hints)]
    known = (identity.replace("_", " "), title, *split[0])
    return Metric(identity, title, kind, basis, known, split[1], signed, most)


METRICS: tuple[Metric, ...] = (
    _metric(
        "revenue", "Revenue", "money", "flow",
        "total revenue | revenues | total revenues | net revenue | net revenues | net sales"
        " | turnover | total net revenue | umsatz | umsatzerloese | gesamtumsatz | nettoumsatz"
        " | umsaetze | chiffre d'affaires | chiffre d'affaires total | ca ht | ingresos"
        " | ingresos totales | facturacion neta | ricavi | ricavi totali | fatturato | omzet"
        " | netto omzet | omsaettning | nettoomsaettning | receita | receita total"
        " | receita liquida",
        "sales | income | top line | ca | ventas | total sales | gmv net | erloese | vendas"
        " | gross revenue | recognised revenue | recognized revenue",
    ),
    _metric(
        "recurring_revenue", "Recurring revenue", "money", "flow",
        "total recurring revenue | subscription revenue | subscription revenues | saas revenue"
        " | abo umsatz | wiederkehrender umsatz | revenus recurrents | revenu recurrent"
        " | ingresos recurrentes | ricavi ricorrenti | receita recorrente",
        "subscription | subscriptions | saas | recurring",
    ),
    _metric(
        "arr", "Annual recurring revenue", "money", "stock",
        "annualised recurring revenue | annualized recurring revenue | ending arr | closing arr"
        " | total arr | arr end of period | arr eop | arr at period end | arr at end of month"
        " | jaehrlich wiederkehrender umsatz | revenu annuel recurrent"
        " | revenus annuels recurrents | ingresos recurrentes anuales | ricavi ricorrenti annuali"
        " | receita recorrente anual",
        "carr | contracted arr | committed arr | run rate | arr run rate | annual run rate"
        " | opening arr | beginning arr",
    ),
    _metric(
        "mrr", "Monthly recurring revenue", "money", "stock",
        "ending mrr | closing mrr | total mrr | mrr end of period | mrr eop | mrr at period end"
        " | monatlich wiederkehrender umsatz | monatlich wiederkehrende umsaetze"
        " | revenu mensuel recurrent | revenus mensuels recurrents"
        " | ingresos recurrentes mensuales | ricavi ricorrenti mensili"
        " | receita recorrente mensal | maandelijks terugkerende omzet",
        "cmrr | contracted mrr | committed mrr | opening mrr | beginning mrr",
    ),
    _metric(
        "net_new_arr", "Net new ARR", "money", "flow",
        "nnarr | nn arr | net arr added | net arr change | change in arr | arr net new",
        "arr movement", signed=True,
    ),
    _metric(
        "new_arr", "New ARR", "money", "flow",
        "new logo arr | arr new logos | new customer arr | arr from new customers"
        " | new business arr",
        "arr new | gross new arr | bookings arr | added arr",
    ),
    _metric(
        "expansion_arr", "Expansion ARR", "money", "flow",
        "arr expansion | upsell arr | arr from expansion | arr upsell", "expansion | upsell",
    ),
    _metric(
        "churned_arr", "Churned ARR", "money", "flow",
        "arr churned | lost arr | arr lost", "churn arr | arr churn | contraction arr",
    ),
    _metric(
        "net_new_mrr", "Net new MRR", "money", "flow",
        "nnmrr | nn mrr | net mrr added | change in mrr | mrr net new", "mrr movement", signed=True,
    ),
    _metric(
        "new_mrr", "New MRR", "money", "flow",
        "new logo mrr | mrr new logos | new customer mrr | mrr from new customers",
        "mrr new | gross new mrr",
    ),
    _metric(
        "churned_mrr", "Churned MRR", "money", "flow",
        "mrr churned | lost mrr | mrr lost", "churn mrr | mrr churn",
    ),
    _metric(
        "bookings", "Bookings", "money", "flow",
        "total bookings | new bookings | auftragseingang | order intake | prises de commande"
        " | pedidos nuevos",
        "orders | tcv | acv | signed contracts | net bookings",
    ),
    _metric(
        "gmv", "Gross merchandise value", "money", "flow",
        "gross merchandise volume | gmv total | total gmv | gross transaction value"
        " | gross transaction volume | handelsvolumen | volume d'affaires",
        "gtv | tpv | total payment volume | volume",
    ),
    _metric(
        "cogs", "Cost of goods sold", "money", "flow",
        "cost of sales | cost of revenue | cost of revenues | total cogs | herstellungskosten"
        " | umsatzkosten | cout des ventes | cout des marchandises vendues | coste de ventas"
        " | costo de ventas | costo del venduto",
        "direct costs | wareneinsatz | costs | materialaufwand",
    ),
    _metric(
        "gross_profit", "Gross profit", "money", "flow",
        "total gross profit | bruttogewinn | bruttoergebnis | rohertrag | benefice brut"
        " | beneficio bruto | utile lordo | lucro bruto | brutowinst",
        "rohergebnis | db1 | contribution", signed=True,
    ),
    _metric(
        "gross_margin", "Gross margin", "percent", "rate",
        "gm | gross profit margin | gross margin percent | gross margin pct | bruttomarge"
        " | rohertragsmarge | marge brute | taux de marge brute | margen bruto | margine lordo"
        " | margem bruta | brutomarge",
        "margin | marge | rohmarge", signed=True, most=100,
    ),
    _metric(
        "operating_expenses", "Operating expenses", "money", "flow",
        "opex | total opex | total operating expenses | operating costs | total operating costs"
        " | betriebsaufwand | betriebskosten | betriebliche aufwendungen | charges d'exploitation"
        " | gastos operativos | gastos de explotacion | spese operative | despesas operacionais",
        "expenses | total expenses | costs total | total costs | overheads",
    ),
    _metric(
        "personnel_costs", "Personnel costs", "money", "flow",
        "staff costs | payroll costs | payroll | people costs | salaries and wages | personalkosten"
        " | personalaufwand | charges de personnel | masse salariale | gastos de personal"
        " | costi del personale | personeelskosten",
        "salaries | wages | compensation",
    ),
    _metric(
        "ebitda", "EBITDA", "money", "flow",
        "ebitda total | total ebitda", "adjusted ebitda | adj ebitda | ebitda adjusted",
        signed=True,
    ),
    _metric(
        "ebit", "EBIT", "money", "flow",
        "operating profit | operating income | operating result | betriebsergebnis"
        " | resultat d'exploitation | resultado de explotacion | risultato operativo",
        "operating loss | adjusted ebit", signed=True,
    ),
    _metric(
        "net_income", "Net income", "money", "flow",
        "net profit | net result | net profit after tax | profit after tax | jahresueberschuss"
        " | nettoergebnis | periodenergebnis | resultat net | resultado neto | beneficio neto"
        " | utile netto | lucro liquido | nettowinst | net income loss | net profit loss",
        "net loss | profit | loss | result | ergebnis | bottom line", signed=True,
    ),
    _metric(
        "net_cash_flow", "Net cash flow", "money", "flow",
        "net change in cash | change in cash | net cash movement | net increase in cash"
        " | veraenderung der liquiditaet | netto cashflow | flux de tresorerie net"
        " | variation de tresorerie | flujo de caja neto | flusso di cassa netto",
        "cash flow | cashflow | cash movement", signed=True,
    ),
    _metric(
        "operating_cash_flow", "Operating cash flow", "money", "flow",
        "cash flow from operations | cash flow from operating activities | cfo"
        " | net cash from operating activities | operativer cashflow"
        " | flux de tresorerie d'exploitation | flujo de caja operativo",
        "cash from operations", signed=True,
    ),
    _metric(
        "free_cash_flow", "Free cash flow", "money", "flow",
        "fcf | freier cashflow | flux de tresorerie disponible | flujo de caja libre", signed=True,
    ),
    _metric(
        "net_burn", "Net burn", "money", "flow",
        "net cash burn | monthly net burn | net monthly burn | net burn rate | netto burn"
        " | netto cash burn | burn net | consommation nette de tresorerie | consumo neto de caja",
        "burn | cash burn | burn rate | monthly burn | burnrate | quemado | cash burn rate",
    ),
    _metric(
        "gross_burn", "Gross burn", "money", "flow",
        "gross cash burn | gross burn rate | monthly gross burn | brutto burn | burn brut",
        "cash out | total cash out | outflows",
    ),
    _metric(
        "cash", "Cash", "money", "stock",
        "cash balance | cash and cash equivalents | cash & cash equivalents | cash at bank"
        " | cash on hand | closing cash | closing cash balance | ending cash | ending cash balance"
        " | cash position | cash at end of period | cash end of period | cash eop | cash in bank"
        " | bank balance | total cash | liquide mittel | kassenbestand | bankguthaben"
        " | tresorerie | solde de tresorerie | disponibilites"
        " | caja | saldo de caja | tesoreria | efectivo y equivalentes | cassa"
        " | disponibilita liquide | liquide middelen | kassa | caixa | saldo de caixa",
        "opening cash | beginning cash | cash opening balance | bank | net cash | liquidity"
        " | tresorerie nette | liquiditaet",
        signed=True,
    ),
    _metric(
        "debt", "Debt", "money", "stock",
        "total debt | financial debt | gross debt | finanzverbindlichkeiten | dette financiere"
        " | deuda financiera | debito finanziario | outstanding debt",
        "loans | venture debt | verbindlichkeiten | dettes | borrowings | net debt",
    ),
    _metric(
        "runway", "Runway", "months", "rate",
        "cash runway | months of runway | runway months | runway in months | runway mths"
        " | reichweite | liquiditaetsreichweite | cash reichweite | autonomie financiere"
        " | mois de tresorerie | meses de caja | runway en meses | runway en mois"
        " | runway in monaten",
        "cash out date | months of cash | autonomie",
    ),
    _metric(
        "headcount", "Headcount", "count", "stock",
        "total headcount | employees | number of employees | total employees | fte | ftes"
        " | total fte | total ftes | headcount fte | full time equivalents | team size"
        " | headcount end of period | headcount eop | mitarbeiter | mitarbeitende"
        " | anzahl mitarbeiter | mitarbeiterzahl | effectif | effectifs | effectif total"
        " | nombre de salaries | plantilla | empleados | numero de empleados | dipendenti"
        " | numero dipendenti | medewerkers | anstaellda | colaboradores | funcionarios",
        "people | staff | team | heads | hc | koepfe",
    ),
    _metric(
        "customers", "Customers", "count", "stock",
        "number of customers | total customers | customer count | customers end of period"
        " | customers eop | paying customers | total paying customers | active customers"
        " | kunden | anzahl kunden | kundenzahl | kunden gesamt | clients | nombre de clients"
        " | clients payants | total clients | clientes | numero de clientes | clientes activos"
        " | clientes totales | clienti | numero clienti | klanten | aantal klanten | kunder",
        "logos | accounts | subscribers | opening customers | kunden aktiv",
    ),
    _metric(
        "new_customers", "New customers", "count", "flow",
        "customers added | new logos | new paying customers | customer additions | neukunden"
        " | neue kunden | nouveaux clients | nuevos clientes | clientes nuevos | nuovi clienti"
        " | nieuwe klanten | novos clientes",
        "customers new | wins | net new customers",
    ),
    _metric(
        "churned_customers", "Churned customers", "count", "flow",
        "customers churned | lost customers | customers lost | churned logos | verlorene kunden"
        " | clients perdus | clientes perdidos | clienti persi",
        "churn customers | cancellations",
    ),
    _metric(
        "active_users", "Active users", "count", "stock",
        "mau | monthly active users | monatlich aktive nutzer | utilisateurs actifs mensuels"
        " | usuarios activos mensuales | utenti attivi mensili",
        "users | dau | wau | nutzer | utilisateurs | usuarios | daily active users",
    ),
    _metric(
        "customer_churn", "Customer churn", "percent", "rate",
        "customer churn rate | logo churn | logo churn rate | churn rate customers | kundenchurn"
        " | kundenabwanderung | taux d'attrition clients | tasa de abandono de clientes",
        "churn | churn rate | monthly churn | abwanderung | attrition | monthly churn rate",
        most=100,
    ),
    _metric(
        "revenue_churn", "Revenue churn", "percent", "rate",
        "revenue churn rate | mrr churn rate | arr churn rate | gross revenue churn"
        " | gross mrr churn | gross mrr churn rate | umsatzchurn",
        "net revenue churn | net churn | gross churn | dollar churn", most=100,
    ),
    _metric(
        "nrr", "Net revenue retention", "percent", "rate",
        "ndr | net dollar retention | net retention | net retention rate"
        " | net revenue retention nrr"
        " | net revenue retention rate | nettoumsatzbindung | retention nette du revenu"
        " | retencion neta de ingresos",
        "retention | netto retention | nrr ltm", most=400,
    ),
    _metric(
        "grr", "Gross revenue retention", "percent", "rate",
        "gdr | gross dollar retention | gross retention | gross retention rate"
        " | gross revenue retention rate | retention brute du revenu",
        "logo retention", most=100,
    ),
    _metric(
        "cac", "Customer acquisition cost", "money", "rate",
        "customer acquisition costs | blended cac | cost of customer acquisition | cac blended"
        " | kundenakquisitionskosten | kundengewinnungskosten | cout d'acquisition client"
        " | coste de adquisicion de clientes | costo di acquisizione cliente",
        "paid cac | cpa | acquisition cost",
    ),
    _metric(
        "ltv", "Customer lifetime value", "money", "rate",
        "clv | cltv | lifetime value | customer ltv | kundenwert | valeur vie client"
        " | valor de vida del cliente",
    ),
    _metric(
        "ltv_cac", "LTV to CAC", "ratio", "rate",
        "ltv cac ratio | ltv to cac ratio | clv cac | ltv : cac | ltv/cac",
    ),
    _metric(
        "cac_payback", "CAC payback", "months", "rate",
        "cac payback period | payback period cac | cac payback months | months to recover cac"
        " | cac payback in months",
        "payback | payback period",
    ),
    _metric(
        "arpa", "Average revenue per account", "money", "rate",
        "arpu | average revenue per user | average revenue per customer | arpc"
        " | durchschnittsumsatz pro kunde | revenu moyen par client | ingreso medio por cliente",
        "acv | average contract value | aov | average order value",
    ),
    _metric(
        "dso", "Days sales outstanding", "days", "rate",
        "debitorenlaufzeit | delai moyen de paiement | periodo medio de cobro", "debtor days",
    ),
    _metric(
        "pipeline", "Sales pipeline", "money", "stock",
        "weighted pipeline | weighted sales pipeline | total pipeline | qualified pipeline"
        " | gewichtete pipeline | pipeline commercial pondere",
        "unweighted pipeline | pipeline value | deals",
    ),
    _metric(
        "nps", "Net promoter score", "ratio", "rate", "nps score", signed=True,
    ),
)  # fmt: skip

BY_ID = {metric.id: metric for metric in METRICS}
