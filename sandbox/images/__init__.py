"""The images that sandboxes run: what is in them (`content`) and how they are made (`build`)."""


class BuildFailed(Exception):
    """An image could not be made; its message says in a sentence why and how to mend it."""
