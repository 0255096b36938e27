"""The web page that talks to the public API like anyone else, and the page a citation opens."""
