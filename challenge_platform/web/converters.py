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
    """The name of a public file, of the sample of hidden ones perhaps; it begins with no dot."""

    regex = "(?:sample/)?[A-Za-z0-9][A-Za-z0-9._-]{0,99}"


class KeyConverter(BaseConverter):
    """The key of a phase."""

    regex = "[a-z][a-z0-9_]{0,63}"


class StateConverter(BaseConverter):
    """The day and the number of a board's state, such as 2026-11-22-17."""

    regex = "[0-9]{4}-[0-9]{2}-[0-9]{2}-[1-9][0-9]{0,8}"


def register(app: Flask, /) -> None:
    """Make the converters known; must come before the routes that use them."""
    app.url_map.converters.update(
        slug=SlugConverter,
        hex=HexConverter,
        file=FileConverter,
        key=KeyConverter,
        state=StateConverter,
    )
