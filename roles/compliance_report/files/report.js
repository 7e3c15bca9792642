// Copyright (c) 2026, the graphops.intune authors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// Sorts, filters and pages the table of all statuses. The rows are data in the page, from table_data in
// plugins/plugin_utils/_report/page/table.py; statusRow draws one, like status_row in the template. Texts from the
// service are set as textContent only.
"use strict";

(() => {
  const holder = document.getElementById("data");
  if (!holder) return; // no statuses
  const { size, policies, statuses, changes, rows } = JSON.parse(holder.textContent);
  const [DEVICE, USER, POLICY, STATUS, REPORTED, GRACE, CHANGE] = [0, 1, 2, 3, 4, 5, 6];
  const find = (id) => document.getElementById(id);
  const table = find("table");
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const labels = heads.map((head) => head.textContent);
  const collator = new Intl.Collator("en", { numeric: true });
  const number = (value) => value.toLocaleString("en");

  let found = rows;
  let page = 0;
  let sorted = { column: -1, descending: false };

  const make = (tag, text, className) => {
    const node = document.createElement(tag);
    if (text) node.textContent = text;
    if (className) node.className = className;
    return node;
  };

  const nameOf = (text, otherwise) => (text ? make("bdi", text) : make("span", otherwise, "none"));

  const timeOf = (text) => document.createTextNode(text || "unknown");

  const statusOf = (row) => {
    const [label, group] = statuses[row[STATUS]];
    const node = make("span", "", "status");
    const mark = make("span", "", `mark ${group}`);
    mark.setAttribute("aria-hidden", "true");
    node.append(mark, label);
    return row[CHANGE] < 0 ? [node] : [node, make("span", changes[row[CHANGE]], "under")];
  };

  const cellsOf = (row) => {
    const [policy, platform] = policies[row[POLICY]];
    return [
      [nameOf(row[DEVICE], "no name")],
      [nameOf(row[USER], "no user")],
      [make("bdi", policy), make("span", platform, "under")],
      statusOf(row),
      [timeOf(row[REPORTED])],
      [timeOf(row[GRACE])],
    ];
  };

  const statusRow = (row) => {
    const line = make("tr");
    line.setAttribute("role", "row");
    cellsOf(row).forEach((content, index) => {
      const cell = make(index ? "td" : "th");
      cell.setAttribute("role", index ? "cell" : "rowheader");
      if (index) cell.dataset.label = labels[index];
      else cell.scope = "row";
      if (index) cell.append(make("div"));
      (index ? cell.firstChild : cell).append(...content);
      line.append(cell);
    });
    return line;
  };

  const compare = {
    [DEVICE]: (a, b) => collator.compare(a[DEVICE], b[DEVICE]),
    [USER]: (a, b) => collator.compare(a[USER], b[USER]),
    [POLICY]: (a, b) => collator.compare(policies[a[POLICY]][0], policies[b[POLICY]][0]),
    [STATUS]: (a, b) => a[STATUS] - b[STATUS],
    [REPORTED]: (a, b) => (a[REPORTED] < b[REPORTED] ? -1 : Number(a[REPORTED] > b[REPORTED])),
    [GRACE]: (a, b) => (a[GRACE] < b[GRACE] ? -1 : Number(a[GRACE] > b[GRACE])),
  };

  // No value, and "never", come last in both directions.
  const blank = (value) => value === "" || value === "never";

  const sort = (list) => {
    const { column, descending } = sorted;
    if (column < 0) return list;
    const sign = descending ? -1 : 1;
    return [...list].sort((a, b) => {
      const blanks = Number(blank(a[column])) - Number(blank(b[column]));
      return blanks || sign * compare[column](a, b);
    });
  };

  const describe = () => {
    const [start, end] = [page * size, Math.min(found.length, (page + 1) * size)];
    const all = `${number(rows.length)} ${rows.length === 1 ? "status" : "statuses"}`;
    const range = `Rows ${number(start + 1)} to ${number(end)} of ${number(found.length)}`;
    const filtered = found.length < rows.length ? `, filtered from ${all}` : "";
    const sortedBy = () => `sorted by ${labels[sorted.column].toLowerCase()}${sorted.descending ? ", descending" : ""}`;
    const order = sorted.column < 0 ? "the worst first" : sortedBy();
    find("shown").textContent = found.length ? `${range}${filtered}, ${order}.` : `No matches in ${all}.`;
  };

  const show = () => {
    const pages = Math.max(1, Math.ceil(found.length / size));
    page = Math.min(page, pages - 1);
    body.replaceChildren(...found.slice(page * size, (page + 1) * size).map(statusRow));
    find("page").textContent = `Page ${number(page + 1)} of ${number(pages)}`;
    find("previous").disabled = page === 0;
    find("next").disabled = page === pages - 1;
    describe();
  };

  const chosen = (id) => (find(id) && find(id).value !== "" ? Number(find(id).value) : null);

  const filter = () => {
    const text = find("text").value.trim().toLowerCase();
    const wanted = [[POLICY, chosen("policy")], [STATUS, chosen("status")], [CHANGE, chosen("change")]];
    const exact = wanted.filter(([, value]) => value !== null);
    const fits = (row) =>
      exact.every(([column, value]) => row[column] === value) &&
      (!text || row[DEVICE].toLowerCase().includes(text) || row[USER].toLowerCase().includes(text));
    found = sort(rows.filter(fits));
    page = 0;
    show();
  };

  heads.forEach((head, column) => {
    const button = head.querySelector("button");
    button.disabled = false;
    button.addEventListener("click", () => {
      sorted = { column, descending: sorted.column === column && !sorted.descending };
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", sorted.descending ? "descending" : "ascending");
      found = sort(found);
      page = 0;
      show();
    });
  });

  let waiting = 0;
  find("text").addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(filter, 120);
  });
  for (const id of ["policy", "status", "change"]) find(id)?.addEventListener("change", filter);
  find("previous").addEventListener("click", () => { page -= 1; show(); });
  find("next").addEventListener("click", () => { page += 1; show(); });
  find("filters").hidden = false;
  find("pager").hidden = false;
  show();
})();
