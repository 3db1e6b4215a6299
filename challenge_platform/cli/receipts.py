"""`challenge receipt`: the signed receipts of scored submissions, and their verification."""

import base64
import binascii
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from challenge_platform.cli.arguments import IdArgument
from challenge_platform.cli.exits import ExitCode
from challenge_platform.cli.output import score_text
from challenge_platform.cli.session import session_of
from challenge_platform.cli.terminal import note, say
from challenge_platform.core.receipt import KEY_BYTES, key_id, verify_receipt
from challenge_platform.errors import InvalidInput

app = typer.Typer()


@app.command()
def download(
    context: typer.Context,
    submission_id: IdArgument,
    *,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            dir_okay=False,
            help="Where to write it; by default receipt-ID.json, here.",
        ),
    ] = None,
) -> None:
    """Download the signed receipt of a scored submission."""
    with session_of(context).client() as client:
        content = client.receipt(submission_id)
    target = output or Path(f"receipt-{submission_id}.json")
    try:
        target.write_bytes(content)
    except OSError as error:
        raise InvalidInput(f"{target} cannot be written: {error.strerror}") from error
    say(f"{target}: written; check it with: challenge receipt verify {target}")


@app.command("verify")
def verify_command(
    context: typer.Context,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", exists=True, dir_okay=False, readable=True, help="The receipt."
        ),
    ],
    *,
    key: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            exists=True,
            dir_okay=False,
            readable=True,
            help="The platform's public key in PEM or base64, to verify without a network.",
        ),
    ] = None,
) -> ExitCode:
    """Verify that a receipt is genuine and unchanged.

    Without --key, the key is asked from your platform, so that you trust its address; with
    it, no network is used. Exit code 2 means that the receipt is not genuine.
    """
    if key is not None:
        public_key, source = read_key(key), str(key)
    else:
        with session_of(context).client(signed_in=False) as client:
            public_key = base64.b64decode(client.receipt_key()["public_key"])
            source = client.url
    try:
        payload = verify_receipt(_read_receipt(file), public_key=public_key)
    except InvalidInput as error:
        note(f"{file} is not genuine: {error}.")
        return ExitCode.INVALID
    say(f"{file} is genuine: signed with key {key_id(public_key)} of {source}, unchanged.")
    for name, fact in receipt_facts(payload):
        say(f"{name + ':':<17}{fact}")
    return ExitCode.DONE


def read_key(path: Path, /) -> bytes:
    """Give the bytes of an Ed25519 key in PEM or base64; raise InvalidInput if it is none."""
    content = path.read_bytes().strip()
    try:
        if content.startswith(b"-----"):
            found = load_pem_public_key(content)
            key = found.public_bytes_raw() if isinstance(found, Ed25519PublicKey) else b""
        else:
            key = base64.b64decode(content, validate=True)
    except (ValueError, binascii.Error):
        key = b""
    if len(key) != KEY_BYTES:
        raise InvalidInput(f"{path} is no Ed25519 public key: expected PEM, or base64 of 32 bytes")
    return key


def receipt_facts(payload: Mapping[str, Any], /) -> list[tuple[str, str]]:
    """List what a receipt states, for people."""
    times, scorer = payload["times"], payload["scorer"]
    is_ladder = payload.get("protect") == "ladder"  # older receipts do not say
    return [
        ("Platform", payload["platform"]),
        ("Challenge", f"{payload['challenge']['slug']}, version {payload['challenge']['version']}"),
        ("Phase", payload["phase"]),
        ("Team", payload["team"]),
        ("Submission", payload["submission"]),
        ("File", f"SHA-256 {payload['artifact']['sha256']}, {payload['artifact']['bytes']} bytes"),
        ("Received", times["received"]),
        ("Scored", times["scored"]),
        *((f"Score {score['key']}", score_text(score)) for score in payload["scores"]),
        *([("Scores of", "what the team stands by (Ladder)")] if is_ladder else []),
        ("Scorer", f"{scorer['name']} {scorer['version']}, image {scorer['image']}"),
        ("Truth", f"commitment {payload['truth']['commitment']}"),
        ("Reproducibility", payload["reproducibility"]),
    ]


def _read_receipt(path: Path) -> Mapping[str, Any]:
    try:
        document = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"it is not JSON ({error})") from error
    if not isinstance(document, dict):
        raise InvalidInput("it is not a receipt")
    return document
