"""Who the caller is, and the key that verifies receipts."""

import base64
from http import HTTPStatus

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from challenge_platform.bootstrap import read_secret
from challenge_platform.core import receipt
from challenge_platform.core.account import Scope
from challenge_platform.web import current
from challenge_platform.web.api.answer import answer, refusals
from challenge_platform.web.api.documents import Me, ReceiptKey
from challenge_platform.web.api.tokens import TOKEN_REQUIRED, caller
from challenge_platform.web.freshness import conditional

api = APIBlueprint(
    "api_about",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[Tag(name="about")],
    abp_responses=refusals(HTTPStatus.UNPROCESSABLE_ENTITY),
)


@api.get(
    "/me",
    security=TOKEN_REQUIRED,
    responses={200: Me, **refusals(HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)},
)
def me() -> Response:
    """Say whose token it is."""
    return answer(Me.model_validate(caller(Scope.READ)))


@api.get("/receipt-key", responses={200: ReceiptKey, **refusals(HTTPStatus.SERVICE_UNAVAILABLE)})
def receipt_key() -> Response:
    """Give the public key that verifies receipts."""
    public = read_secret(current.platform().keys.receipt_public)
    document = ReceiptKey(
        algorithm=receipt.ALGORITHM,
        key=receipt.key_id(public),
        public_key=base64.b64encode(public).decode(),
        pem=receipt.public_key_text(public),
    )
    return conditional(answer(document))
