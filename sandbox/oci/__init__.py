"""Images that participants send: checked without trust, and written anew without what they hid.

`rebuild` makes of an upload (`docker save`, plain or gzipped) the one form that a launcher takes;
`receive` checks that form again while it streams. Nothing here asks an engine or unpacks a file.
"""
