"""The pre-flight: what is looked at before a challenge is published, on its operator's machine."""
