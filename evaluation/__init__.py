"""Questions with known answers, asked of the whole product: `make eval`."""
