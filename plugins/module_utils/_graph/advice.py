# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time, do not use it from elsewhere.

"""What a refusal means, and what to do about it: permissions for a 403, the token's claims for a 401, ids for a 404."""

from __future__ import annotations

from .._errors import Code, IntuneError
from .._sign_in.tokens import Tokens
from .._transport.retry import show_time
from .resource import Operation


def explain(error: IntuneError, operation: Operation, tokens: Tokens, now: float) -> IntuneError:
    """Return the error of a refused request with its advice.

    Args:
        now: the epoch second, to recognize a token that expired.
    """
    failure, resource = error.failure, operation.resource
    if failure.status == 403:
        failure.required_permissions = failure.required_permissions or resource.permissions(operation.phase)
        failure.token_roles = tokens.roles()
        error.sentence = (
            f"{error.sentence}; grant the application {' or '.join(failure.required_permissions)} in Microsoft Entra, "
            f"with admin consent{resource.forbidden}; its token carries "
            f"{', '.join(failure.token_roles) or 'no permission'}"
        )
    elif failure.status == 401:
        failure.code = Code.AUTH_FAILED
        error.sentence = f"{error.sentence}; {_about_token(tokens, now)}"
    elif failure.status == 404:
        failure.code = Code.NOT_FOUND
        error.sentence = f"{error.sentence}; {resource.not_found}"
    return error


def _about_token(tokens: Tokens, now: float) -> str:
    claims = tokens.claims()
    audience, expires = claims.get("aud"), claims.get("exp")
    if isinstance(expires, (int, float)) and expires < now:
        return f"the token expired at {show_time(expires)}; get a new one"
    return f"the token (audience {audience or 'unknown'}) is not accepted; check cloud, graph_url and tenant_id"
