// What stands behind numbers: a picture of the rows, and on demand the rows, the query and the SQL.

import { el } from "./dom.js";

const SVG = "http://www.w3.org/2000/svg";
const MOST_BARS = 24;
const MOST_ROWS = 100;
const WIDTH = 640;
const HEIGHT = 180;
const BAR = 26;
const NAMES = 170;

/** The figures of the queries of a turn, as one node; null where it asked none that can be drawn. */
export function figuresOf(entries) {
  const drawn = queriesOf(entries).map(picture).filter(Boolean);
  return drawn.length ? el("div", { class: "figures" }, drawn) : null;
}

export function queriesOf(entries) {
  return entries.flatMap((entry) => (entry.results ?? []).filter((result) => result.type === "query_result"));
}

/** How the question was read, the rows and the SQL of one query. */
export function proof(result) {
  const filters = Object.entries(result.query.filters ?? {}).map(([name, value]) => `${name}: ${value}`);
  return el(
    "div",
    { class: "proof" },
    result.understood ? el("p", { class: "quiet" }, `Understood as: ${result.understood}`) : null,
    rows(result),
    filters.length ? el("p", { class: "quiet" }, `Filters: ${filters.join("; ")}`) : null,
    result.notes.map((note) => el("p", { class: "quiet" }, note)),
    el("pre", {}, el("code", {}, result.sql)),
  );
}

function rows({ columns, rows: all }) {
  const head = columns.map((column) => el("th", {}, title(column, columns)));
  const body = all.slice(0, MOST_ROWS).map((row) => el("tr", {}, row.map((value) => el("td", {}, shown(value)))));
  const more = all.length - body.length;
  return el(
    "div",
    { class: "table" },
    el("table", {}, el("thead", {}, el("tr", {}, head)), el("tbody", {}, body)),
    more > 0 ? el("p", { class: "quiet" }, `${more} more rows`) : null,
  );
}

/** The short label where no other field has the same. */
function title(column, columns) {
  const others = columns.filter((each) => each.name !== column.name).map((each) => each.label_short);
  const label = column.label_short && !others.includes(column.label_short) ? column.label_short : column.label;
  return column.pivot ? `${column.pivot} ${label}` : label;
}

function shown(value) {
  if (value === null) return "∅";
  if (typeof value === "number") return value.toLocaleString(undefined, { maximumFractionDigits: 2 });
  return typeof value === "boolean" ? (value ? "Yes" : "No") : String(value);
}

/** A line over time, bars for anything else; nothing where there is no one measure by one dimension. */
function picture(result) {
  const by = result.columns.findIndex((column) => column.kind === "dimension");
  const measure = result.columns.findIndex((column) => column.kind === "measure");
  const dimensions = result.columns.filter((column) => column.kind === "dimension").length;
  if (dimensions !== 1 || measure < 0 || result.rows.length < 2 || result.columns[measure].pivot) return null;
  const points = result.rows
    .map((row) => ({ name: shown(row[by]), value: row[measure] }))
    .filter((point) => typeof point.value === "number");
  if (points.length < 2) return null;
  const isTime = ["date", "time"].includes(result.columns[by].type) || Boolean(result.columns[by].timeframe);
  const drawing = isTime && points.length > 3 ? line(inOrder(points)) : bars(points.slice(0, MOST_BARS));
  const cut = !isTime && points.length > MOST_BARS ? ` (the first ${MOST_BARS})` : "";
  const [what, along] = [measure, by].map((at) => title(result.columns[at], result.columns));
  const caption = `${what} by ${along}${cut}`;
  return el("figure", {}, drawing, el("figcaption", { class: "quiet" }, caption));
}

function inOrder(points) {
  return [...points].sort((one, other) => (one.name < other.name ? -1 : 1));
}

function bars(points) {
  const most = Math.max(...points.map((point) => point.value), 0) || 1;
  const svg = drawing(WIDTH, points.length * BAR);
  points.forEach((point, at) => {
    const length = (Math.max(point.value, 0) / most) * (WIDTH - NAMES - 90);
    const top = at * BAR;
    svg.append(
      shape("text", { x: NAMES - 8, y: top + 17, class: "name" }, short(point.name)),
      shape("rect", { x: NAMES, y: top + 4, width: Math.max(length, 1), height: BAR - 8, rx: 3 }),
      shape("text", { x: NAMES + length + 6, y: top + 17, class: "value" }, shown(point.value)),
    );
  });
  return svg;
}

function line(points) {
  const most = Math.max(...points.map((point) => point.value), 0) || 1;
  const least = Math.min(...points.map((point) => point.value), 0);
  const at = (index) => 10 + (index / (points.length - 1)) * (WIDTH - 20);
  const height = (value) => 20 + (1 - (value - least) / (most - least)) * (HEIGHT - 50);
  const svg = drawing(WIDTH, HEIGHT);
  const path = points.map((point, index) => `${index ? "L" : "M"}${at(index)},${height(point.value)}`).join("");
  const highest = points.reduce((best, point, index) => (point.value > points[best].value ? index : best), 0);
  svg.append(
    shape("path", { d: path }),
    shape("text", { x: 10, y: HEIGHT - 6, class: "value" }, points[0].name),
    shape("text", { x: WIDTH - 10, y: HEIGHT - 6, class: "name" }, points.at(-1).name),
    shape("circle", { cx: at(highest), cy: height(points[highest].value), r: 3.5 }),
    shape("text", { x: at(highest), y: 13, class: "middle" }, `${points[highest].name}: ${shown(points[highest].value)}`),
  );
  return svg;
}

function drawing(width, height) {
  return shape("svg", { viewBox: `0 0 ${width} ${height}`, role: "img" });
}

function shape(tag, attributes, text) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  if (text !== undefined) node.textContent = text;
  return node;
}

function short(name) {
  return name.length > 24 ? `${name.slice(0, 23)}…` : name;
}
