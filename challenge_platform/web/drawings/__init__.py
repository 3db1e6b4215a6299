"""Pictures drawn on the server: the geometry of what the templates write as SVG."""
