"""Words people use for the same thing. They only lead to labels that exist; a word that is a label needs no bridge."""

from collections.abc import Sequence

MEASURES: Sequence[Sequence[str]] = (
    ("revenue", "sales", "turnover", "sales revenue", "sales amount", "sales volume", "sales value", "takings"),
    ("profit", "gross profit", "gross margin", "earnings"),
    ("average order value", "aov", "average basket", "average basket value", "average basket size", "average ticket"),
    ("units sold", "quantity sold", "quantity", "units", "items sold", "pieces sold", "unit sales"),
    ("cost", "expenses", "spend", "spending", "costs"),
    ("shipping fee", "freight", "shipping cost", "delivery fee", "shipping charges", "postage"),
    ("discount", "rebate", "price reduction"),
    ("tax", "vat", "sales tax"),
    ("conversion rate", "conversion"),
    ("return rate", "share of returns", "returns rate"),
    ("gross margin percent", "margin percent", "margin rate", "profit margin", "gross margin rate"),
    ("salary", "pay", "wage"),
    ("stock", "inventory", "units in stock", "stock level", "quantity on hand"),
    ("rating", "score", "stars"),
    ("waiting time", "wait time", "wait"),
    ("distance", "mileage"),
)
"""Groups of one meaning. The first names come before the later ones where labels have several of them."""

REVENUE_FALLBACKS = ("sale price", "order amount", "order total", "amount", "net sales", "net revenue", "gross revenue")
"""What revenue is called where nothing is called revenue or sales."""

REVENUE_VERBS = ("spent", "spend", "spends", "spending", "did we take", "we took in", "did we turn over")
MAKING_VERBS = (
    "did we make",
    "have we made",
    "we made",
    "did we earn",
    "have we earned",
    "we earned",
    "money did we make",
    "money",
    "income",
)
"""Said of revenue and of profit alike."""

DIMENSIONS: Sequence[Sequence[str]] = (
    ("country", "nation"),
    ("gender", "sex"),
    ("state", "province"),
    ("city", "town"),
    ("zip", "zip code", "zipcode", "postal code", "postcode", "post code"),
    ("email", "email address", "e mail"),
    ("traffic source", "acquisition channel", "marketing channel", "acquisition source"),
    ("category", "product category"),
    ("brand", "make"),
    ("age", "years old"),
    ("price", "list price", "retail price", "unit price"),
    ("phone", "phone number", "telephone"),
    ("department", "division"),
    ("job title", "position"),
    ("speciality", "specialty"),
)

ENTITIES: Sequence[Sequence[str]] = (
    ("customer", "user", "client", "buyer", "shopper", "consumer", "purchaser"),
    ("user", "account", "member"),
    ("order", "purchase", "sales order"),
    ("order item", "line item", "order line", "item sold", "sold item"),
    ("product", "article", "sku", "merchandise"),
    ("store", "shop", "branch", "outlet"),
    ("employee", "staff", "worker", "staff member"),
    ("supplier", "vendor"),
    ("warehouse", "distribution center"),
    ("inventory item", "stock item"),
    ("trip", "ride", "journey"),
    ("bike", "bicycle"),
    ("visit", "appointment", "consultation"),
    ("doctor", "physician", "clinician"),
    ("patient", "case"),
    ("review", "rating"),
    ("return", "refund"),
    ("session", "web session"),
    ("rental", "hire"),
    ("station", "dock"),
)

MASTERS = frozenset(
    [
        "customer",
        "user",
        "client",
        "buyer",
        "shopper",
        "account",
        "member",
        "product",
        "article",
        "store",
        "shop",
        "branch",
        "employee",
        "staff",
        "supplier",
        "vendor",
        "warehouse",
        "station",
        "bike",
        "vehicle",
        "doctor",
        "patient",
        "person",
        "brand",
        "company",
        "contact",
        "department",
        "clinic",
        "location",
        "ward",
        "machine",
        "device",
    ]
)
"""Things that are there rather than happen: when one `was` is not plain from a date alone."""

PERSONS = frozenset(
    [
        "customer",
        "user",
        "client",
        "buyer",
        "shopper",
        "account",
        "member",
        "employee",
        "staff",
        "patient",
        "person",
        "company",
    ]
)
"""Who buys, books and orders; of everything else it is said that it was bought."""

HOUSES = frozenset(
    [
        "store",
        "shop",
        "branch",
        "outlet",
        "warehouse",
        "station",
        "center",
        "supplier",
        "department",
        "clinic",
        "location",
        "ward",
    ]
)
"""Few enough that `per store` means each of them."""

TRADES = frozenset(["order", "purchase", "sale", "transaction", "booking", "reservation", "rental", "invoice", "item"])
"""What a customer who bought, booked or ordered has."""

UNITS = frozenset(
    [
        "second",
        "minute",
        "hour",
        "day",
        "km",
        "kilometer",
        "mile",
        "kg",
        "gram",
        "usd",
        "eur",
        "gbp",
        "dollar",
        "euro",
        "year",
    ]
)
"""What a label may end with to say how it is counted."""

INTENSIVE = frozenset(
    [
        "price",
        "age",
        "rate",
        "duration",
        "time",
        "day",
        "hour",
        "minute",
        "score",
        "rating",
        "percent",
        "length",
        "weight",
    ]
)
"""What is averaged when nothing is said; everything else is summed."""

VALUES: Sequence[Sequence[str]] = (
    ("united kingdom", "uk", "great britain", "gb", "britain", "gbr", "u k", "british"),
    ("united states", "usa", "us", "united states of america", "america", "u s", "u s a", "american"),
    ("germany", "german", "de", "deu"),
    ("france", "french", "fr", "fra"),
    ("spain", "spanish", "espana", "es", "esp"),
    ("italy", "italian"),
    ("netherlands", "dutch", "holland", "the netherlands"),
    ("japan", "japanese"),
    ("china", "chinese"),
    ("brazil", "brazilian", "brasil"),
    ("canada", "canadian"),
    ("australia", "australian"),
    ("mexico", "mexican"),
    ("india", "indian"),
    ("poland", "polish"),
    ("sweden", "swedish"),
    ("switzerland", "swiss"),
    ("austria", "austrian"),
    ("belgium", "belgian"),
    ("ireland", "irish"),
    ("portugal", "portuguese"),
    ("denmark", "danish"),
    ("norway", "norwegian"),
    ("finland", "finnish"),
    ("south korea", "korea", "korean", "republic of korea"),
    ("united arab emirates", "uae", "emirates"),
    ("czech republic", "czechia", "czech"),
    ("female", "f", "woman"),
    ("male", "m", "man"),
    ("canceled", "cancellation"),
    ("returned", "return"),
    ("refunded", "refund"),
    ("complete", "completed", "finished"),
)
GENDERS = frozenset({"female", "male", "f", "m", "woman", "man"})

ADJECTIVES = {
    "old": ("age",),
    "young": ("age",),
    "expensive": ("price", "list price", "retail price", "unit price", "sale price", "cost"),
    "cheap": ("price", "list price", "retail price", "unit price", "sale price", "cost"),
    "priced": ("price", "list price", "retail price", "unit price", "sale price"),
    "cost": ("price", "list price", "retail price", "unit price", "sale price", "cost"),
    "long": ("duration", "length"),
    "short": ("duration", "length"),
    "heavy": ("weight",),
    "light": ("weight",),
}
"""Adjectives and the fields they may speak of."""
