// The panel beside a conversation that shows a cited passage with its words marked.

import { $, el, pages, problem, toolButton } from "./dom.js";

export class PassagePanel {
  #panel = $("passage");
  #known = new Map();
  #api;
  #opener = null;

  constructor(api) {
    this.#api = api;
  }

  get isOpen() {
    return !this.#panel.hidden;
  }

  async open(reference, opener) {
    this.#mark(opener);
    try {
      const passage = this.#known.get(reference.path) ?? (await this.#api.json("GET", reference.path));
      this.#known.set(reference.path, passage);
      if (this.#opener === opener) this.#show(passage, reference);
    } catch (error) {
      this.close();
      problem(error);
    }
  }

  close() {
    const hadFocus = this.#panel.contains(document.activeElement);
    const opener = this.#opener;
    this.#panel.hidden = true;
    this.#mark(null);
    if (hadFocus && opener?.isConnected) opener.focus();
  }

  #mark(opener) {
    for (const old of document.querySelectorAll(".chip.open")) old.classList.remove("open");
    opener?.classList.add("open");
    this.#opener = opener;
  }

  #show(passage, reference) {
    const { document: source, headings } = passage;
    const where = [pages(passage.first_page, passage.last_page), source.tags.map((tag) => `#${tag}`).join(" ")];
    this.#panel.replaceChildren(
      el(
        "header",
        { class: "panel-head" },
        el("h2", {}, source.name),
        toolButton("close", "Close the passage", () => this.close()),
      ),
      el(
        "div",
        { class: "panel-body", tabindex: "0" },
        el("ol", { class: "headings" }, headings.map((heading) => el("li", {}, heading))),
        el("p", { class: "quiet where" }, where.filter(Boolean).join(" · ")),
        passage.is_verbatim === false ? notVerbatim(passage.verbatim) : null,
        el("blockquote", {}, marked(passage)),
      ),
      el(
        "footer",
        { class: "panel-foot" },
        el("a", { class: "button plain", href: reference.path, target: "_blank", rel: "noopener" }, "Open as a page"),
        el("a", { class: "button plain", href: source.file, download: "" }, "Download"),
      ),
    );
    this.#panel.hidden = false;
    this.#panel.querySelector("mark")?.scrollIntoView({ block: "center" });
  }
}

function marked({ text, verbatim, is_verbatim: isVerbatim }) {
  if (!isVerbatim) return [text];
  const start = text.indexOf(verbatim);
  const end = start + verbatim.length;
  return [text.slice(0, start), el("mark", {}, text.slice(start, end)), text.slice(end)];
}

function notVerbatim(words) {
  const lead = "These words do not stand in this passage verbatim, so nothing is marked: ";
  return el("p", { class: "panel-notice" }, lead, el("q", {}, words));
}
