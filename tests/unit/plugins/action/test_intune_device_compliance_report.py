# Copyright (c) 2026, the graphops.intune authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action that makes the report: its options, its result in each case, and what it passes to the modules."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible_collections.graphops.intune.plugins.action.intune_device_compliance_report import ActionModule
from ansible_collections.graphops.intune.plugins.module_utils._options import connection_argument_spec
from ansible_collections.graphops.intune.plugins.modules import intune_device_compliance_report as _module
from ansible_collections.graphops.intune.plugins.plugin_utils._report.options import ARGUMENT_SPEC, ROLE
from ansible_collections.graphops.intune.plugins.plugin_utils._unsafe import needs_mark

HOSTILE = "{{ lookup('pipe', 'id') }}"
NOW = "2026-11-24T06:00:00Z"
POLICIES = [
    {"id": "p", "display_name": "Windows baseline", "type": "#microsoft.graph.windows10CompliancePolicy"},
    {"id": "q", "display_name": HOSTILE, "type": None},
]
STATUSES = [
    {"id": "1", "device_display_name": "PC-1", "status": "nonCompliant"},
    {"id": "2", "device_display_name": HOSTILE, "status": "compliant"},
]
READ = {
    "device_compliance_statuses": STATUSES,
    "complete": True,
    "overviews": [{"failed_count": 1, "success_count": 1}],
}
REFUSED = {"failed": True, "msg": "Listing failed: 403 Forbidden", "failure": {"code": "Forbidden", "status": 403}}


@dataclasses.dataclass
class Runner:
    """Runs the action over modules that return what a test sets."""

    folder: Path
    listed: dict[str, Any] = dataclasses.field(default_factory=lambda: {"device_compliance_policies": POLICIES})
    results: dict[str, dict[str, Any]] = dataclasses.field(default_factory=lambda: {"p": READ, "q": READ})
    calls: list[tuple[str, dict[str, Any]]] = dataclasses.field(default_factory=list)

    def __call__(
        self, *, check: bool = False, role: str | None = None, transport: str = "ssh", **options: Any
    ) -> dict[str, Any]:
        own = Path(_module.__file__).parents[2] / "roles" / "compliance_report"
        search_path = [str(own), str(own / "tasks"), str(self.folder / "role"), str(self.folder)]
        task = SimpleNamespace(
            args={"directory": str(self.folder / "reports"), "timestamp": NOW, **options},
            check_mode=check,
            async_val=0,
            no_log=False,
            get_search_path=lambda: search_path,
        )
        connection = SimpleNamespace(transport=transport, become=None, _shell=SimpleNamespace(tmpdir="unused"))
        make: Any = ActionModule
        action = make(task, connection, SimpleNamespace(), DataLoader(), None, None)
        action._execute_module = self.execute
        result: dict[str, Any] = action.run(None, {"inventory_hostname": "localhost", "ansible_role_name": role})
        return result

    def execute(self, module_name: str, module_args: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        assert task_vars["inventory_hostname"] == "localhost"
        self.calls.append((module_name.rpartition(".")[2], module_args))
        return self.listed if module_name.endswith("policy_info") else self.results[module_args["policy_id"]]

    @property
    def written(self) -> list[str]:
        return sorted(path.name for path in (self.folder / "reports").rglob("*") if path.is_file())


@pytest.fixture
def run(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


def test_the_result_and_the_files(run: Runner) -> None:
    result = run()
    folder = run.folder / "reports"
    snapshot = Path(result.pop("snapshot"))
    assert snapshot.parent == folder / "snapshots"
    assert result.pop("diff")["before"][str(folder)] == "absent"
    assert result == {
        "changed": True,
        "complete": True,
        "headline": "1 of 2 devices (50.0%) is not compliant.",
        "missing": [],
        "devices": 2,
        "not_compliant_devices": 1,
        **{kind: str(folder / f"report.{kind}") for kind in ("html", "csv", "json")},
        "_ansible_verbose_always": True,
    }
    assert run.written == sorted([snapshot.name, "report.csv", "report.html", "report.json"])


def test_again_changes_nothing(run: Runner) -> None:
    run()
    again = run()
    assert (again["changed"], again["diff"]) == (False, {"before": {}, "after": {}})


def test_check_mode_reads_predicts_and_writes_nothing(run: Runner) -> None:
    predicted = run(check=True)
    assert not (run.folder / "reports").exists()
    assert predicted["msg"] == "Check mode: nothing was written."
    assert [name for name, _options in run.calls].count("intune_device_compliance_status_info") == 2
    ran = run()
    assert {name: value for name, value in predicted.items() if name != "msg"} == ran
    after = run(check=True)
    assert not after["changed"]
    assert "msg" not in after, "nothing would have been written"


def test_an_incomplete_report_is_written_and_fails_only_where_that_is_required(run: Runner) -> None:
    run.results["q"] = REFUSED
    result = run()
    assert "failed" not in result
    assert result["missing"] == [f"{HOSTILE} could not be read: Listing failed: 403 Forbidden"]
    assert not result["complete"]
    required = run(require_complete=True, role=ROLE)
    page = run.folder / "reports" / "report.html"
    assert required["failed"]
    assert required["msg"] == (
        "The report is incomplete, and compliance_report_require_complete is true. It was written to "
        f"{page}, which shows what is missing."
    )
    assert required["headline"].startswith("As far as could be read")
    assert "failure" not in required


def test_an_incomplete_report_in_check_mode_is_not_described_as_written(run: Runner) -> None:
    run.results["q"] = REFUSED
    result = run(require_complete=True, check=True)
    assert result["failed"]
    assert result["msg"] == ("The report is incomplete, and require_complete is true. Check mode: nothing was written.")


def test_a_complete_report_satisfies_require_complete(run: Runner) -> None:
    assert "failed" not in run(require_complete=True)


@pytest.mark.parametrize("listed", [REFUSED, {"device_compliance_policies": POLICIES[:1]}])
def test_nothing_readable_fails_with_the_modules_failure_and_writes_nothing(
    run: Runner, listed: dict[str, Any]
) -> None:
    run.listed = listed
    run.results["p"] = REFUSED
    result = run()
    assert result["failed"]
    assert "Listing failed: 403 Forbidden" in result["msg"]
    assert result["failure"] == REFUSED["failure"]
    assert run.written == []
    assert "_ansible_verbose_always" not in result


def test_options_that_are_not_valid_fail_before_anything_is_read(run: Runner) -> None:
    result = run(grace_days=-1, role=ROLE)
    assert result["failed"]
    assert result["msg"] == "compliance_report_grace_days is -1; it must be 0 or more"
    assert result["failure"]["code"] == "invalid_option"
    assert run.calls == []


def test_a_path_that_cannot_be_written_fails_with_a_sentence(run: Runner) -> None:
    (run.folder / "reports").mkdir()
    (run.folder / "reports" / "report.html").mkdir()
    result = run()
    assert result["failed"]
    assert result["msg"] == f"{run.folder}/reports/report.html cannot be written: Is a directory"


def test_warnings_of_the_modules_are_passed_on_once(run: Runner) -> None:
    for policy in "pq":
        run.results[policy] = {**READ, "warnings": ["common", policy], "deprecations": [{"msg": "old"}]}
    result = run()
    assert result["warnings"] == ["common", "p", "q"]
    assert result["deprecations"] == [{"msg": "old"}]
    assert "warnings" not in Runner(run.folder)()


def test_the_connection_options_of_the_task_reach_the_modules(run: Runner) -> None:
    run(tenant="contoso.example", client_secret="s", policies=["Windows baseline"])
    connection = {"tenant": "contoso.example", "client_secret": "s"}
    assert run.calls == [
        ("intune_device_compliance_policy_info", connection),
        ("intune_device_compliance_status_info", {**connection, "policy_id": "p", "overview": True}),
    ]


def test_the_progress_of_the_modules_is_shown_where_they_run_on_the_controller(
    run: Runner, capsys: pytest.CaptureFixture[str]
) -> None:
    execute = run.execute

    def progress(module_name: str, module_args: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        if path := module_args.get("progress_path"):
            Path(path).write_text("1,000 statuses read\n")
        return execute(module_name, module_args, task_vars)

    run.execute = progress  # type: ignore[method-assign]
    run(transport="local")
    assert "[localhost] 1,000 statuses read" in capsys.readouterr().err
    assert ["progress_path" in options for _name, options in run.calls] == [False, True, True]


def test_text_from_the_service_is_never_a_template(run: Runner) -> None:
    run.results["q"] = REFUSED
    text = run()["missing"][0]
    assert HOSTILE in text
    assert hasattr(text, "__UNSAFE__") is needs_mark()


@pytest.mark.parametrize("place", ["role/templates", "role", "templates", "."])
def test_a_template_is_searched_for_like_that_of_other_tasks(run: Runner, place: str) -> None:
    path = run.folder / place / "mine.html.j2"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("<p>{{ title }}</p>")
    run(template="mine.html.j2", title="Fleet")
    assert (run.folder / "reports" / "report.html").read_text() == "<p>Fleet</p>"


def test_a_template_with_the_name_of_the_roles_own_is_the_users(run: Runner) -> None:
    (run.folder / "report.html.j2").write_text("<p>{{ title }}</p>")
    run(template="report.html.j2", title="Fleet")
    assert (run.folder / "reports" / "report.html").read_text() == "<p>Fleet</p>"


def test_a_template_in_the_working_directory_is_found(
    run: Runner, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "mine.html.j2").write_text("<p>here</p>")
    monkeypatch.chdir(elsewhere)
    assert run(template="mine.html.j2")["changed"]
    assert (run.folder / "reports" / "report.html").read_text() == "<p>here</p>"


def test_a_template_that_does_not_exist_fails_before_anything_is_read(run: Runner) -> None:
    result = run(template="absent.html.j2")
    assert result["msg"].startswith("template is 'absent.html.j2'; there is no such file")
    assert run.calls == []


def test_a_mistake_in_a_template_replaces_nothing(run: Runner) -> None:
    run()
    before = run.written
    (run.folder / "mine.html.j2").write_text("\n{{ nothing }}")
    result = run(template="mine.html.j2", timestamp="2026-11-25T06:00:00Z")
    assert result["msg"] == f"template: {run.folder}/mine.html.j2, line 2: 'nothing' is undefined"
    assert result["failure"]["code"] == "invalid_option"
    assert run.written == before


def test_data_is_not_evaluated_in_a_template(run: Runner) -> None:
    (run.folder / "mine.html.j2").write_text(
        "{{ statuses[1].device_display_name }}{{ report.policies[1].policy_display_name }}"
    )
    run(template="mine.html.j2")
    shown = (run.folder / "reports" / "report.html").read_text()
    assert shown.count("{{ lookup(&#39;pipe&#39;, &#39;id&#39;) }}") == 2


def test_an_unreachable_host_is_not_swallowed(run: Runner) -> None:
    def fail(module_name: str, module_args: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001
        raise AnsibleError("unreachable")

    run.execute = fail  # type: ignore[method-assign]
    with pytest.raises(AnsibleError, match="unreachable"):
        run()


# The documentation is that of a module; nothing but this compares it with the code.


def test_the_documented_options_are_those_of_the_argument_spec() -> None:
    documentation = yaml.safe_load(_module.DOCUMENTATION)
    assert "graphops.intune.graph" in documentation["extends_documentation_fragment"]
    keys = ("type", "elements", "default")
    documented = {
        name: {key: option[key] for key in keys if key in option} for name, option in documentation["options"].items()
    }
    assert documented == ARGUMENT_SPEC
    assert not set(documented) & set(connection_argument_spec())


def test_the_role_has_the_options_of_the_module() -> None:
    folder = Path(str(_module.__file__)).parents[2] / "roles" / "compliance_report"
    spec = yaml.safe_load((folder / "meta/argument_specs.yml").read_text(encoding="utf-8"))
    options = spec["argument_specs"]["main"]["options"]
    renamed = {"compliance_report_moment": "timestamp"}
    types = {
        renamed.get(name, name.removeprefix("compliance_report_")): (option["type"], option.get("elements"))
        for name, option in options.items()
    }
    assert types == {name: (option["type"], option.get("elements")) for name, option in ARGUMENT_SPEC.items()}
    (task,) = yaml.safe_load((folder / "tasks/main.yml").read_text(encoding="utf-8"))
    given: dict[str, str] = task["graphops.intune.intune_device_compliance_report"]
    assert set(given) == set(ARGUMENT_SPEC)
    for name, variable in given.items():
        assert next(known for known in options if known in variable), name
        expected = next((old for old, new in renamed.items() if new == name), f"compliance_report_{name}")
        assert expected in variable


def test_everything_in_a_result_is_documented(run: Runner) -> None:
    returned = yaml.safe_load(_module.RETURN)
    run.results["q"] = REFUSED
    shown = {name for name in run(require_complete=True, check=True) if not name.startswith("_")}
    assert shown - {"changed", "failed", "diff", "msg"} == set(returned) - {"failure"}
    assert not set(returned) & set(dir(dict))
