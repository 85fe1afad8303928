"""Tokens of invitations: what they are made of, and which texts are none."""

from __future__ import annotations

import hashlib

import pytest

from seatkeeper.http.api.accounts.tokens import new_token, read_token

ACCOUNT, INVITATION = "01900000-0000-7000-8000-00000000000a", "01900000-0000-7000-8000-00000000000b"


def test_a_token_says_of_which_account_and_invitation_it_is() -> None:
    token = new_token(ACCOUNT, INVITATION)
    assert read_token(str(token)) == token
    assert (token.account_id, token.invitation_id) == (ACCOUNT, INVITATION)


def test_a_secret_has_256_bits_and_only_its_hash_is_stored() -> None:
    one, other = new_token(ACCOUNT, INVITATION), new_token(ACCOUNT, INVITATION)
    assert one.secret != other.secret
    assert len(one.secret) == 43
    assert one.token_hash == hashlib.sha256(one.secret.encode()).hexdigest()


@pytest.mark.parametrize(
    "change", [str.upper, lambda text: text[:-1], lambda text: text + "A", lambda text: f" {text}"]
)
def test_what_has_another_form_is_no_token(change: object) -> None:
    assert callable(change)
    assert read_token(change(str(new_token(ACCOUNT, INVITATION)))) is None
