"""`python -m tertulia` is `tertulia`."""

from tertulia.cli import app

app()
