// The list of conversations: search, tags, and which one is open.

import { $, el, icon, moment, problem } from "./dom.js";

const PAGE = 40;
const DEBOUNCE_MS = 180;

export class Shelf {
  #project = null;
  #text = "";
  #tags = new Set();
  #openId = null;
  #timer = 0;
  #asking = null;
  #shown = [];
  #total = 0;

  /** `onopen(id)` is called with the conversation a person chose. */
  constructor({ onopen }) {
    this.onopen = onopen;
    $("search").addEventListener("input", ({ target }) => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => {
        this.#text = target.value.trim();
        this.refresh();
      }, DEBOUNCE_MS);
    });
    $("list").addEventListener("keydown", (event) => this.#step(event));
    $("shelf-open").addEventListener("click", () => this.#slide(true));
    $("shelf-close").addEventListener("click", () => this.#slide(false));
  }

  show(project) {
    this.#project = project;
    this.#text = $("search").value = "";
    this.#tags.clear();
    return this.refresh();
  }

  mark(id) {
    this.#openId = id;
    for (const button of $("list").querySelectorAll("button[data-id]")) {
      if (button.dataset.id === id) button.setAttribute("aria-current", "page");
      else button.removeAttribute("aria-current");
    }
    this.#slide(false);
  }

  /** Reads the list and the tags anew. */
  async refresh() {
    this.#asking?.abort();
    const asking = (this.#asking = new AbortController());
    try {
      const [page, tags] = await Promise.all([this.#page(0, asking.signal), this.#project.tags()]);
      if (asking.signal.aborted) return;
      this.#shown = page.results;
      this.#total = page.count;
      this.#renderTags(tags);
      this.#render();
    } catch (error) {
      if (!asking.signal.aborted) problem(error);
    }
  }

  #page(offset, signal) {
    const wanted = { text: this.#text, tags: [...this.#tags], limit: PAGE, offset };
    return this.#project.conversations(wanted, signal);
  }

  async #more() {
    try {
      const page = await this.#page(this.#shown.length);
      const known = new Set(this.#shown.map((each) => each.id));
      this.#shown.push(...page.results.filter((each) => !known.has(each.id)));
      this.#total = page.results.length ? page.count : this.#shown.length;
      this.#render();
    } catch (error) {
      problem(error);
    }
  }

  #render() {
    const rows = this.#shown.map((each) => this.#row(each));
    if (this.#shown.length < this.#total) {
      rows.push(el("li", {}, el("button", { class: "more", type: "button", onclick: () => this.#more() }, "Show more")));
    }
    $("list").replaceChildren(...rows);
    const isFiltered = this.#text !== "" || this.#tags.size > 0;
    $("list-note").textContent = this.#shown.length ? "" : isFiltered ? "Nothing found." : "No conversations yet.";
  }

  #row(conversation) {
    const { id, name, updated_at: at, is_shared: isShared, tags } = conversation;
    const facts = [moment(at), ...tags.map((tag) => `#${tag}`)].join("  ");
    return el(
      "li",
      {},
      el(
        "button",
        {
          type: "button",
          class: "entry",
          "data-id": id,
          "aria-current": id === this.#openId ? "page" : null,
          title: name,
          onclick: () => this.onopen(id),
        },
        el("span", { class: "entry-name" }, name),
        el("span", { class: "entry-facts" }, facts, isShared ? el("span", { class: "shared" }, icon("share"), "shared") : null),
      ),
    );
  }

  #renderTags(tags) {
    for (const tag of this.#tags) if (!tags.includes(tag)) this.#tags.delete(tag);
    const chips = tags.map((tag) => {
      const toggle = () => {
        if (!this.#tags.delete(tag)) this.#tags.add(tag);
        this.refresh();
      };
      const isOn = this.#tags.has(tag);
      return el("button", { type: "button", class: "tag", "aria-pressed": String(isOn), onclick: toggle }, tag);
    });
    $("tags").replaceChildren(...chips);
    $("tags").hidden = chips.length === 0;
  }

  #step(event) {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by) return;
    const buttons = [...$("list").querySelectorAll("button")];
    const next = buttons[buttons.indexOf(document.activeElement) + by];
    if (next) {
      event.preventDefault();
      next.focus();
    }
  }

  #slide(isOut) {
    $("rooms").classList.toggle("shelf-out", isOut);
  }
}
