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

# Texts of the service, as seen in public reports.
_NO_ROLE = "Forbidden"
_NOT_SET_UP = "Request not applicable to target tenant"
_NO_SEGMENT = "Resource not found for the segment"


def explain(error: IntuneError, operation: Operation, tokens: Tokens, now: float) -> IntuneError:
    """Return the error of a refused request with its advice.

    Args:
        now: the epoch second, to recognize a token that expired.
    """
    failure, resource = error.failure, operation.resource
    if failure.status == 403:
        failure.required_permissions = failure.required_permissions or resource.permissions(operation.phase)
        failure.token_roles = tokens.roles()
        error.sentence = f"{error.sentence}; {_about_permissions(operation, error)}"
    elif failure.status == 401 and failure.message.startswith(_NO_ROLE):
        failure.code = Code.AUTH_FAILED
        error.sentence = (
            f"{error.sentence}; the token is accepted, but the account has no role in Intune or no license: "
            "assign it one in the Intune admin center"
        )
    elif failure.status == 400 and _NOT_SET_UP in failure.message:
        error.sentence = (
            f"{error.sentence}; the tenant has no Intune license, or its MDM authority was never set: "
            "check both in the Intune admin center"
        )
    elif failure.status == 400 and _NO_SEGMENT in failure.message:
        error.sentence = (
            f"{error.sentence}; the service does not have this route any more: update the collection, "
            "or try another api_version"
        )
    elif failure.status == 401:
        failure.code = Code.AUTH_FAILED
        error.sentence = f"{error.sentence}; {_about_token(tokens, now)}"
    elif failure.status == 404:
        failure.code = Code.NOT_FOUND
        error.sentence = f"{error.sentence}; {resource.not_found}"
    return error


def _about_permissions(operation: Operation, error: IntuneError) -> str:
    needed, roles = error.failure.required_permissions, error.failure.token_roles
    if held := [name for name in needed if name in roles]:
        return (
            f"the token carries {' and '.join(held)}: check the scope tags and the role of the account in Intune, its "
            "license, and that tenant_id is the tenant that was meant"
        )
    return (
        f"grant the application {' or '.join(needed)} in Microsoft Entra, with admin consent"
        f"{operation.resource.forbidden}; its token carries {', '.join(roles) or 'no permission'}"
    )


def _about_token(tokens: Tokens, now: float) -> str:
    claims = tokens.claims()
    audience, expires = claims.get("aud"), claims.get("exp")
    if isinstance(expires, (int, float)) and expires < now:
        return f"the token expired at {show_time(expires)}; get a new one"
    return f"the token (audience {audience or 'unknown'}) is not accepted; check cloud, graph_url and tenant_id"
