"""URLs of connections, and what of them may be seen."""

import pytest

from tertulia.core.errors import InvalidInput
from tertulia.semantic.execute.address import read_address, redacted

SECRETS = [
    "postgresql://ana:s3cret@db.example.org:5432/shop",
    "postgresql://ana:s3cret%2Fx@db.example.org/shop",
    "postgresql://ana:s3cret/x?y#z@db.example.org/shop",
    "postgresql://ana:s3cret@x@db.example.org/shop",
    "postgresql://db.example.org/shop?user=ana&password=s3cret",
    "postgresql://db.example.org/shop?sslpassword=s3cret&sslmode=require",
    "snowflake://ana:s3cret@account/db?private_key_passphrase=s3cret",
    "databricks://token:s3cret@host?http_path=/sql",
    "databricks://host?access_token=s3cret&http_path=/sql",
    "bigquery://project?credentials=/s3cret.json",
]


@pytest.mark.parametrize("url", SECRETS)
def test_a_redacted_url_holds_no_secret_and_is_still_known(url: str) -> None:
    shown = redacted(url)
    assert "s3cret" not in shown
    assert shown.startswith(url.partition("://")[0])
    assert "***" in shown


@pytest.mark.parametrize("url", SECRETS)
def test_an_address_that_is_printed_tells_no_secret(url: str) -> None:
    told: object
    try:
        told = read_address(url)
    except InvalidInput as error:
        told = error.message
    assert "s3cret" not in f"{told} {told!r} {getattr(told, '__rich_repr__', str)()}"


@pytest.mark.parametrize(
    "url", ["duckdb:///srv/shop.duckdb", "folder:///srv/data", "postgresql://ana@db/shop?sslmode=require"]
)
def test_a_url_without_secrets_is_shown_as_it_is(url: str) -> None:
    assert redacted(url) == url


def test_every_part_of_a_url_is_read_and_unescaped() -> None:
    address = read_address("trino://an%40a:p%2Fw@db.example.org:8443/hive/sales%20eu?scheme=https&x=")
    assert (address.scheme, address.user, address.password) == ("trino", "an@a", "p/w")
    assert (address.host, address.port, address.parts) == ("db.example.org", 8443, ["hive", "sales eu"])
    assert (address.option("scheme"), address.option("x", "d"), address.option("y", "d")) == ("https", "", "d")


@pytest.mark.parametrize("url", ["", "x.duckdb", "/data/x.duckdb", "duckdb:shop", "postgresql://h:port/x", "://x"])
def test_what_is_no_url_is_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_address(url)
    assert not url or url not in caught.value.message


def test_secrets_are_scrubbed_from_what_a_driver_says() -> None:
    address = read_address("postgresql://ana:p%2Fw@db/shop?sslpassword=other")
    assert address.scrubbed("no: p/w, p%2Fw or other") == "no: ***, *** or ***"
