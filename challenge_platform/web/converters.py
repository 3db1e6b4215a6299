"""The parts of addresses: what cannot be a name of ours is no address either, hence a 404."""

from flask import Flask
from werkzeug.routing import BaseConverter


class SlugConverter(BaseConverter):
    """A challenge's name in addresses."""

    regex = "[a-z0-9-]{1,64}"


class HexConverter(BaseConverter):
    """The id of a submission or of a token."""

    regex = "[0-9a-f]{1,32}"


class FileConverter(BaseConverter):
    """The name of a public file; it has no slash and begins with no dot."""

    regex = "[A-Za-z0-9][A-Za-z0-9._-]{0,99}"


def register(app: Flask, /) -> None:
    """Make the converters known; must come before the routes that use them."""
    app.url_map.converters.update(slug=SlugConverter, hex=HexConverter, file=FileConverter)
