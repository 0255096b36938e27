// A safe subset of Markdown as DOM nodes. What is not known stays text.

import { el } from "./dom.js";

const INLINE =
  /\\([\\`*[\]()_#|-])|`([^`\n]+)`|\*\*(?=\S)([^]+?\S?)\*\*|\*(?=[^\s*])([^*\n]*[^\s*])\*|!?\[([^\]\n]*)\]\(([^()\s]+)\)|(https?:\/\/[^\s<>()"'\]]+[^\s<>()"'\].,;:!?])/g;
const LIST_ITEM = /^( *)([-*•]|\d{1,3}[.)]) +(.*)$/;
const HEADING = /^#{1,6} +(.*)$/;
const FENCE = /^```/;
const RULE = /^(-{3,}|\*{3,})$/;
const UNFINISHED = /(\[[^\]\n]*(\]\([^)\n]*)?|\*\*|`)$/;

/**
 * Shows text in a container, keeping the nodes of blocks that did not change. `link(label, url)` makes the node of a
 * link. A live text may end in the middle of a link: that end waits until it is whole.
 */
export function renderMarkdown(container, text, { link, isLive = false }) {
  const sources = blocks(isLive ? text.replace(UNFINISHED, "") : text);
  sources.forEach((source, at) => {
    const old = container.children[at];
    if (old?.markdown === source) return;
    const node = block(source, link);
    node.markdown = source;
    if (old) old.replaceWith(node);
    else container.append(node);
  });
  while (container.children.length > sources.length) container.lastElementChild.remove();
}

/** The text without its marks, for a title or for the clipboard. */
export function plainText(text) {
  return text.replace(/!?\[([^\]\n]*)\]\([^()\s]+\)/g, "[$1]").replace(/\*\*([^*]+)\*\*/g, "$1");
}

/** The sources of the blocks: fences stay whole, everything else is parted by blank lines and changes of kind. */
function blocks(text) {
  const found = [];
  let lines = [];
  let kind = null;
  const close = () => {
    if (lines.length) found.push(lines.join("\n"));
    lines = [];
    kind = null;
  };
  for (const line of text.replace(/\r\n?/g, "\n").split("\n")) {
    if (kind === "fence") {
      lines.push(line);
      if (FENCE.test(line)) close();
      continue;
    }
    if (line.trim() === "") {
      close();
      continue;
    }
    const next = kindOf(line, kind);
    if (next !== kind || next === "heading" || next === "rule") close();
    kind = next;
    lines.push(line);
  }
  close();
  return found;
}

function kindOf(line, current) {
  if (FENCE.test(line)) return "fence";
  if (HEADING.test(line)) return "heading";
  if (RULE.test(line.trim())) return "rule";
  if (LIST_ITEM.test(line)) return "list";
  if (current === "list") return "list";
  if (line.startsWith(">")) return "quote";
  if (line.trimStart().startsWith("|")) return "table";
  return "paragraph";
}

function block(source, link) {
  const lines = source.split("\n");
  switch (kindOf(lines[0], null)) {
    case "fence":
      return el("pre", {}, el("code", {}, lines.slice(1).filter((line) => !FENCE.test(line)).join("\n")));
    case "heading":
      return el("h3", {}, inline(HEADING.exec(source)[1], link));
    case "rule":
      return el("hr");
    case "list":
      return list(lines, link);
    case "quote":
      return el("blockquote", {}, inline(lines.map((line) => line.replace(/^> ?/, "")).join("\n"), link));
    case "table":
      return table(lines, link);
    default:
      return el("p", {}, inline(source, link));
  }
}

function list(lines, link) {
  const items = [];
  for (const line of lines) {
    const match = LIST_ITEM.exec(line);
    if (match) items.push({ depth: match[1].length, isOrdered: /\d/.test(match[2]), start: match[2], text: match[3] });
    else items.at(-1).text += `\n${line.trim()}`;
  }
  return nest(items, link);
}

function nest(items, link) {
  const [first] = items;
  const start = first.isOrdered ? parseInt(first.start, 10) : null;
  const node = el(first.isOrdered ? "ol" : "ul", { start: start === 1 ? null : start });
  for (let at = 0; at < items.length; ) {
    let end = at + 1;
    while (end < items.length && items[end].depth > first.depth + 1) end++;
    const inner = items.slice(at + 1, end);
    node.append(el("li", {}, inline(items[at].text, link), inner.length ? nest(inner, link) : null));
    at = end;
  }
  return node;
}

function table(lines, link) {
  const rows = lines.map((line) => line.trim().replace(/^\||\|$/g, "").split("|").map((cell) => cell.trim()));
  const hasHead = rows.length > 1 && rows[1].every((cell) => /^:?-+:?$/.test(cell));
  const cells = (row, tag) => el("tr", {}, row.map((cell) => el(tag, {}, inline(cell, link))));
  const body = hasHead ? rows.slice(2) : rows;
  const head = hasHead ? el("thead", {}, cells(rows[0], "th")) : null;
  const whole = el("table", {}, head, el("tbody", {}, body.map((row) => cells(row, "td"))));
  return el("div", { class: "table" }, whole);
}

function inline(text, link) {
  const nodes = [];
  let shown = 0;
  for (const match of text.matchAll(INLINE)) {
    if (match.index > shown) nodes.push(text.slice(shown, match.index));
    shown = match.index + match[0].length;
    const [, escaped, code, strong, soft, label, url, bare] = match;
    if (escaped) nodes.push(escaped);
    else if (code) nodes.push(el("code", {}, code));
    else if (strong) nodes.push(el("strong", {}, inline(strong, link)));
    else if (soft) nodes.push(el("em", {}, inline(soft, link)));
    else if (bare) nodes.push(link(bare, bare));
    else nodes.push(link(label, url));
  }
  if (shown < text.length) nodes.push(text.slice(shown));
  return nodes;
}
