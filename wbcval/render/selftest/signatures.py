"""Who signs for the qualification, and what each signature means."""

from __future__ import annotations

from wbcval.protocol.types import Signer
from wbcval.render._basis import SelftestBasis
from wbcval.render._section import Section

_SIGNERS = (
    Signer("performed", meaning="I ran this self-test on the installation named in it."),
    Signer("reviewed", meaning="I reviewed its figures, and that this is what was installed."),
    Signer("approved", meaning="I release this installation for its intended use."),
)


def _signers(_: SelftestBasis) -> tuple[Signer, ...]:
    return _SIGNERS


SECTION = Section(context={"signers": _signers})
