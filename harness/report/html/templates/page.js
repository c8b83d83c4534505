"use strict";
// Everything is readable without this: it adds a theme, order and filters of tables, and hovering.
(() => {
  const root = document.documentElement;
  const make = (name, text) => Object.assign(document.createElement(name), { textContent: text });

  // The theme that was chosen is kept where the browser allows it.
  const kept = (value) => {
    try {
      if (value) localStorage.setItem("qyran-theme", value);
      return localStorage.getItem("qyran-theme");
    } catch {
      return null;
    }
  };
  const button = document.getElementById("theme");
  const isDark = () =>
    (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const label = () => (button.textContent = isDark() ? "Light" : "Dark");
  if (kept()) root.dataset.theme = kept();
  button.hidden = false;
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    kept(root.dataset.theme);
    label();
  });
  label();

  // Tables: the rows as they were written stay known, since charts refer to them.
  const written = new Map();
  const value = (cell) => (cell.dataset.v === undefined ? null : Number(cell.dataset.v));
  const unknown = (cell) => value(cell) === null && /^[-\s]*$/.test(cell.textContent);
  const compare = (a, b) => {
    const [x, y] = [value(a), value(b)];
    return x !== null && y !== null ? x - y : a.textContent.localeCompare(b.textContent, "en", { numeric: true });
  };
  const order = (table, head, column) => {
    const down = head.getAttribute("aria-sort") === "ascending";
    for (const one of table.tHead.rows[0].cells) one.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const rows = [...written.get(table)].sort((a, b) => {
      const [x, y] = [a.cells[column], b.cells[column]];
      if (unknown(x) || unknown(y)) return unknown(x) - unknown(y);
      return down ? compare(y, x) : compare(x, y);
    });
    table.tBodies[0].append(...rows);
  };
  const filter = (table) => {
    const rows = written.get(table);
    const box = make("div", "");
    const input = document.createElement("input");
    const said = make("span", "");
    box.className = "filter";
    input.type = "search";
    input.placeholder = "Filter rows";
    input.setAttribute("aria-label", `Filter rows of: ${table.caption ? table.caption.textContent : "table"}`);
    said.setAttribute("role", "status");
    input.addEventListener("input", () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const row of rows) {
        const text = row.textContent.toLowerCase();
        row.hidden = !words.every((one) => text.includes(one));
        shown += !row.hidden;
      }
      said.textContent = words.length ? `${shown} of ${rows.length} rows` : "";
    });
    box.append(input, said);
    table.parentElement.before(box);
  };
  for (const table of document.querySelectorAll("table")) written.set(table, [...table.tBodies[0].rows]);
  for (const table of document.querySelectorAll("table.sortable")) {
    if (written.get(table).length < 2) continue;
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const press = make("button", head.textContent);
      press.type = "button";
      press.addEventListener("click", () => order(table, head, column));
      head.replaceChildren(press);
    });
    if (written.get(table).length >= 10) filter(table);
  }

  // Charts: a mark tells the row of the table behind it.
  const tip = document.getElementById("tip");
  let on = null;
  const hide = () => {
    if (on) on.classList.remove("on");
    on = null;
    tip.hidden = true;
  };
  const show = (table, mark) => {
    if (mark === on) return;
    hide();
    on = mark;
    mark.classList.add("on");
    const row = written.get(table)[Number(mark.dataset.row)];
    const heads = [...table.tHead.rows[0].cells];
    const lines = [...row.cells].map((cell, i) => {
      const line = make("span", "");
      line.append(make("i", `${heads[i].textContent.trim()} `), cell.textContent.trim());
      return line;
    });
    tip.replaceChildren(...lines.filter((line) => line.lastChild.textContent));
    tip.hidden = false;
    place(mark);
  };
  const place = (mark) => {
    const [at, size] = [mark.getBoundingClientRect(), tip.getBoundingClientRect()];
    const left = at.left + at.width / 2 - size.width / 2;
    const above = at.top - size.height - 10;
    tip.style.left = `${Math.max(6, Math.min(left, innerWidth - size.width - 6))}px`;
    tip.style.top = `${above > 6 ? above : at.bottom + 10}px`;
  };
  const middle = (mark) => {
    const at = mark.getBoundingClientRect();
    return [at.left + at.width / 2, at.top + at.height / 2];
  };
  for (const chart of document.querySelectorAll("figure.chart")) {
    const svg = chart.querySelector("svg");
    const table = chart.querySelector("table");
    const marks = svg ? [...svg.querySelectorAll("[data-row]")] : [];
    const title = svg && svg.querySelector(":scope > title");
    if (title) {  // else the browser shows it above our own words
      svg.setAttribute("aria-label", title.textContent);
      svg.removeAttribute("aria-labelledby");
      title.remove();
    }
    if (!marks.length || !table) continue;
    let places = null;
    const nearest = (event) => {
      const frame = svg.getBoundingClientRect();
      places ??= marks.map((mark) => {
        const [x, y] = middle(mark);
        return [(x - frame.left) / frame.width, (y - frame.top) / frame.height];
      });
      let best = 28 * 28;
      let found = null;
      places.forEach(([x, y], i) => {
        const away = (frame.left + x * frame.width - event.clientX) ** 2 + (frame.top + y * frame.height - event.clientY) ** 2;
        if (away < best) [best, found] = [away, marks[i]];
      });
      return found;
    };
    svg.addEventListener("pointermove", (event) => {
      const mark = event.target.closest("[data-row]") || nearest(event);
      if (mark) show(table, mark);
      else hide();
    });
    svg.addEventListener("pointerleave", hide);
    // The scrolling frame has the focus: arrows go from mark to mark.
    const frame = svg.parentElement;
    frame.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (event.key === "Escape") hide();
      if (!step) return;
      event.preventDefault();
      const at = marks.indexOf(on);
      const next = at < 0 ? (step > 0 ? 0 : marks.length - 1) : (at + step + marks.length) % marks.length;
      show(table, marks[next]);
    });
    frame.addEventListener("blur", hide);
  }
  // With the keyboard the page scrolls by itself, and the words stay with their mark.
  const scrolled = () => (on && document.activeElement.closest("figure.chart") ? place(on) : hide());
  addEventListener("scroll", scrolled, { passive: true, capture: true });

  // A link into a table that is folded away unfolds it.
  const unfold = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const folded = target && target.closest("details");
    if (folded) folded.open = true;
  };
  addEventListener("hashchange", unfold);
  unfold();
})();
