// Building nodes. Content becomes text nodes, never markup; the page's policy forbids the other way.

const SVG = "http://www.w3.org/2000/svg";

export const $ = (id) => document.getElementById(id);

/** el("a", {class: "chip", href, onclick}, "text", node, ...): null children and attributes are left out. */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

export function toolButton(name, label, onclick) {
  return el("button", { class: "tool", type: "button", "aria-label": label, title: label, onclick }, icon(name));
}

/** A line at the foot of the window; with an action it has a button. */
export function note(text, { action, onaction, isProblem = false } = {}) {
  const line = el("div", { class: isProblem ? "note problem" : "note" }, el("span", {}, text));
  const remove = () => line.remove();
  if (action) {
    line.append(el("button", { type: "button", onclick: () => (remove(), onaction()) }, action));
  }
  $("notes").append(line);
  setTimeout(remove, isProblem ? 9000 : 6000);
}

export function problem(error) {
  note(error.message || "Something went wrong.", { isProblem: true });
}

export function pages(first, last) {
  if (first === null || first === undefined) return "";
  return last && last !== first ? `pages ${first}–${last}` : `page ${first}`;
}

export function size(bytes) {
  if (bytes === null || bytes === undefined) return "";
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1048576 ? `${Math.round(bytes / 1024)} kB` : `${(bytes / 1048576).toFixed(1)} MB`;
}

/** The time of day for today, the day for this year, else the date. */
export function moment(text) {
  const then = new Date(text);
  const now = new Date();
  if (then.toDateString() === now.toDateString()) {
    return then.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  }
  const isThisYear = then.getFullYear() === now.getFullYear();
  return then.toLocaleDateString([], isThisYear ? { day: "numeric", month: "short" } : { dateStyle: "medium" });
}
