/* Linked pictures, and tables that sort and filter. Without this script the page is complete.
   Numbers come written from the page's data; here they are only found and shown. */
(() => {
  "use strict";
  const data = JSON.parse(document.getElementById("points").textContent);
  const columns = data.columns.map((column) => column.split("\t"));
  const place = new Map(data.ids.map((id, i) => [id, i]));
  const reach = 12; // CSS pixels from the pointer to a sample it names

  const make = (tag, className, ...children) => {
    const element = document.createElement(tag);
    element.className = className;
    element.append(...children);
    return element;
  };

  // ---- what is said of a sample
  const about = (i) => {
    const cells = Object.values(data.measurands).map((m) => columns[m.cells][i]).find((n) => n !== "–");
    return [data.strata.names[data.strata.of[i]], cells && `${cells} cells`].filter(Boolean).join(" · ");
  };
  const numbers = (name, i) => {
    const m = data.measurands[name];
    const [reference, model, error] = ["reference", "model", "error"].map((key) => columns[m[key]][i]);
    return { reference, model, error, unit: m.unit };
  };

  // ---- plots
  const plots = [...document.querySelectorAll("figure[data-points]")].map((figure) => {
    const svg = figure.querySelector("svg");
    const plot = { ...data.figures[figure.dataset.points], svg, box: figure.querySelector(".scroll") };
    plot.order = (plot.live ?? [...plot.x.keys()])
      .filter((i) => plot.x[i] !== null)
      .sort((a, b) => plot.x[a] - plot.x[b] || plot.y[a] - plot.y[b]);
    return plot;
  });

  const ring = (plot, i, className) => {
    for (const old of plot.svg.querySelectorAll(`.${className}`)) old.remove();
    if (i === undefined || plot.x[i] === null) return;
    for (const kind of ["halo", "ring"]) {
      const circle = document.createElementNS(plot.svg.namespaceURI, "circle");
      for (const [name, value] of Object.entries({ class: `${className} ${kind}`, cx: plot.x[i], cy: plot.y[i], r: 8 }))
        circle.setAttribute(name, value);
      plot.svg.append(circle);
    }
  };

  const nearest = (plot, event) => {
    const box = plot.svg.getBoundingClientRect();
    const scale = box.width / plot.svg.viewBox.baseVal.width;
    const x = (event.clientX - box.left) / scale, y = (event.clientY - box.top) / scale;
    let best, least = (reach / scale) ** 2;
    for (const i of plot.order) {
      const distance = (plot.x[i] - x) ** 2 + (plot.y[i] - y) ** 2;
      if (distance <= least) [best, least] = [i, distance];
    }
    return best;
  };

  // ---- the tooltip: one for all plots, at the sample and not at the pointer
  const tip = make("div", "tip");
  tip.setAttribute("role", "status");
  tip.hidden = true;
  let named = {};

  const name = (plot, i) => {
    if (named.plot === plot && named.i === i) return;
    if (named.plot) ring(named.plot, undefined, "named");
    named = i === undefined ? {} : { plot, i };
    tip.hidden = i === undefined;
    if (tip.hidden) return;
    ring(plot, i, "named");
    const { reference, model, error, unit } = numbers(plot.of, i);
    tip.replaceChildren(
      make("b", "", data.ids[i]), make("span", "", about(i)),
      make("span", "", `${plot.of}: reference ${reference} ${unit}, model ${model} ${unit}`),
      make("span", "", `error ${error} %`),
    );
    const box = plot.svg.getBoundingClientRect();
    const scale = box.width / plot.svg.viewBox.baseVal.width;
    const x = box.left + scale * plot.x[i], y = box.top + scale * plot.y[i];
    const width = document.documentElement.clientWidth;
    const left = x + 10 + tip.offsetWidth > width ? x - 10 - tip.offsetWidth : x + 10;
    const top = y - tip.offsetHeight < 60 ? y + 2 : y - 2 - tip.offsetHeight; // within reach of the pointer
    tip.style.left = `${Math.max(4, left) + scrollX}px`;
    tip.style.top = `${top + scrollY}px`;
  };

  // ---- the mark: one sample, everywhere
  const prefix = "#sample=";
  const address = (id) => prefix + encodeURIComponent(id);
  const bar = make("aside", "bar");
  bar.setAttribute("aria-label", "Marked sample");
  const said = make("span", "places");
  said.setAttribute("role", "status");
  bar.hidden = true;
  let marked, places = [], at = -1;

  const button = (text, action) => {
    const element = make("button", "", text);
    element.type = "button";
    element.addEventListener("click", action);
    return element;
  };
  const next = () => {
    at = (at + 1) % places.length;
    places[at].scrollIntoView({ block: "center", inline: "nearest" });
  };

  const mark = (id) => {
    marked = id;
    const i = place.get(id);
    for (const plot of plots) ring(plot, i, "marked");
    const rows = [...document.querySelectorAll("[data-sample]")].filter((row) => {
      const same = row.dataset.sample === id;
      row.classList.toggle("marked", same);
      if (same) row.setAttribute("aria-current", "true");
      else row.removeAttribute("aria-current");
      return same && !row.closest("details:not([open])");
    });
    const drawn = plots.filter((plot) => i !== undefined && plot.x[i] !== null).map((plot) => plot.box);
    places = [...drawn, ...rows].sort((a, b) => (a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1));
    at = -1;
    bar.hidden = id === undefined;
    document.documentElement.classList.toggle("with-bar", !bar.hidden);
    const hash = bar.hidden ? "" : address(id);
    if (hash !== location.hash && (hash || location.hash.startsWith(prefix)))
      history.replaceState(null, "", location.href.split("#")[0] + hash);
    if (bar.hidden) return said.replaceChildren();
    const link = make("a", "", id);
    link.href = hash;
    const list = make("ul", "");
    for (const name of i === undefined ? [] : Object.keys(data.measurands)) {
      const { reference, model, error, unit } = numbers(name, i);
      if (reference === "–") continue;
      list.append(make("li", "", make("b", "", name), ` ${reference} → ${model} ${unit} (${error} %)`));
    }
    const count = (n, one) => `${n} ${one}${n === 1 ? "" : "s"}`;
    said.textContent = places.length
      ? `Sample ${id} is marked in ${count(drawn.length, "plot")} and ${count(rows.length, "table row")}.`
      : `Sample ${id} is not drawn or listed on this page.`;
    const copy = button("Copy address", async () => {
      await navigator.clipboard.writeText(location.href);
      copy.textContent = "Copied";
    });
    const buttons = [places.length && button("Next place", next), navigator.clipboard && copy, button("Clear", () => mark())];
    if (list.children.length) list.prepend(make("li", "", "Reference → model (error):"));
    bar.replaceChildren(make("p", "", make("b", "", link), i === undefined ? "" : about(i), said, ...buttons.filter(Boolean)), list);
  };

  for (const plot of plots) {
    plot.box.setAttribute("role", "application");
    plot.box.setAttribute("aria-roledescription", "plot");
    plot.box.setAttribute("aria-label",
      `${plot.svg.getAttribute("aria-label")}. Left and right arrows go from sample to sample, Enter marks, Escape clears.`);
    plot.svg.addEventListener("pointermove", (event) => name(plot, nearest(plot, event)));
    plot.svg.addEventListener("pointerleave", (event) => event.relatedTarget?.closest?.(".tip") || name());
    plot.svg.addEventListener("click", (event) => {
      const i = nearest(plot, event);
      if (i !== undefined) mark(data.ids[i] === marked ? undefined : data.ids[i]);
    });
    plot.box.addEventListener("blur", () => name());
    plot.box.addEventListener("keydown", (event) => {
      const here = plot.order.indexOf(named.plot === plot ? named.i : place.get(marked));
      const last = plot.order.length - 1;
      const to = {
        ArrowRight: Math.min(here + 1, last), ArrowLeft: here < 0 ? last : Math.max(here - 1, 0), Home: 0, End: last,
      }[event.key];
      if (to !== undefined && last >= 0) {
        name(plot, plot.order[to]);
        plot.svg.querySelector(".named").scrollIntoView({ block: "nearest", inline: "nearest" });
      } else if (event.key === "Enter" && named.plot === plot) mark(data.ids[named.i]);
      else return;
      event.preventDefault();
    });
  }
  tip.addEventListener("pointerleave", () => name());
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.target.matches("input")) return;
    name();
    mark();
  });

  // ---- tables
  const read = (cell) => {
    const text = cell.textContent.trim().replace(/[\u00a0\u202f]/g, "").replace(/−/g, "-");
    const found = /^[<>±]?([+-]?)(∞|[\d.]+)/.exec(text);
    return found ? Number(found[1] + found[2].replace("∞", "Infinity")) : null;
  };

  const turns = [null, "ascending", "descending"]; // null: as the report has it
  const sorting = (table) => {
    const body = table.tBodies[0], rows = [...body.rows];
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      const key = head.classList.contains("num") ? read : (cell) => cell.textContent.trim() || null;
      const press = button("", () => {
        const way = turns[(turns.indexOf(head.ariaSort) + 1) % turns.length];
        for (const other of heads) other.removeAttribute("aria-sort");
        if (way) head.ariaSort = way;
        const sign = way === "descending" ? -1 : 1;
        const keys = new Map(rows.map((row) => [row, key(row.cells[column])]));
        const compare = (a, b) => {
          const [x, y] = [keys.get(a), keys.get(b)];
          if (x === null || y === null) return (x === null) - (y === null); // what is missing stands last
          return sign * (typeof x === "number" ? (x > y) - (x < y) : x.localeCompare(y, "en", { numeric: true }));
        };
        body.append(...(way ? [...rows].sort(compare) : rows));
      });
      press.append(...head.childNodes);
      head.append(press);
    });
  };

  const filtering = (table) => {
    const rows = [...table.tBodies[0].rows];
    const input = make("input", ""), count = make("output", "");
    input.type = "search";
    input.addEventListener("input", () => {
      const wanted = input.value.trim().toLowerCase();
      for (const row of rows) row.classList.toggle("filtered", !row.textContent.toLowerCase().includes(wanted));
      count.textContent = wanted ? `${rows.filter((row) => !row.matches(".filtered")).length} of ${rows.length} rows` : "";
    });
    table.parentElement.before(make("p", "filter", make("label", "", "Filter: ", input), " ", count));
  };

  const answering = (table) => {
    const rows = table.tBodies[0].rows.length;
    if (rows > 1) sorting(table);
    if (rows > 8) filtering(table);
  };
  const linked = (row) => {
    const id = row.dataset.sample, code = row.matches("code") ? row : row.querySelector("code");
    const link = make("a", "");
    link.href = address(id);
    link.append(...code.childNodes);
    link.addEventListener("click", (event) => {
      event.preventDefault();
      mark(id === marked ? undefined : id);
    });
    code.append(link);
  };
  document.querySelectorAll("table[data-sort]").forEach(answering);
  document.querySelectorAll("[data-sample]").forEach(linked);

  // ---- the table behind a picture of samples: all of them, made when it is opened
  const tableOf = (plot) => {
    const table = make("table", ""), body = make("tbody", "");
    const { unit } = data.measurands[plot.of], grouped = data.strata.names.some(Boolean);
    const kinds = ["Sample", grouped && "Stratum", `Reference, ${unit}`, `Model, ${unit}`, "Error, %", "Cells"].filter(Boolean);
    const heads = kinds.map((text, k) => make("th", k > grouped ? "num" : "", text));
    table.append(make("caption", "", `All samples, ${plot.of}`), make("thead", "", make("tr", "", ...heads)), body);
    data.ids.forEach((id, i) => {
      const { reference, model, error } = numbers(plot.of, i);
      if (reference === "–") return;
      const cells = [reference, model, error, columns[data.measurands[plot.of].cells][i]];
      const row = make("tr", "", make("td", "", make("code", "", id)));
      if (grouped) row.append(make("td", "", data.strata.names[data.strata.of[i]]));
      row.append(...cells.map((text) => make("td", "num", text)));
      row.dataset.sample = id;
      linked(row);
      body.append(row);
    });
    return table;
  };
  const offered = new Set();
  for (const plot of plots) {
    if (plot.live || offered.has(plot.of)) continue; // in a crowd only the worst are here
    offered.add(plot.of);
    const all = make("details", "every", make("summary", "", `All samples of ${plot.of} as a table`));
    all.addEventListener("toggle", () => {
      if (all.open && !all.querySelector("table")) {
        const box = make("div", "scroll tall", tableOf(plot));
        box.tabIndex = 0;
        box.setAttribute("role", "region");
        box.setAttribute("aria-label", `All samples, ${plot.of}`);
        all.append(box);
        answering(box.firstChild);
      }
      mark(marked);
    });
    plot.box.closest("figure").after(all);
  }

  // ---- a marked view that was sent
  const open = () => {
    if (!location.hash.startsWith(prefix)) return;
    let id;
    try { id = decodeURIComponent(location.hash.slice(prefix.length)); } catch { return; }
    mark(id);
    if (places.length) next();
  };
  document.body.append(tip, bar);
  for (const hint of document.querySelectorAll(".hint[hidden]")) hint.hidden = false;
  addEventListener("hashchange", open);
  open();
})();
