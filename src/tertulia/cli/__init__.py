"""The command line: demo, init, serve, ingest, lookml, connect, user, token, models, budget, doctor."""

import typer

from tertulia.cli.modelling import connection_app, lookml
from tertulia.cli.people import tokens, users
from tertulia.cli.serving import app as serving
from tertulia.cli.spending import budget, models

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Tertulia: conversations with agents that answer from your documents and data, with proof.",
)
app.add_typer(serving)
app.add_typer(connection_app)
app.add_typer(lookml, name="lookml")
app.add_typer(users, name="user")
app.add_typer(tokens, name="token")
app.add_typer(models, name="models")
app.add_typer(budget, name="budget")
