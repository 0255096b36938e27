// The drawer with a project's documents: what there is, what is being read, and adding and removing.

import { $, el, icon, note, problem, size, toolButton } from "./dom.js";

const POLL_MS = 1000;
const AT_WORK = new Set(["created", "indexing", "pending_delete", "deleting"]);
const WORDS = { created: "waiting", indexing: "being read", failed: "could not be read", active: "ready" };

export class DocumentsDrawer {
  #dialog = $("documents");
  #list = $("documents-list");
  #note = $("documents-note");
  #project = null;
  #documents = [];
  #states = new Map();
  #timer = 0;

  constructor() {
    $("documents-open").addEventListener("click", () => this.open());
    $("documents-close").addEventListener("click", () => this.#dialog.close());
    this.#dialog.addEventListener("click", (event) => {
      if (event.target === this.#dialog) this.#dialog.close();
    });
    $("upload").addEventListener("change", ({ target }) => {
      this.#upload([...target.files]);
      target.value = "";
    });
    this.#takeDrops($("upload-area"));
  }

  /** Shows another project's documents; resolves to how many there are. */
  async show(project) {
    clearTimeout(this.#timer);
    this.#project = project;
    await this.#refresh();
    return this.#documents.length;
  }

  open() {
    this.#dialog.showModal();
    this.#refresh().catch(problem);
  }

  #takeDrops(area) {
    const highlight = (event, isOver) => {
      event.preventDefault();
      area.classList.toggle("over", isOver);
    };
    area.addEventListener("dragover", (event) => highlight(event, true));
    area.addEventListener("dragleave", (event) => highlight(event, false));
    area.addEventListener("drop", (event) => {
      highlight(event, false);
      this.#upload([...event.dataTransfer.files]);
    });
  }

  async #upload(files) {
    if (!files.length) return;
    const what = files.length === 1 ? files[0].name : `${files.length} files`;
    this.#note.textContent = `Sending ${what} …`;
    try {
      await this.#project.upload(files);
      this.#note.textContent = "";
      await this.#refresh();
    } catch (error) {
      this.#note.textContent = "";
      problem(error);
    }
  }

  /** Reads list and states; while any document is being worked on, again and again. */
  async #refresh() {
    clearTimeout(this.#timer);
    const project = this.#project;
    const documents = await project.documents();
    const ids = documents.map((each) => each.id);
    const rows = ids.length ? await project.indexing(ids) : [];
    if (project !== this.#project) return;
    this.#documents = documents;
    this.#states = new Map(rows.map((row) => [row.document_id, row]));
    this.#render();
    if (rows.some((row) => AT_WORK.has(row.status))) {
      this.#timer = setTimeout(() => this.#refresh().catch(problem), POLL_MS);
    }
  }

  #render() {
    $("documents-count").textContent = this.#documents.length || "";
    this.#list.replaceChildren(...this.#documents.map((each) => this.#row(each)));
    if (!this.#documents.length) this.#list.append(el("li", { class: "quiet" }, "No documents yet."));
  }

  #row(document) {
    const row = this.#states.get(document.id);
    const state = row?.status ?? "created";
    const facts = [document.page_count > 1 ? `${document.page_count} pages` : "", size(document.file_size)];
    const tags = document.metadata.filter(([key]) => key === "tag").map(([, value]) => `#${value}`);
    return el(
      "li",
      { class: `document ${state}` },
      icon("file"),
      el(
        "div",
        { class: "document-text" },
        el("span", { class: "document-name" }, document.name),
        el("span", { class: "quiet" }, [...facts, ...tags].filter(Boolean).join(" · ")),
        row?.error ? el("span", { class: "problem" }, row.error) : null,
      ),
      el("span", { class: "state" }, WORDS[state] ?? state),
      toolButton("bin", `Delete ${document.name}`, () => this.#delete(document)),
    );
  }

  async #delete(document) {
    if (!confirm(`Delete “${document.name}”? It is gone from answers at once.`)) return;
    try {
      await this.#project.deleteDocument(document.id);
      note(`${document.name} was deleted.`);
      await this.#refresh();
    } catch (error) {
      problem(error);
    }
  }
}
