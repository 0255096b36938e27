// Links in answers: those that lead to a passage become numbered chips, others say where they lead.

import { el, pages } from "./dom.js";

const UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";
const REFERENCE = new RegExp(`^/(${UUID})/reference/(${UUID})/?$`, "i");

/** {path, chunkId, verbatim} for an address of a passage, else null. The path is always one of this server. */
export function referenceOf(url) {
  let address;
  try {
    address = new URL(url, location.origin);
  } catch {
    return null;
  }
  const match = REFERENCE.exec(address.pathname);
  if (!match || !/^https?:$/.test(address.protocol)) return null;
  const verbatim = address.searchParams.get("verbatim") ?? "";
  const query = verbatim ? `?${new URLSearchParams({ verbatim })}` : "";
  return { path: `/${match[1]}/reference/${match[2]}${query}`, chunkId: match[2].toLowerCase(), verbatim };
}

/** Makes the nodes of links; `sources` (chunk id -> {name, page}) tells what a chip stands for. */
export function linkMaker({ sources, onopen }) {
  return (label, url) => {
    const reference = referenceOf(url);
    if (reference) return chip(label, reference, sources.get(reference.chunkId), onopen);
    return outsideLink(label, url);
  };
}

/** Chunk id -> what is known of it, from the results of a turn's searches and its citations. */
export function sourcesOf(entries) {
  const sources = new Map();
  for (const entry of entries) {
    for (const hit of entry.results ?? []) {
      if (hit.uuid && hit.type === "chunk") {
        sources.set(hit.uuid, { name: hit.name, page: hit.min_page, documentId: hit.document_id });
      }
    }
    for (const cited of entry.citations ?? []) {
      sources.set(cited.chunk_id, { name: cited.document_name, page: cited.page, documentId: cited.document_id });
    }
  }
  return sources;
}

/** The documents an answer cites, each once, with a chip for every passage; null where it cites none. */
export function sourceList(citations, onopen) {
  const documents = new Map();
  for (const cited of citations ?? []) {
    const group = documents.get(cited.document_id) ?? { name: cited.document_name, cited: new Map() };
    if (!group.cited.has(cited.number)) group.cited.set(cited.number, cited);
    documents.set(cited.document_id, group);
  }
  if (!documents.size) return null;
  const items = [...documents.values()].map((group) => {
    const chips = [...group.cited.values()].map((cited) => {
      const reference = referenceOf(cited.reference_url);
      return reference && chip(String(cited.number), reference, { name: group.name, page: cited.page }, onopen);
    });
    return el("li", {}, chips.filter(Boolean), el("span", { class: "source-name" }, group.name));
  });
  return el("ul", { class: "sources", "aria-label": "Sources" }, items);
}

function chip(label, reference, source, onopen) {
  const isNumber = /^\d{1,4}$/.test(label);
  const named = [source?.name, source ? pages(source.page) : ""].filter(Boolean).join(", ");
  const title = named || "Open the passage";
  const open = (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    onopen(reference, event.currentTarget);
  };
  return el(
    "a",
    {
      class: isNumber ? "chip" : "chip worded",
      href: reference.path,
      target: "_blank",
      rel: "noopener",
      title,
      "aria-label": isNumber ? `Source ${label}: ${title}` : null,
      onclick: open,
    },
    label || "source",
  );
}

function outsideLink(label, url) {
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) return document.createTextNode(label === url ? label : `${label} (${url})`);
  const anchor = el("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, label || url);
  return label === url ? anchor : el("span", {}, anchor, el("span", { class: "quiet" }, ` (${new URL(url).host})`));
}
