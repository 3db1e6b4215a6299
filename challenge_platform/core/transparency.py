"""The section `transparency` of challenge.yaml: what only the organizers can say of a challenge.

The questions are those of the BIAS statement (Maier-Hein et al., Medical Image Analysis 66, 2020)
that the rest of the definition does not answer. One that is left out is shown as unanswered.
"""

from typing import Annotated

from pydantic import Field

from challenge_platform.core.local_text import LocalText
from scorers.tables import Section


class Transparency(Section):
    """What only the organizers can say of their challenge; what is left out is told as missing."""

    organizers: Annotated[
        LocalText | None, Field(description="Who runs the challenge, and who answers for it.")
    ] = None
    contact: Annotated[
        LocalText | None, Field(description="Whom participants and readers may ask, and how.")
    ] = None
    funder: Annotated[LocalText | None, Field(description="Who pays for it, prizes included.")] = (
        None
    )
    conflicts: Annotated[
        LocalText | None,
        Field(description="Conflicts of interest, and who may not win; who saw the hidden truth."),
    ] = None
    intended_use: Annotated[
        LocalText | None,
        Field(description="The setting in which a good answer would be used, and by whom."),
    ] = None
    data_source: Annotated[
        LocalText | None,
        Field(description="Whose data, from where and when, with what devices or procedures."),
    ] = None
    legal_basis: Annotated[
        LocalText | None,
        Field(description="Why the data may be used: approvals, consent, licence."),
    ] = None
    cases: Annotated[
        LocalText | None,
        Field(description="What one case is, how cases were chosen and split, and why so."),
    ] = None
    annotation: Annotated[
        LocalText | None,
        Field(description="How the truth was made: by whom, by what instructions, how merged."),
    ] = None
    metrics: Annotated[
        LocalText | None, Field(description="Why these metrics, and why this ranking.")
    ] = None
    awards: Annotated[
        LocalText | None,
        Field(description="What can be won, and how results may be published."),
    ] = None
    limits: Annotated[
        LocalText | None,
        Field(description="Known errors, biases and traps of data, truth and metrics."),
    ] = None
