# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.graphops.intune.plugins.module_utils._compliance.model import (
    COMPLIANCE_STATUS,
    DEVICE_STATUS,
    PROPERTIES,
    Target,
    argument_spec,
    show,
)
from ansible_collections.graphops.intune.plugins.module_utils._errors import InvalidOptionsError
from ansible_collections.graphops.intune.plugins.module_utils._graph.edm import EdmDateTimeOffset, EdmEnum, EdmInt32
from ansible_collections.graphops.intune.plugins.module_utils._graph.plan import Desired, Plan
from ansible_collections.graphops.intune.plugins.module_utils._graph.resource import Property, Row
from hypothesis import given
from hypothesis import strategies as st

from ...support import POLICY, STATUS, row

BY_OPTION = {prop.option: prop for prop in PROPERTIES}


def desired(api_version: str = "beta", **options: Any) -> Desired:
    return Desired.from_options(DEVICE_STATUS, options, api_version)


def plan(before: Row, **options: Any) -> Plan:
    return Plan.between(before, desired(**options))


def problems(api_version: str = "beta", **options: Any) -> list[str]:
    with pytest.raises(InvalidOptionsError) as caught:
        desired(api_version, **options)
    return caught.value.problems


# --- the table and what is derived from it


def test_the_properties_are_those_of_microsofts_description() -> None:
    assert {prop.name: (type(prop.type).__name__, prop.nullable, prop.api_versions) for prop in PROPERTIES} == {
        "deviceDisplayName": ("EdmString", True, ("beta", "v1.0")),
        "userName": ("EdmString", True, ("beta", "v1.0")),
        "deviceModel": ("EdmString", True, ("beta", "v1.0")),
        "userPrincipalName": ("EdmString", True, ("beta", "v1.0")),
        "platform": ("EdmInt32", False, ("beta",)),
        "complianceGracePeriodExpirationDateTime": ("EdmDateTimeOffset", False, ("beta", "v1.0")),
        "lastReportedDateTime": ("EdmDateTimeOffset", False, ("beta", "v1.0")),
        "status": ("EdmEnum", False, ("beta", "v1.0")),
    }


def test_the_argument_spec_has_each_property_in_snake_case_with_camel_case_as_alias() -> None:
    spec = argument_spec()
    assert spec["status"] == {"type": "str", "choices": list(COMPLIANCE_STATUS.choices or ())}
    assert spec["platform"] == {"type": "int"}
    assert spec["device_display_name"] == {"type": "str", "aliases": ["deviceDisplayName"]}
    assert {name: entry for name, entry in spec.items() if name in BY_OPTION} == {
        prop.option: prop.argument() for prop in PROPERTIES
    }
    assert set(spec) - set(BY_OPTION) == {"policy_id", "policy_name", "status_id", "match", "clear"}
    assert set(spec["match"]["options"]) == {"device_display_name", "user_principal_name", "user_name"}


def test_a_new_property_needs_one_entry_in_the_table() -> None:
    prop = Property("someNewHTTPThing", COMPLIANCE_STATUS)
    assert prop.argument()["choices"] == list(COMPLIANCE_STATUS.choices or ())
    assert prop.argument()["aliases"] == ["someNewHTTPThing"]


# --- the target


@pytest.mark.parametrize("option", ["policy_id", "policy_name", "status_id"])
@pytest.mark.parametrize("text", ["", " ", ".", "..", " .. "])
def test_a_name_that_would_change_the_path_is_refused(option: str, text: str) -> None:
    given_options = {"policy_id": POLICY, "status_id": STATUS, option: text}
    with pytest.raises(InvalidOptionsError, match=f"{option} is .*, which is not an id or a name"):
        Target.from_options(given_options)


def test_both_wrong_names_are_reported_together() -> None:
    with pytest.raises(InvalidOptionsError, match=r"policy_id is .*; status_id is "):
        Target.from_options({"policy_id": "", "status_id": ".."})


@pytest.mark.parametrize("match", [{}, {"device_display_name": None, "user_name": None}])
def test_an_empty_match_is_refused(match: dict[str, Any]) -> None:
    with pytest.raises(InvalidOptionsError, match="match is empty; give at least one of device_display_name"):
        Target.from_options({"policy_id": POLICY, "match": match})


def test_match_is_exact_but_case_insensitive_and_all_of_it_must_fit() -> None:
    match = {"device_display_name": "pc-0001", "user_principal_name": "ADA@example.COM", "user_name": None}
    target = Target.from_options({"policy_id": POLICY, "match": match})
    assert target.fits(row())
    assert target.fits(row(userName=None))
    assert not target.fits(row(deviceDisplayName="PC-00011"))
    assert not target.fits(row(userPrincipalName="ada@example.org"))
    assert not target.fits(row(userPrincipalName=None))
    assert not target.fits({"id": STATUS})


def test_match_folds_case_in_every_script() -> None:
    target = Target.from_options({"policy_id": POLICY, "match": {"user_name": "STRASSE"}})
    assert target.fits(row(userName="straße"))


def test_an_empty_text_matches_an_empty_text_alone() -> None:
    target = Target.from_options({"policy_id": POLICY, "match": {"user_name": ""}})
    assert target.fits(row(userName=""))
    assert not target.fits(row(userName=None))


def test_a_message_names_the_target() -> None:
    assert str(Target(policy_id="p", status_id="s")) == "device status s of policy p"
    match = {"policy_name": "Windows", "match": {"device_display_name": "PC", "user_name": "Ada"}}
    named = str(Target.from_options(match))
    assert named == "device status device_display_name 'PC', user_name 'Ada' of policy 'Windows'"


# --- the desired values


def test_only_what_was_given_is_desired() -> None:
    assert desired().values == {}
    assert desired(status=None, platform=None, clear=[]).values == {}
    assert desired(platform=0, user_name="").values == {BY_OPTION["platform"]: 0, BY_OPTION["user_name"]: ""}


def test_every_wrong_value_is_reported_with_its_option() -> None:
    found = problems(platform=2**31, last_reported_date_time="2017-01-01", status="inGracePeriod", user_name="Ada")
    assert [problem.split()[0] for problem in found] == ["platform", "status", "last_reported_date_time"]


def test_platform_with_v1_0_is_refused_with_a_solution() -> None:
    assert problems("v1.0", platform=8) == [
        "platform does not exist in api_version v1.0; leave it out, or set api_version (INTUNE_API_VERSION) to beta"
    ]


@pytest.mark.parametrize("spelling", ["device_model", "deviceModel"])
def test_clear_accepts_both_spellings(spelling: str) -> None:
    assert desired(clear=[spelling]).values == {BY_OPTION["device_model"]: None}


def test_clear_naming_a_property_twice_clears_it_once() -> None:
    assert plan(row(deviceModel="X"), clear=["device_model", "deviceModel"]).body == {"deviceModel": None}


@pytest.mark.parametrize("name", ["status", "platform", "lastReportedDateTime", "id", "Device_Model", "", "nonsense"])
def test_clear_refuses_what_cannot_be_null(name: str) -> None:
    (problem,) = problems(clear=[name])
    assert problem.startswith(f"clear names {name!r}, which cannot be null; it takes device_display_name, user_name")


def test_a_property_cannot_be_given_a_value_and_cleared() -> None:
    (problem,) = problems(clear=["deviceModel"], device_model="")
    assert problem == "device_model is given a value and named in clear; keep one of the two"


# --- the plan


@pytest.mark.parametrize(
    ("before", "options"),
    [
        ({}, {}),
        ({"status": "NONCOMPLIANT"}, {"status": "nonCompliant"}),
        ({}, {"last_reported_date_time": "2017-01-01T00:00:17.7769392-08:00"}),
        (
            {"lastReportedDateTime": "9999-12-31T23:59:59Z"},
            {"last_reported_date_time": "9999-12-31T23:59:59.9999999Z"},
        ),
        ({"platform": 8}, {"platform": 8}),
        ({"userName": ""}, {"user_name": ""}),
        ({"deviceModel": None}, {"clear": ["device_model"]}),
    ],
)
def test_what_is_as_desired_is_left_alone(before: Row, options: dict[str, Any]) -> None:
    assert plan(row(**before), **options).body == {}


@pytest.mark.parametrize(
    ("before", "options", "body"),
    [
        ({}, {"status": "error", "user_name": "Ada"}, {"status": "error"}),
        ({"status": "quarantined"}, {"status": "compliant"}, {"status": "compliant"}),
        ({"userName": None}, {"user_name": ""}, {"userName": ""}),
        ({"userName": ""}, {"clear": ["user_name"]}, {"userName": None}),
        ({"userName": "ada"}, {"user_name": "Ada"}, {"userName": "Ada"}),
        ({"platform": None}, {"platform": 0}, {"platform": 0}),
        (
            {},
            {"last_reported_date_time": "2017-01-01 08:00:17.7769393z"},
            {"lastReportedDateTime": "2017-01-01T08:00:17.7769393Z"},
        ),
    ],
)
def test_only_what_differs_is_sent(before: Row, options: dict[str, Any], body: Row) -> None:
    assert plan(row(**before), **options).body == body


@pytest.mark.parametrize("options", [{"user_name": "Ada"}, {"user_name": ""}, {"clear": ["user_name"]}])
def test_a_property_that_the_service_left_out_is_sent(options: dict[str, Any]) -> None:
    before = row()
    del before["userName"]
    assert list(plan(before, **options).body) == ["userName"]


def test_diff_holds_the_differing_properties_alone_as_results_spell_them() -> None:
    made = plan(row(status="NONCOMPLIANT"), status="compliant", user_name="Ada", clear=["user_principal_name"])
    assert made.diff() == {
        "before": {"status": "nonCompliant", "user_principal_name": "ada@example.com"},
        "after": {"status": "compliant", "user_principal_name": None},
    }
    assert made.diff(row(status="error"))["after"] == {"status": "error", "user_principal_name": "ada@example.com"}


def test_what_was_missed_and_what_moved_are_distinguished() -> None:
    made = plan(row(), status="error", platform=8, user_name="Bob")
    found = row(platform=8, userName="Carol")
    assert made.missed(found) == {
        "status": {"wanted": "error", "found": "compliant"},
        "user_name": {"wanted": "Bob", "found": "Carol"},
    }
    assert made.moved(found) == ["user_name", "platform"]


def test_a_property_that_vanished_has_moved_and_was_missed() -> None:
    made = plan(row(), user_name="Bob")
    found = row()
    del found["userName"]
    assert made.moved(found) == ["user_name"]
    assert made.missed(found) == {"user_name": {"wanted": "Bob", "found": None}}


def values(prop: Property) -> st.SearchStrategy[Any]:
    """Return the values of the service, and those that a user declares."""
    if isinstance(prop.type, EdmInt32):
        return st.sampled_from([0, 1, 8, -1, 2**31 - 1])
    if isinstance(prop.type, EdmEnum):
        return st.sampled_from(prop.type.choices or ())
    if isinstance(prop.type, EdmDateTimeOffset):
        return st.sampled_from(
            [
                "9999-12-31T23:59:59Z",
                "9999-12-31T23:59:59.9999999Z",
                "0001-01-01T00:00:00Z",
                "2017-01-01T08:00:17.7769392Z",
                "2017-01-01T00:00:17.7769392-08:00",
                "2017-01-01T08:00:17.776939Z",
            ]
        )
    return st.sampled_from(["", "Ada", "ada", "Bob"])


def found_values(prop: Property) -> st.SearchStrategy[Any]:
    """Return values that the service may return, including other cases, null and invalid values."""
    spelled = values(prop).map(lambda value: value.upper() if isinstance(prop.type, EdmEnum) else value)
    return st.one_of(values(prop), spelled, st.none(), st.sampled_from(["nonsense", 7]))


ROWS = st.fixed_dictionaries({"id": st.just(STATUS)}, optional={prop.name: found_values(prop) for prop in PROPERTIES})
CLEARABLE = sorted(prop.option for prop in PROPERTIES if prop.nullable)


@st.composite
def declarations(draw: st.DrawFn) -> Desired:
    clear = draw(st.lists(st.sampled_from(CLEARABLE), unique=True, max_size=2))
    given_options = {prop.option: values(prop) for prop in PROPERTIES if prop.option not in clear}
    return desired(clear=clear, **draw(st.fixed_dictionaries({}, optional=given_options)))


@given(before=ROWS, wanted=declarations())
def test_the_parts_of_a_plan_agree(before: Row, wanted: Desired) -> None:
    made = Plan.between(before, wanted)
    diff = made.diff()
    options = [prop.option for prop in made.changes]
    assert made.names == list(diff["before"]) == list(diff["after"]) == options
    assert list(made.body) == [prop.name for prop in made.changes]
    assert set(made.changes) <= set(wanted.values)
    # An absent value is shown as null, and may therefore look like the new value.
    assert not made.changes or diff["before"] != diff["after"] or None in diff["before"].values()
    # If everything sent is kept, nothing is missed, and everything planned has moved.
    assert Plan.between(made.predicted, wanted).body == {}
    assert made.missed(made.predicted) == {}
    assert made.moved(made.predicted) == made.names
    # If everything is dropped, all of it is missed, and nothing has moved.
    assert list(made.missed(before)) == made.names
    assert made.moved(before) == []
    # The rest of the row is unchanged.
    assert {k: v for k, v in made.predicted.items() if k not in made.body} == {
        k: v for k, v in before.items() if k not in made.body
    }


@given(before=ROWS, found=ROWS, wanted=declarations())
def test_a_change_is_reported_only_where_a_value_changed(before: Row, found: Row, wanted: Desired) -> None:
    made = Plan.between(before, wanted)
    for option in made.moved(found):
        name = BY_OPTION[option].name
        assert (name in found) != (name in before) or found[name] != before[name]
    still = Plan.between(found, wanted)
    assert set(made.missed(found)) == set(made.names) & set(still.names)


@given(before=ROWS)
def test_nothing_declared_is_nothing_changed(before: Row) -> None:
    made = plan(before)
    assert (made.names, made.body, made.predicted, made.diff()) == ([], {}, before, {"before": {}, "after": {}})


# --- results


def test_a_row_is_shown_in_snake_case_with_its_policys_id() -> None:
    assert show(row(status="NONCOMPLIANT", **{"@odata.type": "#x"}), POLICY, "beta") == {
        "id": STATUS,
        "policy_id": POLICY,
        "device_display_name": "PC-0001",
        "user_name": "Ada",
        "device_model": None,
        "platform": 0,
        "compliance_grace_period_expiration_date_time": "2017-01-01T07:56:44.951111Z",
        "status": "nonCompliant",
        "last_reported_date_time": "2017-01-01T08:00:17.7769392Z",
        "user_principal_name": "ada@example.com",
    }


def test_with_v1_0_no_platform_is_shown() -> None:
    assert "platform" not in show(row(), POLICY, "v1.0")


def test_what_the_service_left_out_stays_out() -> None:
    assert show({"id": STATUS, "status": "quarantined"}, POLICY, "beta") == {
        "id": STATUS,
        "policy_id": POLICY,
        "status": "quarantined",
    }


@given(before=ROWS, api_version=st.sampled_from(["beta", "v1.0"]))
def test_every_row_can_be_shown(before: Row, api_version: str) -> None:
    names = {prop.option for prop in PROPERTIES if prop.name in before and api_version in prop.api_versions}
    assert set(show(before, POLICY, api_version)) == {"id", "policy_id"} | names
