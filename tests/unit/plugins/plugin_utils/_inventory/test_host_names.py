# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.graphops.intune.plugins.module_utils._compliance.model import PROPERTIES
from ansible_collections.graphops.intune.plugins.module_utils._errors import Code, IntuneError, InvalidOptionsError
from ansible_collections.graphops.intune.plugins.plugin_utils._inventory.host_names import (
    choose,
    group,
    read_hostnames,
    renamed,
)
from hypothesis import given
from hypothesis import strategies as st

Row = dict[str, Any]

NAME = ["device_display_name"]

# Text with a meaning for a shell, ssh, Jinja2, a path, a host pattern or Unicode.
HOSTILE = [
    "{{ lookup('pipe', 'touch /tmp/x') }}",
    "{% raw %}",
    "#jinja2: variable_start_string: 'x'",
    "web[1:3]",
    "a,b",
    "a:b",
    "a b",
    "../../etc/passwd",
    "..",
    ".",
    "/",
    "-oProxyCommand=touch /tmp/x",
    "--list",
    "@file",
    "~.*",
    "!all",
    "&all",
    "*",
    "$(touch /tmp/x)",
    "`x`",
    "a\nb",
    "a\x1b[31mb",
    "a\x00b",
    "\u202eabc",
    "\ud800",
    "\N{MOBILE PHONE}",
    "::1",
    "\\\\server\\share",
    "'\"",
]


def named(*names: str | None) -> list[Row]:
    return [{"id": f"id-{number}", "device_display_name": name} for number, name in enumerate(names)]


def never(template: str, row: Row) -> Any:
    raise AssertionError(f"{template} was rendered for {row}")


def devices(rows: list[Row], hostnames: list[str], render: Callable[[str, Row], Any] = never) -> dict[str, list[str]]:
    return {name: [row["id"] for row in found] for name, found in group(rows, hostnames, render).items()}


def test_rows_with_one_name_are_one_device() -> None:
    assert devices(named("PC-1", "PC-2", "PC-1"), NAME) == {"PC-1": ["id-0", "id-2"], "PC-2": ["id-1"]}


@pytest.mark.parametrize("names", [("pc-1", "PC-1", "Pc-1"), ("PC-1", "Pc-1", "pc-1")])
def test_names_that_differ_in_case_are_one_device_whatever_their_order(names: tuple[str, ...]) -> None:
    assert devices(named(*names), NAME) == {"PC-1": ["id-0", "id-1", "id-2"]}


def test_names_that_differ_in_unicode_form_are_one_device() -> None:
    assert devices(named("Bo\N{COMBINING DIAERESIS}hm", "Böhm", " Böhm\n"), NAME) == {"Böhm": ["id-0", "id-1", "id-2"]}


@pytest.mark.parametrize("nameless", [None, "", "  ", "\n"])
def test_a_row_without_a_name_is_named_by_its_id(nameless: str | None) -> None:
    assert devices(named("PC-1", nameless, nameless), NAME) == {"PC-1": ["id-0"], "id-1": ["id-1"], "id-2": ["id-2"]}
    assert devices([{"id": "id-0"}], NAME) == {"id-0": ["id-0"]}
    assert devices(named("PC-1"), []) == {"id-0": ["id-0"]}


def test_a_row_without_a_name_and_an_id_is_an_error() -> None:
    with pytest.raises(IntuneError) as caught:
        group([{"id": None, "device_display_name": None}], NAME, never)
    assert caught.value.failure.code == Code.BAD_RESPONSE


def test_properties_and_templates_are_tried_in_order() -> None:
    rows: list[Row] = [
        {"id": "1", "user_name": "Ada", "device_model": "X"},
        {"id": "2", "user_name": None, "device_model": "X"},
        {"id": "3", "user_name": None, "device_model": None},
        {"id": "4", "platform": 0},
    ]

    def render(template: str, row: Row) -> str | None:
        assert template == "{{ device_model }}"
        return row.get("device_model")

    found = devices(rows, ["user_name", "{{ device_model }}", "platform"], render)
    assert found == {"Ada": ["1"], "X": ["2"], "3": ["3"], "0": ["4"]}


def test_an_entry_that_is_neither_a_property_nor_a_template_is_refused() -> None:
    every = ["id", "policy_id", "policy_display_name", "policy_type", *(prop.option for prop in PROPERTIES)]
    assert read_hostnames([*every, "{{ x }}", "{% if x %}y{% endif %}"]) == [
        *every,
        "{{ x }}",
        "{% if x %}y{% endif %}",
    ]
    with pytest.raises(InvalidOptionsError) as caught:
        read_hostnames(["device_name", "id", {"name": "x"}, None])
    assert len(caught.value.problems) == 3
    assert caught.value.problems[0].startswith(
        "hostnames has 'device_name', which is neither a Jinja2 template nor one of"
    )
    assert all(name in caught.value.problems[0] for name in every)


@pytest.mark.parametrize(
    ("name", "host"),
    [
        ("PC-0001", "PC-0001"),
        ("pc.example.com", "pc.example.com"),
        ("Böhm_1", "Böhm_1"),
        ("Ada's iPhone", "Ada_s_iPhone"),
        ("web[1:3]", "web_1_3_"),
        ("a,b:c/d\\e", "a_b_c_d_e"),
        ("-oProxyCommand=x", "_oProxyCommand_x"),
        ("..", "_."),
        (".hidden", "_hidden"),
        ("a\nb", "a_b"),
        ("{{ x }}", "___x___"),
    ],
)
def test_invalid_characters_become_underscores(name: str, host: str) -> None:
    assert choose([name], []) == {name: host}
    assert renamed(choose([name], [])) == ""


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_becomes_a_valid_host_name(name: str) -> None:
    (host,) = choose([name], []).values()
    assert re.fullmatch(r"\w[\w.-]*", host)


def test_a_valid_name_stays_and_equal_results_are_distinguished() -> None:
    chosen = choose(["PC 1", "PC_1", "PC/1", "PC 2"], [])
    assert list(chosen) == ["PC 1", "PC_1", "PC/1", "PC 2"]
    assert (chosen["PC_1"], chosen["PC 2"]) == ("PC_1", "PC_2")
    assert re.fullmatch("PC_1_[0-9a-f]{8}", chosen["PC 1"])
    assert re.fullmatch("PC_1_[0-9a-f]{8}", chosen["PC/1"])
    assert len(set(chosen.values())) == 4
    assert choose(["PC/1", "PC_1", "PC 1", "PC 2"], []) == chosen


def test_no_device_gets_a_name_that_two_would_result_in() -> None:
    # Otherwise the first in some order would get the variables and tasks of the other.
    assert "PC_1" not in choose(["PC 1", "PC/1"], []).values()
    assert "pc_1" not in choose(["PC 1", "pc/1"], []).values()


@pytest.mark.parametrize("name", ["localhost", "LocalHost", "127.0.0.1", "all", "remediate"])
def test_no_host_gets_a_taken_name(name: str) -> None:
    (host,) = choose([name], ["localhost", "127.0.0.1", "::1", "all", "ungrouped", "Remediate"]).values()
    assert re.fullmatch(rf"{name}_[0-9a-f]{{8}}", host)


def test_a_device_named_like_anothers_hashed_name_keeps_it() -> None:
    second = choose(["all"], ["all"])["all"]
    chosen = choose(["all", second], ["all"])
    assert chosen[second] == second
    assert chosen["all"].startswith(f"{second}_")


@given(st.lists(st.one_of(st.text(), st.sampled_from(HOSTILE)), max_size=8), st.lists(st.text(max_size=3), max_size=4))
def test_whatever_devices_are_called_their_hosts_are_valid_distinct_and_not_taken(
    names: list[str], taken: list[str]
) -> None:
    grouped = group(named(*names), NAME, never)
    chosen = choose(grouped, taken)
    hosts = list(chosen.values())
    assert list(chosen) == list(grouped)
    assert all(re.fullmatch(r"\w[\w.-]*", host) for host in hosts)
    assert len({host.casefold() for host in hosts}) == len(hosts)
    assert not {host.casefold() for host in hosts} & {name.casefold() for name in taken}


def test_a_warning_lists_a_few_names_and_counts_the_rest() -> None:
    chosen = choose(
        ["all\x1b[31m", "PC-1", *(f"taken{number}" for number in range(7))], [f"taken{n}" for n in range(7)]
    )
    warning = renamed(chosen)
    assert f"'taken0' is the host {chosen['taken0']}" in warning
    assert warning.endswith(", and 2 more")
    assert "PC-1" not in warning
    assert "\x1b" not in renamed(choose(["all\x1b", "all_"], []))
